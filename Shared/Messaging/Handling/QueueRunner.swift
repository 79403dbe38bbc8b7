import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics
import Tracing

/// Handles what arrives in one queue of commands or events.
///
/// It takes what is there and never waits to fill a batch. While one take is in its transactions the next is read. A
/// message is acknowledged when its transaction has committed; its answer and its events leave after that.
struct QueueRunner: Sendable {
    /// The database is away, or the service stops: what is not settled goes back to the queue.
    private struct HandBack: Error {
        var cause: any Error
    }

    let consumer: any MessageConsuming
    let reader: IntakeReader
    let transactions: InboxTransactions
    let meters: QueueMeters
    /// Absent where nobody collects spans.
    let tracer: MessageTracer?
    let limits: MessagingLimits
    let logger: Logger
    /// Returns when the database answers.
    let waitForDatabase: @Sendable () async -> Void

    /// Runs until the consumer is cancelled.
    func run() async {
        guard var intake = try? await take() else { return }
        while true {
            async let following = take()
            let isFine = await settle(intake)
            let next = try? await following
            if !isFine {
                if let next { await handBack(next.tags) }
                await pauseUntilDatabaseIsBack()
                guard let resumed = try? await take() else { return }
                intake = resumed
                continue
            }
            guard let next else { return }
            intake = next
        }
    }

    private func take() async throws -> Intake {
        let deliveries = try await consumer.next(max: limits.intakeMax)
        meters.taken(deliveries)
        return reader.read(deliveries)
    }

    private func pauseUntilDatabaseIsBack() async {
        await consumer.pause()
        await waitForDatabase()
        await consumer.resume()
    }

    /// Runs the groups of a take in order; `false` if what was left has been handed back.
    private func settle(_ intake: Intake) async -> Bool {
        var open = Set(intake.tags)
        do {
            for group in intake.groups {
                switch group {
                case .handle(let route, let messages): try await handle(messages, route, &open)
                case .file(let messages):
                    let steps = messages.map { message in
                        var envelope = message.defective.envelope
                        return tracer?.process(&envelope, from: meters.queue, bytes: message.defective.body.count)
                    }
                    try await file(messages, &open)
                    for (step, message) in zip(steps, messages) { step?.end(failing: message.defective.problem.code) }
                    meters.filed(messages.count)
                }
            }
            return true
        } catch {
            logger.warning("handing messages back", metadata: ["count": "\(open.count)", "error": "\(error)"])
            // In the order of arrival: that is the order in which they come again.
            await handBack(intake.tags.filter(open.contains))
            return false
        }
    }

    private func handle(
        _ messages: [(tag: DeliveryTag, incoming: Incoming)], _ route: any Route, _ open: inout Set<DeliveryTag>
    ) async throws {
        let start = ContinuousClock.now
        meters.takenUp(oldest: messages.lazy.compactMap(\.incoming.envelope.time).min(), at: reader.now())
        var messages = messages
        var spans = tracer.map { BatchSpans(&messages, from: meters.queue, by: $0) }
        do {
            let (inTime, late) = divide(messages, route)
            if !late.isEmpty {
                try await file(late, &open)
                spans?.end(late.map(\.tag), failing: Problem.deadlineExceeded.code)
            }
            if !inTime.isEmpty { try await run(inTime[...], route, &open, &spans) }
        } catch {
            spans?.handBack()
            throw error
        }
        spans?.finish()
        meters.handled(messages.count, of: route.type.description, since: start)
    }

    private func handBack(_ tags: [DeliveryTag]) async {
        meters.handedBack.increment(by: tags.count)
        await consumer.handBack(tags)
    }

