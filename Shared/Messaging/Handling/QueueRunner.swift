import AMQP
import Contracts
import FoundationEssentials
import Logging
import Metrics

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
                if let next { await consumer.handBack(next.tags) }
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
        reader.read(try await consumer.next(max: limits.intakeMax))
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
                let start = ContinuousClock.now
                switch group {
                case .handle(let route, let messages):
                    let (inTime, late) = divide(messages, route)
                    if !late.isEmpty { try await file(late, &open) }
                    if !inTime.isEmpty { try await run(inTime[...], route, &open) }
                    note(route.type.description, messages.count, since: start)
                case .file(let messages):
                    try await file(messages, &open)
                }
            }
            return true
        } catch {
            logger.warning("handing messages back", metadata: ["count": "\(open.count)", "error": "\(error)"])
            // In the order of arrival: that is the order in which they come again.
            await consumer.handBack(intake.tags.filter(open.contains))
            return false
        }
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
        _ open: inout Set<DeliveryTag>
    ) async throws {
        var attempt = 1
        while true {
            do {
                try await transactions.handle(messages.map(\.incoming), by: route)
                await conclude(messages.map(\.tag), &open)
                return
            } catch {
                let verdict = Verdict(error)
                if verdict == .serverTrouble { throw HandBack(cause: error) }
                if verdict == .conflict && attempt < limits.wholeBatchAttempts {
                    attempt += 1
                    continue
                }
                if messages.count > 1 {
                    let middle = messages.startIndex + messages.count / 2
                    try await run(messages[..<middle], route, &open)
                    try await run(messages[middle...], route, &open)
                } else if let only = messages.first {
                    try await give(up: only.incoming, only.tag, verdict, &open)
                }
                return
            }
        }
    }

    /// Files the one message that a transaction failed on.
    private func give(
        up incoming: Incoming, _ tag: DeliveryTag, _ verdict: Verdict, _ open: inout Set<DeliveryTag>
    ) async throws {
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
            metadata: [
                "id": "\(incoming.envelope.id)", "type": "\(incoming.envelope.type)", "code": "\(code)",
            ])
        await conclude([tag], &open)
    }

    private func file(
        _ messages: [(tag: DeliveryTag, defective: Defective)], _ open: inout Set<DeliveryTag>
    ) async throws {
        for message in messages {
            logger.notice(
                "a message cannot be handled",
                metadata: [
                    "id": "\(message.defective.envelope.id)", "type": "\(message.defective.envelope.type)",
                    "user": "\(message.defective.envelope.user ?? "")", "code": "\(message.defective.problem.code)",
                ])
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

    private func note(_ type: String, _ count: Int, since start: ContinuousClock.Instant) {
        let dimensions = [("messaging.message.type", type)]
        Counter(label: "messaging.client.consumed.messages", dimensions: dimensions).increment(by: count)
        Recorder(label: "citycoop.batch.messages", dimensions: dimensions).record(count)
        let seconds = (ContinuousClock.now - start).inSeconds
        Metrics.Timer(label: "messaging.process.duration", dimensions: dimensions).recordSeconds(seconds)
    }
}
