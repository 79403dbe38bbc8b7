/// Sends messages and learns what became of them: what the runtime needs of a ``Publisher``.
public protocol MessagePublishing: Sendable {
    /// Publishes the messages in order and returns what became of each, in the same order.
    ///
    /// Waits while the broker is away or blocks publishers. A caller whose task is cancelled gets `.lost` for what is not
    /// settled yet.
    func publish(_ messages: [OutgoingMessage]) async -> [Confirmation]
}

/// Takes messages from one queue and settles them: what the runtime needs of a ``Consumer``.
public protocol MessageConsuming: Sendable {
    /// Returns what is there, at least one and at most `max`; waits, over reconnects, while there is nothing.
    ///
    /// Throws when the task is cancelled or the consumer has been cancelled or closed.
    func next(max: Int) async throws(CancellationError) -> [Delivery]
    /// Tells the broker that these are done with.
    func acknowledge(_ tags: [DeliveryTag]) async
    /// Gives these back to the queue, for us or another to get again; counts as no attempt.
    func handBack(_ tags: [DeliveryTag]) async
    /// Sends these to the queue's dead-letter exchange.
    func reject(_ tags: [DeliveryTag]) async
    /// Stops taking messages; hands back what is buffered and was not taken.
    func pause() async
    /// Takes messages again.
    func resume() async
    /// Stops taking messages for good; what was taken can still be settled until `close()`.
    func cancel() async
}

/// What happens to a connection, for logs and metrics.
///
/// Reported on the connection's own thread: be quick.
public enum ConnectionEvent: Sendable {
    /// Connected and ready.
    case connected
    /// The connection is gone, or could not be made; the next attempt follows after the delay.
    case disconnected(AMQPError, retryAfter: Duration)
    /// The broker takes no publishes for now (memory or disk alarm), for this reason.
    case blocked(reason: String)
    /// The broker takes publishes again.
    case unblocked
    /// The broker cancelled the consumer: its queue was deleted or failed over.
    case consumerCancelled(queue: String)
}
