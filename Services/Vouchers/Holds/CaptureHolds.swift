import Contracts
import Messaging

/// Spends what is held: `vouchers.capture.v1`.
struct CaptureHolds: Handler {
    static let access: AccessRule<CaptureHold> = .merchant { $0.merchantId }

    func handle(_ batch: Batch<CaptureHold>, in transaction: inout MessageTransaction) async throws {
        let held = try await transaction.execute(
            ReadVouchersOfHolds(ids: Set(batch.messages.map(\.holdId)).sorted()))
        let (vouchers, holds) = try await transaction.lock(held)
        let ids = batch.messages.map(\.redemptionId).sorted()
        let (redeemed, refused) = try await transaction.execute(ReadRedemptions(ids: ids), ReadRefusals(ids: ids))

        var captures = Captures(vouchers: vouchers, holds: holds, earlier: redeemed + refused)
        for command in batch.messages {
            switch try captures.capture(command.message, at: Timestamp(batch.now)) {
            case .captured(let redemption, let release):
                transaction.publish(redemption.event, answering: command, with: redemption.reply)
                if let release { transaction.publish(release.event, because: command) }
            case .repeated(let redemption):
                transaction.answer(command, with: redemption.reply)
            case .refused(let reason):
                transaction.publish(
                    RedemptionRefused(redemptionId: command.redemptionId, code: reason.problem.code),
                    refusing: command, with: reason.problem)
            }
        }
        transaction.write(captures.changes, at: batch.now)
        let redemptions = captures.redemptions
        if !redemptions.isEmpty {
            transaction.write(WriteRedemptions(redemptions: redemptions, now: batch.now))
        }
    }
}
