import EventLoop
import Synchronization

/// Takes messages from one queue over one connection of its own, and settles them.
///
/// Nothing is taken before ``run()``. Deliveries are buffered up to the prefetch and `limits.intakeBytesMax`, and handed out
/// in arrays. A lost connection makes the broker deliver again what was not acknowledged; tags from before it are ignored.
public actor Consumer: MessageConsuming {
    /// Where the messages come from.
    public enum Source: Sendable {
        /// A queue that exists; each delivery has to be settled.
        case queue(String)
        /// A queue of our own for replies, named with the prefix and a random end, made anew at each connection and gone
        /// with it. Deliveries need no settling: what is lost with the connection is asked for again by whoever waits.
        case exclusive(prefix: String)
    }

    private let loop: EventLoop
    private let link: Link
    private let limits: AMQPLimits
    private let source: Source
    private let prefetch: Int
    private nonisolated let status: Link.Status
    private nonisolated let shared = Shared()
    private let finished = AsyncStream.makeStream(of: Void.self)

    private var subscription = Subscription()
    private var settled = SettledPrefix()
    private var intake: IntakeBuffer
    private var waiters: [Waiter] = []
    private var waiterCount: UInt64 = 0
    /// Cancelled or closed: takes no more messages, ever.
    private var isOver = false
    private var isClosed = false

    private final class Shared: Sendable {
        let queueName = Mutex<String?>(nil)
        let bufferedBytes = Atomic(0)
    }

    private struct Waiter {
        let number: UInt64
        let max: Int
        let continuation: CheckedContinuation<[Delivery], Never>
    }

    /// Prepares a consumer; it connects in ``run()``.
    ///
    /// - Parameters:
    ///   - name: Shown by the broker as the connection's name, and as the thread's.
    ///   - prefetch: How many deliveries may be unsettled at once; not for an exclusive queue.
    ///   - events: Told of connecting, losing, cancelling; on the connection's thread.
    public init(
        name: String, source: Source, prefetch: Int, address: BrokerAddress, limits: AMQPLimits = AMQPLimits(),
        events: (@Sendable (ConnectionEvent) -> Void)? = nil
    ) {
        loop = EventLoop(name: name)
        link = Link(loop.executor, address, name: name, limits, report: events)
        status = link.status
        intake = IntakeBuffer(bytesMax: limits.intakeBytesMax)
        self.limits = limits
        self.source = source
        self.prefetch = prefetch
    }

    /// The connection's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    /// Whether there is a connection at this moment.
    public nonisolated var isConnected: Bool { status.isConnected.load(ordering: .acquiring) }

    /// The queue's name while there is a connection; an exclusive queue has another one after each reconnect.
    public nonisolated var queueName: String? { shared.queueName.withLock { $0 } }

    /// Bytes delivered that nobody has taken yet, with an allowance per message.
    public nonisolated var bufferedBytes: Int { shared.bufferedBytes.load(ordering: .relaxed) }

    // MARK: Life

    /// Connects, and connects again whenever the connection is gone; ends when cancelled or after ``close()``.
    public func run() async {
        if !isClosed {
            link.start(
                Link.Owner(
                    opened: { [unowned self] () throws(AMQPError) in try opened() },
                    received: { [unowned self] in received($0) },
                    settledDown: { [unowned self] in handOut() },
                    rang: { [unowned self] in rang($0) },
                    lost: { [unowned self] _ in lost() }))
            for await _ in finished.stream {}
        }
        shutDown()
    }

    /// Stops taking messages for good: hands back what is buffered, and ``next(max:)`` throws.
    ///
    /// What was taken can still be settled until ``close()``.
    public func cancel() async {
        isOver = true
        pause()
        dismissWaiters()
    }

    /// Tells the broker the acknowledgements it has not heard and closes the connection; it redelivers the rest.
    ///
    /// A quorum queue works off acknowledgements in its own time, 32 frames of a channel at once, and forgets those of a closed
    /// channel that it has not begun: what was settled one by one just before closing may be delivered again.
    public func close() async {
        shutDown()
        finished.continuation.finish()
    }

    private func shutDown() {
        isOver = true
        isClosed = true
        dismissWaiters()
        tellAcknowledgements(holdMax: 0)
        link.stop()
        lost()
    }

    // MARK: Taking

    /// Returns what is there, at least one and at most `max`; waits, over reconnects, while there is nothing.
    ///
    /// Throws when the task is cancelled or this consumer has been cancelled or closed.
    public func next(max: Int) async throws(CancellationError) -> [Delivery] {
        precondition(max > 0, "next(max:) has to be allowed one")
        guard !isOver, !Task.isCancelled else { throw CancellationError() }
        if waiters.isEmpty, !intake.isEmpty { return take(max: max) }
        waiterCount += 1
        let number = waiterCount
        let deliveries = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(Waiter(number: number, max: max, continuation: continuation))
            }
        } onCancel: {
            // The only way from the cancelling thread to this one.
            Task { await dismiss(number) }
        }
        guard !deliveries.isEmpty else { throw CancellationError() }
        return deliveries
    }

    /// Looks again: other work of this actor may have run since the caller was let in, ``cancel()`` or a delivery.
    private func enter(_ waiter: Waiter) {
        guard !isOver, !Task.isCancelled else { return waiter.continuation.resume(returning: []) }
        waiters.append(waiter)
        handOut()
    }

    private func take(max: Int) -> [Delivery] {
        let deliveries = intake.take(max: max)
        shared.bufferedBytes.store(intake.bytes, ordering: .relaxed)
        if intake.isRoomy { link.resumeReading() }
        return deliveries
    }

    private func handOut() {
        while !waiters.isEmpty, !intake.isEmpty {
            let waiter = waiters.removeFirst()
            waiter.continuation.resume(returning: take(max: waiter.max))
        }
    }

    private func dismiss(_ number: UInt64) {
        guard let position = waiters.firstIndex(where: { $0.number == number }) else { return }
        waiters.remove(at: position).continuation.resume(returning: [])
    }

    private func dismissWaiters() {
        for waiter in waiters { waiter.continuation.resume(returning: []) }
        waiters = []
    }

    // MARK: Settling

    /// Tells the broker that these are done with: all in one frame where nothing before them is unsettled.
    ///
    /// What lies beyond such a prefix waits for it for `limits.acknowledgeDelay`. Tags from before the last reconnect, and tags
    /// settled before, are ignored.
    public func acknowledge(_ tags: [DeliveryTag]) {
        for tag in tags where tag.generation == link.generation { _ = settled.acknowledge(tag.number) }
        tellAcknowledgements(holdMax: prefetch / 4)
    }

    /// Gives these back to the queue, for us or another to get again; counts as no attempt.
    public func handBack(_ tags: [DeliveryTag]) {
        settleSingly(tags) { wire, tag throws(AMQPError) in try wire.handBack(tag) }
    }

    /// Sends these to the queue's dead-letter exchange; without one they are gone.
    public func reject(_ tags: [DeliveryTag]) {
        settleSingly(tags) { wire, tag throws(AMQPError) in try wire.reject(tag) }
    }

    private func settleSingly(_ tags: [DeliveryTag], _ tell: (Wire, UInt64) throws(AMQPError) -> Void) {
        let numbers = tags.filter { $0.generation == link.generation && settled.settleSingly($0.number) }.map(\.number)
        guard !numbers.isEmpty else { return }
        link.write { wire throws(AMQPError) in
            for number in numbers { try tell(wire, number) }
        }
    }

    /// Tells what is held in the settled prefix; the rest too, if it is more than may be held.
    private func tellAcknowledgements(holdMax: Int) {
        var frames = settled.takePrefix().map { [$0] } ?? []
        if settled.heldCount > holdMax {
            frames += settled.takeAll()
        } else if settled.heldCount > 0 {
            link.set(.acknowledge, after: limits.acknowledgeDelay)
        }
        guard !frames.isEmpty else { return }
        link.write { wire throws(AMQPError) in
            for frame in frames { try wire.acknowledge(frame) }
        }
    }

    // MARK: Pausing

    /// Stops taking messages and hands back what is buffered and was not taken; what was taken can be settled.
    public func pause() {
        subscription.isWanted = false
        if isSettling { handBack(intake.takeAll().map(\.tag)) }
        shared.bufferedBytes.store(intake.bytes, ordering: .relaxed)
        link.resumeReading()
        link.write { wire throws(AMQPError) in try negotiate(wire) }
    }

    /// Takes messages again.
    public func resume() {
        guard !isOver else { return }
        subscription.isWanted = true
        link.write { wire throws(AMQPError) in try negotiate(wire) }
    }

    /// Whether deliveries have to be settled.
    private var isSettling: Bool {
        if case .queue = source { true } else { false }
    }

    /// Asks the broker for what brings the subscription closer to what is wanted.
    private func negotiate(_ wire: Wire) throws(AMQPError) {
        guard let queue = queueName else { return }
        switch subscription.nextRequest() {
        case .consume(let tag): try wire.requestConsume(queue: queue, consumerTag: tag, isAcknowledged: isSettling)
        case .cancel(let tag): try wire.requestCancel(consumerTag: tag)
        case nil: break
        }
    }

    // MARK: What the broker says

    private func opened() throws(AMQPError) {
        guard let wire = link.wire else { return }
        switch source {
        case .queue(let name):
            try wire.setPrefetch(prefetch)
            shared.queueName.withLock { $0 = name }
        case .exclusive(let prefix):
            // Not the name of last time: the broker may not have noticed that the connection before is gone.
            let name = prefix + Self.randomName()
            try wire.declare(QueueDeclaration(name, isDurable: false, isExclusive: true, isAutoDelete: true))
            shared.queueName.withLock { $0 = name }
        }
        try negotiate(wire)
    }

    /// 128 random bits.
    private static func randomName() -> String {
        (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
    }

    private func received(_ inbound: Inbound) {
        switch inbound {
        case .delivery(let delivery): return received(delivery)
        case .consuming(let tag):
            link.prove()
            subscription.consuming(tag)
        case .cancelConfirmed(let tag): subscription.cancelConfirmed(tag)
        case .cancelled(let tag):
            guard subscription.cancelledByBroker(tag), let queue = queueName else { return }
            link.tell(.consumerCancelled(queue: queue))
            guard isSettling else { return link.lose(AMQPError(.channelClosed, "the reply queue was deleted")) }
            return link.set(.resubscribe, after: limits.resubscribeDelay)
        default: return
        }
        link.write { wire throws(AMQPError) in try negotiate(wire) }
    }

    private func received(_ delivery: Delivery) {
        if isSettling {
            guard settled.deliver(delivery.tag.number) else {
                return link.lose(AMQPError(.protocolViolation, "a delivery tag out of order"))
            }
            // On its way while we cancelled.
            guard subscription.isWanted else { return handBack([delivery.tag]) }
        }
        intake.append(delivery)
        shared.bufferedBytes.store(intake.bytes, ordering: .relaxed)
        if intake.isFull { link.pauseReading() }
    }

    private func rang(_ alarm: Link.Alarm) {
        switch alarm {
        case .acknowledge: tellAcknowledgements(holdMax: 0)
        default: link.write { wire throws(AMQPError) in try negotiate(wire) }
        }
    }

    /// Forgets what belonged to the channel; replies stay, because the broker has forgotten them already.
    private func lost() {
        shared.queueName.withLock { $0 = nil }
        settled = SettledPrefix()
        subscription.channelLost()
        if isSettling || isClosed { _ = intake.takeAll() }
        shared.bufferedBytes.store(intake.bytes, ordering: .relaxed)
    }
}
