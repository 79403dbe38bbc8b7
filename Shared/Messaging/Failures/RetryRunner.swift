import AMQP
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
    let limits: MessagingLimits
    let logger: Logger
    /// Absent where nobody collects spans.
    let tracer: MessageTracer?
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
            var work = MessageTransaction(on: connection, coder: BodyCoder(limits: limits), limits: limits)
            let row: LockDueFailure.Row
            let step: MessageTracer.Step?
            let answers: [OutgoingMessage]
            do {
                guard let due = try await work.execute(LockDueFailure()).first else {
                    await work.rollback()
                    return false
                }
                row = due
                step = begin(row)
                do {
                    answers = try await handle(row, named: step?.traceparent, in: &work)
                } catch {
                    throw failed(row, error, step)
                }
            } catch {
                await work.rollback()
                throw error
            }
            let queue = transactions(row.queue)
            do {
                try await queue.finish(work, answers)
            } catch {
                // What a handler only writes is refused here at the earliest.
                throw failed(row, error, step)
            }
            step?.end()
            queue.handled.signal()
            Meters.retriesMended.increment()
            await queue.outlet.replies.waitForRoom()
            return true
        }
    }

    /// The attempt's span: within the one that the message was parked in.
    private func begin(_ row: LockDueFailure.Row) -> MessageTracer.Step? {
        guard let tracer, var envelope = try? JSONDecoder().decode(Envelope.self, from: Data(row.envelope)) else {
            return nil
        }
        return tracer.process(&envelope, from: row.queue, bytes: row.sealedBody.count, as: "retry")
    }

    private func failed(_ row: LockDueFailure.Row, _ error: any Error, _ step: MessageTracer.Step?) -> AttemptFailed {
        step?.end(failing: Verdict(error).code)
        return AttemptFailed(row: row, cause: error)
    }

    private func handle(
        _ row: LockDueFailure.Row, named traceparent: String?, in work: inout MessageTransaction
    ) async throws -> [OutgoingMessage] {
        let queue = transactions(row.queue)
        var (route, incoming) = try read(row, queue.access, at: work.now)
        incoming.envelope.traceparent = traceparent ?? incoming.envelope.traceparent
        try await queue.requireRight(to: incoming, by: route, in: &work)
        work.write(CloseFailure(failureId: row.failureId))
        if let key = row.inboxKey {
            work.write(SetInboxState(queue: row.queue, keys: [key], state: .done))
        } else if let earlier = try await queue.take([(incoming.key, incoming.content)], as: .done, in: &work)
            .repeated.first?.1
        {
            // Filed without being taken, as dead letters are: it was handled after all, or has a failure of its own.
            guard earlier.content == incoming.content else { throw Problem.idReused }
            return []
        }
        if let persons = ErasedPersons([incoming.message], seal) {
            let (_, tombstones) = try await work.execute(persons.hold, persons.tombstones)
            if !persons.places(tombstones).isEmpty {
                return queue.refuse(incoming, .personErased, BodyCoder(limits: limits), in: &work)
            }
        }
        try await route.handle([incoming], in: &work)
        if let failure = work.outgoing.failure { throw failure }
        try queue.keepReplies([incoming], route, in: &work)
        let now = work.now
        return work.outgoing.answers.values.compactMap {
            $0.message(to: incoming.envelope, source: queue.source, at: now)
        }
    }

    /// Reads a message as it was read when it came, with the same checks.
    private func read(
        _ row: LockDueFailure.Row, _ access: AccessPolicy, at now: Date
    ) throws -> (any Route, Incoming) {
        let envelope = try JSONDecoder().decode(Envelope.self, from: Data(row.envelope))
        if let defect = envelope.defect { throw Problem(defect.code, defect.reason) }
        guard let route = routes[envelope.type] else {
            throw Problem("unknown-type", "The service has no handler for the type of the message.")
        }
        if let refusal = access.refusal(of: envelope.user, sending: route.type) { throw refusal }
        if envelope.isLate(at: now) { throw Problem.deadlineExceeded }
        let body = try seal.open(row.sealedBody, for: row.failureId.bytes)
        let incoming = Incoming(
            envelope: envelope, body: body, key: row.inboxKey.map(InboxKey.init(bytes:)) ?? InboxKey(envelope),
            content: InboxKey.content(type: envelope.type, body: body),
            message: try route.read(body, mode: envelope.mode, with: BodyCoder(limits: limits)))
        return (route, incoming)
    }

    /// Counts the attempt; sets the time of the next one, or gives up and says so to who asked.
    private func note(_ row: LockDueFailure.Row, _ verdict: Verdict) async throws {
        let delay =
            limits.retryDelays.indices.contains(Int(row.attempts)) ? limits.retryDelays[Int(row.attempts)] : nil
        let (code, reason, next): (String, String, Duration?) =
            switch verdict {
            case .broken(let code, let reason): (code, reason, nil)
            case .conflict, .serverTrouble: ("conflict", "Other transactions were in the way each time.", delay)
            case .unexplained(let reason): ("handler-failed", reason, delay)
            }
        let attempt = NoteAttempt(
            failureId: row.failureId, attemptsBefore: row.attempts, code: code,
            reason: reason.storable(bytesMax: limits.reasonBytesMax),
            state: next == nil ? FailureCode.failed : FailureCode.parked, retryAfterSeconds: next?.inSeconds)
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

    private func giveUp(
        _ row: LockDueFailure.Row, _ code: String, in work: inout MessageTransaction
    ) -> [OutgoingMessage] {
        if let key = row.inboxKey { work.write(SetInboxState(queue: row.queue, keys: [key], state: .failed)) }
        guard let envelope = try? JSONDecoder().decode(Envelope.self, from: Data(row.envelope)) else { return [] }
        return transactions(row.queue).giveUp(
            envelope, key: row.inboxKey.map(InboxKey.init(bytes:)), code: code, BodyCoder(limits: limits), in: &work)
    }
}