    /// Sorts out what has become too late while it waited for the batches before it.
    private func divide(
        _ messages: [(tag: DeliveryTag, incoming: Incoming)], _ route: any Route
    ) -> (inTime: [(tag: DeliveryTag, incoming: Incoming)], late: [(tag: DeliveryTag, defective: Defective)]) {
        let now = reader.now()
        let late = messages.filter { $0.incoming.envelope.isLate(at: now) }
        if late.isEmpty { return (messages, []) }
        return (
            messages.filter { !$0.incoming.envelope.isLate(at: now) },
            late.map { tag, incoming in
                (tag, Defective(late: incoming.envelope, incoming.body, incoming.content, as: route.type.kind))
            }
        )
    }

    /// Handles messages in one transaction; on failure again, in halves, or filed, as the kind of failure asks.
    private func run(
        _ messages: ArraySlice<(tag: DeliveryTag, incoming: Incoming)>, _ route: any Route,
        _ open: inout Set<DeliveryTag>, _ spans: inout BatchSpans?
    ) async throws {
        var attempt = 1
        while true {
            do {
                try await handle(messages.map(\.incoming), route, within: spans?.context)
                await conclude(messages.map(\.tag), &open)
                spans?.end(messages.map(\.tag))
                return
            } catch {
                let verdict = Verdict(error)
                if verdict == .serverTrouble { throw HandBack(cause: error) }
                if verdict == .conflict && attempt < limits.wholeBatchAttempts {
                    meters.conflicts.increment()
                    attempt += 1
                    continue
                }
                if messages.count > 1 {
                    let middle = messages.startIndex + messages.count / 2
                    try await run(messages[..<middle], route, &open, &spans)
                    try await run(messages[middle...], route, &open, &spans)
                } else if let only = messages.first {
                    let code = try await give(up: only.incoming, only.tag, verdict, &open)
                    spans?.end([only.tag], failing: code)
                }
                return
            }
        }
    }

    /// One transaction; spans that the handler makes belong to those of its messages.
    private func handle(_ incoming: [Incoming], _ route: any Route, within context: ServiceContext?) async throws {
        guard let context else { return try await transactions.handle(incoming, by: route) }
        try await ServiceContext.withValue(context) { try await transactions.handle(incoming, by: route) }
    }

    /// Files the one message that a transaction failed on; returns the reason's code.
    private func give(
        up incoming: Incoming, _ tag: DeliveryTag, _ verdict: Verdict, _ open: inout Set<DeliveryTag>
    ) async throws -> String {
        let code: String
        do {
            switch verdict {
            case .broken(let broken, let reason):
                code = broken
                try await transactions.park(incoming, forGood: true, code: broken, reason: reason)
            case .conflict, .serverTrouble:
                code = "conflict"
                try await transactions.park(
                    incoming, forGood: false, code: code, reason: "Other transactions were in the way each time.")
            case .unexplained(let reason):
                code = "handler-failed"
                try await transactions.park(incoming, forGood: false, code: code, reason: reason)
            }
        } catch {
            throw HandBack(cause: error)
        }
        logger.error(
            "a message could not be handled",
            metadata: incoming.envelope.logFields.adding(["code": "\(code)"]))
        await conclude([tag], &open)
        return code
    }

    private func file(
        _ messages: [(tag: DeliveryTag, defective: Defective)], _ open: inout Set<DeliveryTag>
    ) async throws {
        for message in messages {
            logger.notice(
                "a message cannot be handled",
                metadata: message.defective.envelope.logFields.adding([
                    "user": "\(message.defective.envelope.user ?? "")", "code": "\(message.defective.problem.code)",
                ]))
        }
        var attempt = 1
        while true {
            do {
                try await transactions.file(messages.map(\.defective))
                await conclude(messages.map(\.tag), &open)
                return
            } catch {
                guard Verdict(error) == .conflict, attempt < limits.wholeBatchAttempts else {
                    throw HandBack(cause: error)
                }
                attempt += 1
            }
        }
    }

    private func conclude(_ tags: [DeliveryTag], _ open: inout Set<DeliveryTag>) async {
        for tag in tags { open.remove(tag) }
        await consumer.acknowledge(tags)
        await transactions.outlet.replies.waitForRoom()
    }
}
