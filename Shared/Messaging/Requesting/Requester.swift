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

    /// Who waits for an answer, and until when.
    private struct Asker {
        let deadline: ContinuousClock.Instant
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        /// By correlation id.
        var askers: [String: Asker] = [:]
        /// What is to be sent.
        var waiting: [OutgoingMessage] = []
        /// When deadlines are looked at next, if anybody waits.
        var nextLook: ContinuousClock.Instant?
        var isOver = false
    }

    /// Answers taken at once.
    private static let answersMax = 256
    /// How often deadlines are looked at, at most.
    private static let deadlineTick = Duration.milliseconds(5)

    private let source: String
    private let tracer = MessageTracer.ofProcess
    private let publisher: any MessagePublishing
    private let consumer: Consumer
    private let state = Mutex(State())
    /// Signalled when there is something to send.
    private let asked = Wakeup()
    /// Signalled when somebody asks whose time ends before deadlines would be looked at.
    private let askedForLess = Wakeup()

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

    /// Sends requests and takes answers until the consumer is cancelled.
    public func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while let deliveries = try? await self.consumer.next(max: Self.answersMax) {
                    for delivery in deliveries { self.take(delivery) }
                }
            }
            group.addTask { await self.sendRequests() }
            group.addTask { await self.watchDeadlines() }
            // The first ends with the consumer, the others when they are cancelled.
            await group.next()
            group.cancelAll()
        }
        let left = state.withLock { state in
            state.isOver = true
            return Array(state.askers.keys)
        }
        for correlation in left { end(correlation, Self.over) }
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
        let step = tracer?.request(type, id: id, bytes: body.count)
        var message = message(type, body, id, correlation, replyTo, deadline: deadline)
        if let traceparent = step?.traceparent {
            message.properties.headers[TraceParent.headerName] = .string(traceparent)
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(Asker(deadline: end, continuation: continuation), correlation, message)
                // The handler below may have run before there was anybody to end.
                if Task.isCancelled { self.end(correlation, .failure(.deadlineExceeded)) }
            }
        } onCancel: {
            self.end(correlation, .failure(.deadlineExceeded))
        }
        step?.end(failing: outcome.failureCode)
        return try outcome.get()
    }

    // MARK: Askers

    private static let over = Outcome.failure(.notSent("the requester has ended"))

    private func enter(_ asker: Asker, _ correlation: String, _ message: OutgoingMessage) {
        let (isOver, isFirstToEnd) = state.withLock { state in
            guard !state.isOver else { return (true, false) }
            state.askers[correlation] = asker
            state.waiting.append(message)
            let isFirst = state.nextLook.map { asker.deadline < $0 } ?? true
            if isFirst { state.nextLook = asker.deadline }
            return (false, isFirst)
        }
        if isOver { return asker.continuation.resume(returning: Self.over) }
        asked.signal()
        if isFirstToEnd { askedForLess.signal() }
    }

    /// Ends a request, once; `false` if it had ended before.
    @discardableResult
    private func end(_ correlation: String, _ outcome: Outcome) -> Bool {
        guard let asker = state.withLock({ $0.askers.removeValue(forKey: correlation) }) else { return false }
        asker.continuation.resume(returning: outcome)
        return true
    }

    /// Ends requests whose time is over.
    ///
    /// Nearly all are answered long before, so that looking at all of them, at most every few milliseconds, is cheaper than
    /// an alarm for each.
    private func watchDeadlines() async {
        while !Task.isCancelled {
            let seen = askedForLess.count
            let now = ContinuousClock.now
            let (late, next) = state.withLock { state in
                let late = state.askers.filter { $0.value.deadline <= now }.map(\.key)
                let first = state.askers.values.lazy.map(\.deadline).filter { $0 > now }.min()
                state.nextLook = first.map { max($0, now + Self.deadlineTick) }
                return (late, state.nextLook)
            }
            for correlation in late { end(correlation, .failure(.deadlineExceeded)) }
            if let next {
                await askedForLess.wait(beyond: seen, until: next)
            } else {
                await askedForLess.wait(beyond: seen)
            }
        }
    }

    // MARK: Messages

    private func take(_ delivery: Delivery) {
        let isProblem = delivery.properties.contentType == "application/problem+json"
        let reply = RawReply(isSuccess: !isProblem, body: delivery.body)
        guard let correlation = delivery.properties.correlationID, end(correlation, .success(reply)) else {
            return Meters.lateReplies.increment()
        }
    }

    /// Sends what was asked meanwhile in one go; confirms are not waited for before the next.
    private func sendRequests() async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let seen = asked.count
                let batch = state.withLock { state in
                    defer { state.waiting = [] }
                    return state.waiting
                }
                if batch.isEmpty {
                    await asked.wait(beyond: seen)
                } else {
                    group.addTask { await self.send(batch) }
                }
            }
        }
    }

    private func send(_ batch: [OutgoingMessage]) async {
        for (message, confirmation) in zip(batch, await publisher.publish(batch)) {
            guard let correlation = message.properties.correlationID else { continue }
            switch confirmation {
            case .confirmed: break
            case .returned: end(correlation, .failure(.unroutable))
            case .refused: end(correlation, .failure(.notSent("the queue takes no more")))
            case .lost(let error), .unacceptable(let error): end(correlation, .failure(.notSent("\(error)")))
            }
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

extension Result<Requester.RawReply, RequestError> {
    /// Why there is no success; nil if there is one.
    fileprivate var failureCode: String? {
        switch self {
        case .success(let reply): reply.isSuccess ? nil : "refused"
        case .failure(.unroutable): "unroutable"
        case .failure(.deadlineExceeded): Problem.deadlineExceeded.code
        case .failure(.notSent): "not-sent"
        case .failure(.problem), .failure(.unreadable): "refused"
        }
    }
}
