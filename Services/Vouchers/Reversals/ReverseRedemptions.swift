import Contracts
import Messaging

/// Takes redemptions back: `vouchers.reverse-redemption.v1`.
struct ReverseRedemptions: Handler {
    static let access: AccessRule<ReverseRedemption> = .merchant { $0.merchantId }

    func handle(_ batch: Batch<ReverseRedemption>, in transaction: inout MessageTransaction) async throws {
        let found = try await transaction.execute(
            ReadVouchersOfRedemptions(ids: Set(batch.messages.map(\.redemptionId)).sorted()))
        let voucherIds = Set(found.map(\.voucherId)).sorted()
        // Only what was found: a redemption that came to be since then is of a voucher that is not locked.
        let (_, vouchers, redemptions, earlier) = try await transaction.execute(
            LockVouchersByID(ids: voucherIds), ReadVouchersByID(ids: voucherIds),
            ReadReversibleRedemptions(ids: found.map(\.redemptionId)),
            ReadReversals(ids: batch.messages.map(\.reversalId).sorted()))

        var reversals = Reversals(vouchers: vouchers, redemptions: redemptions, earlier: earlier)
        for command in batch.messages {
            switch try reversals.reverse(command.message, at: Timestamp(batch.now)) {
            case .reversed(let reversal, let event):
                transaction.publish(event, answering: command, with: reversal.reply)
            case .repeated(let reversal):
                transaction.answer(command, with: reversal.reply)
            case .refused(let reason):
                transaction.publish(
                    ReversalRefused(reversalId: command.reversalId, code: reason.problem.code), refusing: command,
                    with: reason.problem)
            }
        }
        let changes = reversals.changes
        guard !changes.reversals.isEmpty else { return }
        transaction.write(changes.book, at: batch.now)
        transaction.write(WriteReversed(redemptions: changes.redemptions))
        transaction.write(WriteReversals(reversals: changes.reversals, now: batch.now))
    }
}

extension VouchersDefinition {
    /// The handler of reversals.
    static func addReversals(_ handlers: inout HandlerSet<VouchersService>) {
        handlers.add(ReverseRedemptions())
    }
}
