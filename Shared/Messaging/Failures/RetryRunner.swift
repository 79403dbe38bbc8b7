import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Handles parked messages again, from their rows and never through the broker: republishing another's `user_id` is refused,
/// and under its own id a message would meet its own inbox row and seem to succeed.
///
/// Like live messages they are handled in batches of one type, and a batch that fails is taken apart. One batch at a time: a
/// redrive of thousands takes one of the service's connections, and never keeps the rows of more than one batch from others.
struct RetryRunner: Sendable {
    typealias Row = ReadLockedFailures.Row

    /// Something failed after rows were chosen; none of them was handled.
    private struct BatchFailed: Error {
        var rows: [Row]
        var cause: any Error
    }

    /// What became of the rows of an attempt.
    private struct Attempt {
        /// Rows that could not be handled, each because of itself; still locked by nobody and parked.
        var unfit: [(row: Row, cause: any Error)] = []
    }

    let routes: [String: any Route]
    let database: Pool
    let seal: Seal
    let limits: MessagingLimits
    let logger: Logger
    /// Absent where nobody collects spans.
    let tracer: MessageTracer?
    let transactions: @Sendable (_ queue: String) -> InboxTransactions

    /// Handles the parked messages that are due first, in one transaction with the end of their failures; `false` if none is due.
    func runNext() async throws -> Bool {
        try await run(nil)
    }

    /// Handles what is due, or these; in halves if they fail together.
    private func run(_ failureIds: [UUID]?) async throws -> Bool {
        do {
            guard let attempt = try await attempt(failureIds) else { return false }
            for (row, cause) in attempt.unfit { try await note(row, Verdict(cause)) }
            return true
        } catch let failed as BatchFailed {
            let verdict = Verdict(failed.cause)
            if verdict == .serverTrouble { throw failed.cause }
            if failed.rows.count == 1, let row = failed.rows.first {
                try await note(row, verdict)
            } else {
                let middle = failed.rows.count / 2
                _ = try await run(failed.rows[..<middle].map(\.failureId))
                _ = try await run(failed.rows[middle...].map(\.failureId))
            }
            return true
        }
    }

    /// One transaction; `nil` if there was nothing to do.
    private func attempt(_ failureIds: [UUID]?) async throws -> Attempt? {
        try await database.withConnection { connection in
            var work = MessageTransaction(on: connection, coder: BodyCoder(limits: limits), limits: limits)
            let queue: InboxTransactions
            var batch: RetryBatch
            let answers: [OutgoingMessage]
            do {
                let chosen = choose(try await lock(failureIds, in: &work))
                guard let first = chosen.first else {
                    await work.rollback()
                    return nil
                }
                queue = transactions(first.queue)
                let rows = try await work.execute(ReadLockedFailures(failureIds: chosen.map(\.failureId)))
                batch = RetryBatch(rows, route: routes[first.type], queue, at: work.now, tracer)
                do {
                    answers = try await batch.handle(in: &work)
                } catch {
                    throw failed(batch, error)
                }
            } catch {
                await work.rollback()
                throw error
            }
            guard !batch.fit.isEmpty else {
                await work.rollback()
                return Attempt(unfit: batch.unfit)
            }
            do {
                try await queue.finish(work, answers)
            } catch {
                // What a handler only writes is refused here at the earliest.
                throw failed(batch, error)
            }
            batch.end()
            queue.handled.signal()
            Meters.retriesMended.increment(by: batch.fit.count)
            await queue.outlet.replies.waitForRoom()
            return Attempt(unfit: batch.unfit)
        }
    }

    private func failed(_ batch: RetryBatch, _ error: any Error) -> BatchFailed {
        batch.end(failing: Verdict(error).code)
        return BatchFailed(rows: batch.fit.map(\.row), cause: error)
    }

    private func lock(_ failureIds: [UUID]?, in work: inout MessageTransaction) async throws -> [DueFailure] {
        guard let failureIds else { return try await work.execute(LockDueFailures(max: Int64(limits.retryBatchMax))) }
        return try await work.execute(LockDueAgain(failureIds: failureIds))
    }

    /// Of what is due, the messages that have queue and type in common with the first: as many as a transaction takes.
    private func choose(_ due: [DueFailure]) -> [DueFailure] {
        guard let first = due.first else { return [] }
        let max = routes[first.type].map { min($0.batchMax, limits.retryBatchMax) } ?? limits.retryBatchMax
        var bytes = 0
        var chosen: [DueFailure] = []
        for failure in due where failure.queue == first.queue && failure.type == first.type && chosen.count < max {
            bytes += Int(failure.bodyBytes)
            if !chosen.isEmpty && bytes > limits.retryBytesMax { break }
            chosen.append(failure)
        }
        return chosen
    }

    /// Counts the attempt; sets the time of the next one, or gives up and says so to who asked.
    private func note(_ row: Row, _ verdict: Verdict) async throws {
        let delay =
            limits.retryDelays.indices.contains(Int(row.attempts)) ? limits.retryDelays[Int(row.attempts)] : nil
        let (code, reason, next): (String, String, Duration?) =
            switch verdict {
            case .broken(let code, let reason): (code, reason, nil)
            case .conflict, .serverTrouble: ("conflict", "Other transactions were in the way each time.", delay)
            case .unexplained(let reason): ("handler-failed", reason, delay)
            }
        let attempt = NoteAttempt(
            failureId: row.failureId, attemptsBefore: row.attempts, revision: row.revision, code: code,
            reason: reason.storable(bytesMax: limits.reasonBytesMax),
            state: next == nil ? FailureCode.failed : FailureCode.parked, retryAfterSeconds: next?.inSeconds,
            keptMax: Int64(limits.attemptsKeptMax) - 1)
        let queue = transactions(row.queue)
        let answers = try await queue.perform { work in
            let isNoted = try await !work.execute(attempt).isEmpty
            return isNoted && next == nil ? giveUp(row, code, in: &work) : []
        }
        await queue.outlet.replies.take(answers)
        (next == nil ? Meters.retriesGivenUp : Meters.retriesAgain).increment()
        let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(row.envelope))
        logger.error(
            "a parked message failed again",
            metadata: (envelope?.logFields ?? [:]).adding([
                "failure": "\(row.failureId)", "code": "\(code)", "attempts": "\(row.attempts + 1)",
            ]))
    }

    private func giveUp(_ row: Row, _ code: String, in work: inout MessageTransaction) -> [OutgoingMessage] {
        if let key = row.inboxKey { work.write(SetInboxState(queue: row.queue, keys: [key], state: .failed)) }
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(row.envelope)) else { return [] }
        return transactions(row.queue).giveUp(
            envelope, key: row.inboxKey.map(InboxKey.init(bytes:)), code: code, BodyCoder(limits: limits), in: &work)
    }
}
