import Contracts
import Messaging

/// Frees what is held beyond its time, at most a second or two after it.
///
/// The rows themselves say what is due, so there is no message that could be lost, come twice, or be missing after a restore; and
/// a capture is refused from the moment on that the hold names, whether or not this has been here.
struct ExpireHolds: BackgroundJob {
    static let name = "expire-holds"
    /// No commit makes a hold due.
    static let isWokenByCommits = false
    /// Holds in one transaction: their vouchers stay locked for its few milliseconds.
    static let batchMax = 256

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let due = try await transaction.execute(
            ReadDueHolds(now: transaction.now, max: Int64(ExpireHolds.batchMax)))
        guard !due.isEmpty else { return false }
        let (vouchers, holds) = try await transaction.lock(due)

        var releases = Releases(vouchers: vouchers, holds: holds)
        for release in try releases.expire(at: Timestamp(transaction.now)) { transaction.publish(release.event) }
        transaction.write(releases.changes, at: transaction.now)
        return due.count == ExpireHolds.batchMax
    }
}
