public import AMQP
public import Contracts
public import FoundationEssentials
import Metrics
import Synchronization

/// Why a request has no reply.
public enum RequestError: Error, Sendable, CustomStringConvertible {
    /// The service refused it, and says why.
    case problem(Problem)
    /// Nobody answers to this type of message.
    case unroutable
    /// No answer came in time; a command may have been carried out all the same, and can be repeated under its id.
    case deadlineExceeded
    /// It could not be sent.
    case notSent(String)
    /// The answer could not be read.
    case unreadable(String)

    /// What happened, for people.
    public var description: String {
        switch self {
        case .problem(let problem): problem.description
        case .unroutable: "No service answers to this type of message."
        case .deadlineExceeded: "No answer came before the deadline."
        case .notSent(let reason): "The request could not be sent: \(reason)"
        case .unreadable(let reason): "The answer could not be read: \(reason)"
        }
    }
}

/// Sends requests and waits for their answers in a reply queue of its own.
///
/// One requester serves a whole process. Run ``run()`` as long as it is used.
public final class Requester: Sendable {
    /// An answer as it came.
    public struct RawReply: Sendable {
        /// Whether it is a success; a problem otherwise.
        public let isSuccess: Bool
        /// The body, JSON.
        public let body: [UInt8]
    }

    private typealias Outcome = Result<RawReply, RequestError>

    /// One request on its way.
    private enum Slot {
        /// Sent; nobody waits yet.
        case open
        /// Somebody waits.
        case awaited(CheckedContinuation<Outcome, Never>)
        /// Ended before anybody waited.
        case ended(Outcome)
    }

    private let source: String
    private let publisher: any MessagePublishing
    private let consumer: Consumer
    private let slots = Mutex<[String: Slot]>([:])
    private let late = Counter(label: "citycoop.requests.late.replies")

    /// Makes a requester.
    ///
    /// - Parameters:
    ///   - source: Who asks, as CloudEvents `source`.
    ///   - publisher: Where requests go out.
    ///   - consumer: The consumer of an exclusive queue with the prefix `reply.`.
    public init(source: String, publisher: any MessagePublishing, consumer: Consumer) {
        self.source = source
        self.publisher = publisher
        self.consumer = consumer
    }

    /// Takes answers until the consumer is cancelled.
    public func run() async {
        while let deliveries = try? await consumer.next(max: 256) {
            for delivery in deliveries { take(delivery) }
        }
    }

    /// Asks, and returns the typed reply.
    ///
    /// - Parameter id: The message's id; ask again under the same id after a time-out, and the first answer comes again.
    public func call<R: Request>(
        _ request: R, within limit: Duration = .seconds(10), id: UUID = .version7()
    ) async throws(RequestError) -> R.Reply {
        let body: [UInt8]
        do {
            // The same request must be the same bytes each time it is asked, or the inbox takes it for another.
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            body = [UInt8](try encoder.encode(request))
        } catch {
            throw .notSent("\(error)")
        }
        let reply = try await call(R.type.description, body: body, within: limit, id: id)
        let decoder = JSONDecoder()
        if reply.isSuccess {
            guard let typed = try? decoder.decode(R.Reply.self, from: Data(reply.body)) else {
                throw .unreadable("it is not the reply that the type promises")
            }
            return typed
        }
        guard let problem = try? decoder.decode(Problem.self, from: Data(reply.body)) else {
            throw .unreadable("it is neither a reply nor a problem")
        }
        throw .problem(problem)
    }

    /// Asks with a body that is JSON already.
    public func call(
        _ type: String, body: [UInt8], within limit: Duration = .seconds(10), id: UUID = .version7()
    ) async throws(RequestError) -> RawReply {
        let (end, deadline) = (ContinuousClock.now + limit, Date() + limit.inSeconds)
        guard let replyTo = await replyQueue(by: end) else { throw .notSent("there is no reply queue") }
        let correlation = UUID.version7().text
        let message = message(type, body, id, correlation, replyTo, deadline: deadline)
        slots.withLock { $0[correlation] = .open }
        let outcome = await withTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                await self.send(message, correlation)
                return nil
            }
            group.addTask {
                try? await Task.sleep(until: end, clock: .continuous)
                self.end(correlation, .failure(.deadlineExceeded))
                return nil
            }
            group.addTask { await self.outcome(of: correlation) }
            for await outcome in group {
                guard let outcome else { continue }
                group.cancelAll()
                return outcome
            }
            return .failure(.deadlineExceeded)
        }
        return try outcome.get()
    }

    // MARK: Slots

    private func outcome(of correlation: String) async -> Outcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = slots.withLock { slots -> Outcome? in
                    if case .ended(let outcome) = slots[correlation] {
                        slots[correlation] = nil
                        return outcome
                    }
                    if Task.isCancelled {
                        slots[correlation] = nil
                        return .failure(.deadlineExceeded)
                    }
                    slots[correlation] = .awaited(continuation)
                    return nil
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            end(correlation, .failure(.deadlineExceeded))
        }
    }

    /// Ends a request, once; `false` if it had ended before.
    @discardableResult
    private func end(_ correlation: String, _ outcome: Outcome) -> Bool {
        let (isFirst, waiter) = slots.withLock { slots -> (Bool, CheckedContinuation<Outcome, Never>?) in
            switch slots[correlation] {
            case .open:
                slots[correlation] = .ended(outcome)
                return (true, nil)
            case .awaited(let continuation):
                slots[correlation] = nil
                return (true, continuation)
            case .ended, nil:
                return (false, nil)
            }
        }
        waiter?.resume(returning: outcome)
        return isFirst
    }

    // MARK: Messages

    private func take(_ delivery: Delivery) {
        let isProblem = delivery.properties.contentType == "application/problem+json"
        let reply = RawReply(isSuccess: !isProblem, body: delivery.body)
        guard let correlation = delivery.properties.correlationID, end(correlation, .success(reply)) else {
            late.increment()
            return
        }
    }

    private func send(_ message: OutgoingMessage, _ correlation: String) async {
        switch await publisher.publish([message]).first {
        case .confirmed, nil: break
        case .returned: end(correlation, .failure(.unroutable))
        case .refused: end(correlation, .failure(.notSent("the queue takes no more")))
        case .lost(let error), .unacceptable(let error): end(correlation, .failure(.notSent("\(error)")))
        }
    }

    /// The name of the reply queue, as soon as there is one.
    private func replyQueue(by deadline: ContinuousClock.Instant) async -> String? {
        while deadline > .now, !Task.isCancelled {
            if let name = consumer.queueName { return name }
            await Pause.sleep(.milliseconds(10))
        }
        return consumer.queueName
    }

    private func message(
        _ type: String, _ body: [UInt8], _ id: UUID, _ correlation: String, _ replyTo: String, deadline: Date
    ) -> OutgoingMessage {
        let id = id.text
        let now = Date()
        return OutgoingMessage(
            exchange: Topology.Names.requests, routingKey: type, mandatory: true,
            properties: Properties(
                contentType: "application/json",
                headers: [
                    "cloudEvents_id": .string(id), "cloudEvents_source": .string(source),
                    "cloudEvents_type": .string(type), "cloudEvents_specversion": .string("1.0"),
                    "cloudEvents_time": .string(Timestamp(now).description),
                    "deadline": .string(Timestamp(deadline).description),
                ],
                deliveryMode: 2, correlationID: correlation, replyTo: replyTo,
                messageID: id, timestamp: UInt64(now.timeIntervalSince1970), type: type, appID: source),
            body: body)
    }
}
