import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Does what is due: moves scheduled messages into the outbox, tries parked messages again, enforces retention.
///
/// It wakes at the earliest due time, and looks by itself besides, because other instances write into the same tables.
struct ScheduleRunner: Sendable {
    let database: Pool
    let relay: OutboxRelay
    let retries: RetryRunner
    let limits: MessagingLimits
    let logger: Logger

    /// Runs until the task is cancelled.
    func run() async {
        var lastRetention = ContinuousClock.now
        while !Task.isCancelled {
            var sleep = limits.schedulePoll
            do {
                while try await moveDue() == limits.scheduleBatchMax {}
                while try await retries.runNext() {}
                if lastRetention.duration(to: .now) > limits.retentionInterval {
                    lastRetention = .now
                    try await forgetOld()
                }
                if let next = try await database.execute(ReadNextDue()).first ?? nil {
                    sleep = min(sleep, .milliseconds(Int64(max(0, min(next, 60)) * 1_000) + 1))
                }
            } catch {
                logger.warning("the schedule cannot run", metadata: ["error": "\(error)"])
                sleep = .seconds(1)
            }
            await Pause.sleep(sleep)
        }
    }

    /// Moves due messages into the outbox; returns how many.
    private func moveDue() async throws -> Int {
        guard let owner = await relay.owner else { return 0 }
        let moved = try await database.execute(MoveDue(owner: owner, max: Int64(limits.scheduleBatchMax))).count
        if moved > 0 { await relay.noteBacklog(of: owner) }
        return moved
    }

    private func forgetOld() async throws {
        let statement = ForgetOld(
            olderThanSeconds: limits.inboxRetention.inSeconds, max: Int64(limits.retentionChunk))
        while try await database.execute(statement).count == limits.retentionChunk {}
    }
}
