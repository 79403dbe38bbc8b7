import Contracts
import Messaging

/// Frees what is held: `vouchers.release.v1`.
struct ReleaseHolds: Handler {
    static let access: AccessRule<ReleaseHold> = .merchant { $0.merchantId }

    func handle(_ batch: Batch<ReleaseHold>, in transaction: inout MessageTransaction) async throws {
        let held = try await transaction.execute(
            ReadVouchersOfHolds(ids: Set(batch.messages.map(\.holdId)).sorted()))
        let (vouchers, holds) = try await transaction.lock(held)

        var releases = Releases(vouchers: vouchers, holds: holds)
        for command in batch.messages {
            switch try releases.release(command.message, at: Timestamp(batch.now)) {
            case .released(let release):
                transaction.publish(release.event, answering: command, with: release.reply)
            case .repeated(let reply):
                transaction.answer(command, with: reply)
            case .refused(let reason):
                transaction.publish(
                    ReleaseRefused(holdId: command.holdId, code: reason.problem.code), refusing: command,
                    with: reason.problem)
            }
        }
        transaction.write(releases.changes, at: batch.now)
    }
}
