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
    let gate: IntakeGate
    let limits: MessagingLimits
    let logger: Logger
    /// Signalled when something may be due sooner than was known.
    let due: Wakeup

    /// Runs until the task is cancelled.
    ///
    /// Retries and retention may take long, and nothing that is due waits for them.
    func run() async {
        async let sending: Void = loop("scheduled messages", until: ReadNextDue()) {
            while try await moveDue() == limits.scheduleBatchMax {}
        }
        async let retrying: Void = loop("retries", until: ReadNextRetry()) {
            while try await retries.runNext() {}
        }
        async let forgetting: Void = forget()
        _ = await (sending, retrying, forgetting)
    }

    /// Does `work` whenever some of it is due and intake is not paused.
    private func loop(
        _ what: String, until next: some NextStatement, _ work: () async throws -> Void
    ) async {
        while !Task.isCancelled {
            await gate.waitUntilOpen()
            if Task.isCancelled { return }
            let seen = due.count
            var sleep = limits.schedulePoll
            do {
                try await work()
                if let seconds = try await database.execute(next).first ?? nil {
                    sleep = min(sleep, max(limits.schedulePauseMin, .seconds(min(seconds, 60)) + .milliseconds(1)))
                }
            } catch {
                if Task.isCancelled { return }
                logger.warning("the schedule cannot run", metadata: ["of": "\(what)", "error": "\(error)"])
                sleep = limits.schedulePauseAfterError
            }
            await due.wait(beyond: seen, until: .now + sleep)
        }
    }

    /// Moves due messages into the outbox; returns how many.
    private func moveDue() async throws -> Int {
        guard let owner = await relay.owner else {
            await Pause.sleep(limits.databasePause)
            return 0
        }
        let moved = try await database.execute(MoveDue(owner: owner, max: Int64(limits.scheduleBatchMax))).count
        if moved > 0 {
            Meters.scheduleMoved.increment(by: moved)
            await relay.noteBacklog(of: owner)
        }
        return moved
    }

    private func forget() async {
        let max = Int64(limits.retentionChunk)
        let inbox = ForgetOld(olderThanSeconds: limits.inboxRetention.inSeconds, max: max)
        let failures = ForgetOldFailures(olderThanSeconds: limits.failureRetention.inSeconds, max: max)
        while !Task.isCancelled {
            await Pause.sleep(limits.retentionInterval)
            do {
                while try await database.execute(inbox).count == max {}
                while try await database.execute(failures).count == max {}
            } catch {
                if Task.isCancelled { return }
                logger.warning("retention cannot be enforced", metadata: ["error": "\(error)"])
            }
        }
    }
}
