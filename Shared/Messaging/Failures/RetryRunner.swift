import Contracts
import FoundationEssentials
import Logging
import Metrics
import Postgres

/// Handles parked messages again, from their rows and never through the broker: republishing another's `user_id` is refused,
/// and under its own id a message would meet its own inbox row and seem to succeed.
struct RetryRunner: Sendable {
    /// Something failed after the row was locked.
    private struct AttemptFailed: Error {
        var row: LockDueFailure.Row
        var cause: any Error
    }

    let routes: [String: any Route]
    let database: Pool
    let seal: Seal
    let replies: ReplySender
    let limits: MessagingLimits
    let logger: Logger
    let transactions: @Sendable (_ queue: String) -> InboxTransactions

    /// Handles the parked message that is due first, in one transaction with the end of its failure; `false` if there is none.
    func runNext() async throws -> Bool {
        do {
            return try await attempt()
        } catch let failed as AttemptFailed {
            let verdict = Verdict(failed.cause)
            if verdict == .serverTrouble { throw failed.cause }
            try await note(failed.row, verdict)
            return true
        }
    }

    private func attempt() async throws -> Bool {
        try await database.withConnection { connection in
            let coder = BodyCoder(limits: limits)
            var work = MessageTransaction(on: connection, coder: coder, limits: limits)
            let queue: InboxTransactions
            let answers: [(Answer, Envelope)]
            do {
                guard let row = try await work.execute(LockDueFailure()).first else {
                    await work.rollback()
                    return false
                }
                queue = transactions(row.queue)
                do {
                    answers = try await handle(row, coder, queue, in: &work)
                } catch {
                    throw AttemptFailed(row: row, cause: error)
                }
            } catch {
                await work.rollback()
                throw error
            }
            let now = work.now
            try await queue.finish(work)
            queue.handled.signal()
            Counter(label: "citycoop.failures.mended").increment()
            await replies.send(answers.compactMap { $0.message(to: $1, source: queue.source, at: now) })
            return true
        }
    }

    private func handle(
        _ row: LockDueFailure.Row, _ coder: BodyCoder, _ queue: InboxTransactions, in work: inout MessageTransaction
    ) async throws -> [(Answer, Envelope)] {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(row.envelope))
        if let defect = envelope.defect { throw Problem(defect.code, defect.reason) }
        guard let route = routes[envelope.type] else {
            throw Problem("unknown-type", "The service has no handler for the type of the message.")
        }
        if let deadline = envelope.deadline, deadline < work.now { throw Problem.deadlineExceeded }
        let body = try seal.open(row.sealedBody, for: row.failureId.bytes)
        let message = try route.read(body, mode: envelope.mode, with: coder)
        let incoming = Incoming(
            envelope: envelope, body: body, key: row.inboxKey.map(InboxKey.init(bytes:)) ?? InboxKey(envelope),
            content: InboxKey.content(type: envelope.type, body: body), message: message)
        try await route.handle([incoming], in: &work)
        if let failure = work.outgoing.failure { throw failure }
        if let key = row.inboxKey { work.write(SetInboxState(queue: row.queue, keys: [key], state: .done)) }
        work.write(CloseFailure(failureId: row.failureId))
        try queue.keepReplies([incoming], route, in: &work)
        return work.outgoing.answers.values.map { ($0, envelope) }
    }

    /// Counts the attempt; sets the time of the next one, or gives up.
    private func note(_ row: LockDueFailure.Row, _ verdict: Verdict) async throws {
        var attempt = NoteAttempt(
            failureId: row.failureId, attemptsBefore: row.attempts, code: "handler-failed", reason: "",
            state: FailureCode.failed)
        let delay =
            limits.retryDelays.indices.contains(Int(row.attempts)) ? limits.retryDelays[Int(row.attempts)] : nil
        switch verdict {
        case .broken(let code, let reason):
            attempt.code = code
            attempt.reason = reason
        case .conflict, .serverTrouble:
            attempt.code = "conflict"
            attempt.reason = "Other transactions were in the way each time."
            attempt.retryAfterSeconds = delay?.inSeconds
        case .unexplained(let reason):
            attempt.reason = reason
            attempt.retryAfterSeconds = delay?.inSeconds
        }
        attempt.state = attempt.retryAfterSeconds == nil ? FailureCode.failed : FailureCode.parked
        let hasFailed = attempt.state == FailureCode.failed
        try await database.withTransaction { transaction in
            transaction.write(attempt)
            if hasFailed, let key = row.inboxKey {
                transaction.write(SetInboxState(queue: row.queue, keys: [key], state: .failed))
            }
        }
        logger.error(
            "a parked message failed again",
            metadata: ["failure": "\(row.failureId)", "code": "\(attempt.code)", "attempts": "\(row.attempts + 1)"])
    }
}
