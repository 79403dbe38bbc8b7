import EventLoop

/// Looks at and changes what the broker has: exchanges, queues, bindings, single messages.
///
/// On a short-lived connection of its own, because the library closes the socket when a synchronous request times out, and
/// on a thread of its own, because those requests block.
public enum Administration {
    /// The requests, one after the other; valid inside the closure only.
    public struct Channel {
        fileprivate let wire: Wire
    }

    /// Connects, runs the body on the connection's thread, and disconnects.
    ///
    /// Of a cluster, the first node that can be reached. A request the broker refuses throws with its reply code (404 not found, 406 declared otherwise, 403 refused); later
    /// requests in the same body work all the same.
    public static func with<Result: Sendable>(
        _ address: BrokerAddress, name: String = "administration", limits: AMQPLimits = AMQPLimits(),
        _ body: @Sendable (borrowing Channel) throws -> Result
    ) async throws -> Result {
        try await Worker(name: name).run { () throws in
            let wire = try reach(address, name: name, limits)
            defer { wire.close() }
            return try body(Channel(wire: wire))
        }
    }

    private static func reach(
        _ address: BrokerAddress, name: String, _ limits: AMQPLimits
    ) throws(AMQPError) -> Wire {
        for turn in address.others.indices {
            if let wire = try? Wire(to: address.place(atTurn: turn), name: name, limits: limits) { return wire }
        }
        return try Wire(to: address.place(atTurn: address.others.count), name: name, limits: limits)
    }

    /// The thread.
    private actor Worker {
        private let loop: EventLoop

        init(name: String) {
            loop = EventLoop(name: name)
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe loop.executor.asUnownedSerialExecutor()
        }

        func run<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result {
            try body()
        }
    }
}

extension Administration.Channel {
    /// Makes the exchange; fails with 406 if it exists and differs.
    public func declare(_ exchange: ExchangeDeclaration) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.declare(exchange) }
    }

    /// Fails with 404 if the exchange does not exist.
    public func requireExchange(_ name: String) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.requireExchange(name) }
    }

    /// Deletes the exchange; one that does not exist is fine.
    public func deleteExchange(_ name: String) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.deleteExchange(name) }
    }

    /// Makes the queue and returns how full it is; fails with 406 if it exists and differs.
    @discardableResult
    public func declare(_ queue: QueueDeclaration) throws(AMQPError) -> QueueCounts {
        try request { () throws(AMQPError) in try wire.declare(queue) }
    }

    /// Fails with 404 if the queue does not exist; returns how full it is.
    @discardableResult
    public func requireQueue(_ name: String) throws(AMQPError) -> QueueCounts {
        try request { () throws(AMQPError) in try wire.requireQueue(name) }
    }

    /// The number of messages ready in the queue.
    public func messageCount(_ queue: String) throws(AMQPError) -> Int {
        try requireQueue(queue).messages
    }

    /// Binds a queue to an exchange.
    public func bind(_ binding: Binding) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.bind(binding) }
    }

    /// Takes a binding away.
    public func unbind(_ binding: Binding) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.unbind(binding) }
    }

    /// Throws away what is ready in the queue; returns how many messages that was.
    @discardableResult
    public func purge(_ queue: String) throws(AMQPError) -> Int {
        try request { () throws(AMQPError) in try wire.purge(queue) }
    }

    /// Deletes the queue with what is in it; one that does not exist is fine.
    public func deleteQueue(_ name: String) throws(AMQPError) {
        try request { () throws(AMQPError) in try wire.deleteQueue(name) }
    }

    /// Takes one message from the queue and acknowledges it before returning it; nil if the queue is empty.
    public func takeOne(_ queue: String) throws(AMQPError) -> Delivery? {
        try request { () throws(AMQPError) in try wire.takeOne(queue) }
    }

    /// Runs a request; a channel that the broker closed over it is opened again.
    private func request<Result>(_ body: () throws(AMQPError) -> Result) throws(AMQPError) -> Result {
        do {
            return try body()
        } catch {
            if error.code == .channelClosed { try wire.openChannel() }
            throw error
        }
    }
}
