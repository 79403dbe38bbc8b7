import AMQP
import Contracts
import FoundationEssentials
import Metrics
import Synchronization

/// What is counted about one queue.
///
/// A batch costs one look-up and three numbers, whatever its size; nothing is made a second time.
final class QueueMeters: Sendable {
    /// What is counted about one type of message in the queue.
    private struct TypeMeters {
        let consumed: Counter
        let batch: Recorder
        let processing: Metrics.Timer
    }

    /// The queue's name at the broker.
    let queue: String
    /// A clock that is years behind must not spoil the sum of all ages: a week.
    private static let ageMaxSeconds = 604_800.0

    private let meters = Mutex<[String: TypeMeters]>([:])
    private let ages: Metrics.Timer
    let redelivered: Counter
    let handedBack: Counter
    let conflicts: Counter

    init(_ queue: String) {
        self.queue = queue
        ages = Metric.age.times(queue)
        redelivered = Metric.redelivered.counter(queue)
        handedBack = Metric.handedBack.counter(queue)
        conflicts = Metric.conflicts.counter(queue)
    }

    /// Messages were handled in one go; of a type that the service knows, so that there are not more of them than contracts.
    func handled(_ count: Int, of type: String, since start: ContinuousClock.Instant) {
        let meters = meters(of: type)
        meters.consumed.increment(by: count)
        meters.batch.record(count)
        meters.processing.record(duration: .now - start)
    }

    /// Messages were filed: of whatever type they call themselves.
    func filed(_ count: Int) {
        meters(of: "unhandled").consumed.increment(by: count)
    }

    /// Messages were taken from the queue.
    func taken(_ deliveries: [Delivery]) {
        let again = deliveries.count(where: \.isRedelivered)
        if again > 0 { redelivered.increment(by: again) }
    }

    /// A batch is taken up; times are those of the senders, whose clocks may be ahead of ours.
    func takenUp(oldest: Date?, at now: Date) {
        guard let oldest else { return }
        ages.recordSeconds(min(max(0, now.timeIntervalSince(oldest)), Self.ageMaxSeconds))
    }

    private func meters(of type: String) -> TypeMeters {
        meters.withLock { meters in
            if let known = meters[type] { return known }
            let made = TypeMeters(
                consumed: Metric.consumed.counter(queue, type), batch: Metric.batch.sizes(queue, type),
                processing: Metric.processing.times(queue, type))
            meters[type] = made
            return made
        }
    }
}

/// What is counted about one way of sending.
final class SendingMeters: Sendable {
    private let operation: String
    private let counters: Mutex<[String: Counter]>
    private let confirming: Metrics.Timer

    /// - Parameter types: What is counted from the beginning, at nothing: how much a counter grew that was not there before
    ///   nobody can say.
    init(_ operation: String, types: [MessageType] = []) {
        self.operation = operation
        let counters = types.map { ($0.description, Metric.sent.counter(operation, $0.description)) }
        self.counters = Mutex(Dictionary(counters) { first, _ in first })
        confirming = Metric.confirming.times(operation)
    }

    /// Messages of one type were confirmed; answers are not told apart.
    func confirmed(_ count: Int, of type: String = "") {
        guard count > 0 else { return }
        let counter = counters.withLock { counters in
            if let known = counters[type] { return known }
            let made = type.isEmpty ? Metric.sent.counter(operation) : Metric.sent.counter(operation, type)
            counters[type] = made
            return made
        }
        counter.increment(by: count)
    }

    /// Messages of any types were confirmed: neighbours are mostly of one type.
    func confirmed(types: some Sequence<String>) {
        var (type, count) = ("", 0)
        for next in types {
            if next != type {
                confirmed(count, of: type)
                (type, count) = (next, 0)
            }
            count += 1
        }
        confirmed(count, of: type)
    }

    /// The broker has answered for a group of messages.
    func settled(since start: ContinuousClock.Instant) {
        confirming.record(duration: .now - start)
    }
}

/// What is counted now and then, wherever it happens in the service.
enum Meters {
    static let repeated = Metric.repeated.counter()
    static let expired = Metric.expired.counter()
    static let erased = Metric.erased.counter()
    static let unroutableReplies = Metric.unroutableReplies.counter()
    static let forbiddenReplies = Metric.forbiddenReplies.counter()
    static let lateReplies = Metric.lateReplies.counter()
    static let outboxRefused = Metric.outboxRefused.counter()
    static let outboxSetAside = Metric.outboxSetAside.counter()
    static let outboxClaimed = Metric.outboxClaimed.counter()
    static let scheduleMoved = Metric.scheduleMoved.counter()
    static let retriesMended = Metric.retries.counter("mended")
    static let retriesAgain = Metric.retries.counter("again")
    static let retriesGivenUp = Metric.retries.counter("given-up")

    /// Makes them all, so that each is shown from the beginning: the first time that something happens is a change.
    static func begin() {
        for counter in [
            repeated, expired, erased, unroutableReplies, forbiddenReplies, lateReplies, outboxRefused, outboxSetAside,
            outboxClaimed, scheduleMoved, retriesMended, retriesAgain, retriesGivenUp,
        ] { counter.increment(by: 0) }
    }
}
