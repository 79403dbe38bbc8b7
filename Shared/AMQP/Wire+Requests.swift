import CRabbitMQ

/// The synchronous requests. A time-out in one of them closes the socket, so they are for a connection that is being set up or
/// that serves nothing else.
extension Wire {
    /// Asks the broker to confirm every publish on the channel.
    func selectConfirms() throws(AMQPError) {
        inside { _ = unsafe amqp_confirm_select(raw, Self.channel) }
        try checkLastReply("asking for confirms")
    }

    /// Limits how many deliveries of each consumer may be unacknowledged.
    func setPrefetch(_ count: Int) throws(AMQPError) {
        inside { _ = unsafe amqp_basic_qos(raw, Self.channel, 0, UInt16(clamping: count), 0) }
        try checkLastReply("setting the prefetch")
    }

    /// Makes the exchange, or finds it equal.
    func declare(_ exchange: ExchangeDeclaration) throws(AMQPError) {
        arena.lend { arena in
            let (name, kind) = unsafe (arena.bytes(exchange.name), arena.bytes(exchange.kind.rawValue))
            let arguments = unsafe arena.table(exchange.arguments)
            inside {
                _ = unsafe amqp_exchange_declare(
                    raw, Self.channel, name, kind, 0, exchange.isDurable ? 1 : 0, 0, 0, arguments)
            }
        }
        try checkLastReply("declaring exchange \(exchange.name)")
    }

    /// Fails with 404 if the exchange does not exist.
    func requireExchange(_ name: String) throws(AMQPError) {
        arena.lend { arena in
            let bytes = unsafe arena.bytes(name)
            inside {
                _ = unsafe amqp_exchange_declare(
                    raw, Self.channel, bytes, amqp_empty_bytes, 1, 0, 0, 0, amqp_empty_table)
            }
        }
        try checkLastReply("looking for exchange \(name)")
    }

    /// Deletes the exchange; one that does not exist is fine.
    func deleteExchange(_ name: String) throws(AMQPError) {
        arena.lend { arena in
            let bytes = unsafe arena.bytes(name)
            inside { _ = unsafe amqp_exchange_delete(raw, Self.channel, bytes, 0) }
        }
        try checkLastReply("deleting exchange \(name)")
    }

    /// Makes the queue, or finds it equal; returns how many messages and consumers it has.
    @discardableResult
    func declare(_ queue: QueueDeclaration) throws(AMQPError) -> QueueCounts {
        let counts = arena.lend { arena in
            let name = unsafe arena.bytes(queue.name)
            let arguments = unsafe arena.table(queue.arguments)
            let answer = unsafe inside {
                unsafe amqp_queue_declare(
                    raw, Self.channel, name, 0, queue.isDurable ? 1 : 0, queue.isExclusive ? 1 : 0,
                    queue.isAutoDelete ? 1 : 0, arguments)
            }
            return unsafe QueueCounts(answer)
        }
        try checkLastReply("declaring queue \(queue.name)")
        return counts
    }

    /// Fails with 404 if the queue does not exist; returns how many messages and consumers it has.
    func requireQueue(_ name: String) throws(AMQPError) -> QueueCounts {
        let counts = arena.lend { arena in
            let bytes = unsafe arena.bytes(name)
            let answer = unsafe inside {
                unsafe amqp_queue_declare(raw, Self.channel, bytes, 1, 0, 0, 0, amqp_empty_table)
            }
            return unsafe QueueCounts(answer)
        }
        try checkLastReply("looking for queue \(name)")
        return counts
    }

    /// Binds the queue to the exchange.
    func bind(_ binding: Binding) throws(AMQPError) {
        arena.lend { arena in
            let (queue, exchange) = unsafe (arena.bytes(binding.queue), arena.bytes(binding.exchange))
            let (routingKey, arguments) = unsafe (arena.bytes(binding.routingKey), arena.table(binding.arguments))
            inside { _ = unsafe amqp_queue_bind(raw, Self.channel, queue, exchange, routingKey, arguments) }
        }
        try checkLastReply("binding \(binding.queue) to \(binding.exchange)")
    }

    /// Takes a binding away.
    func unbind(_ binding: Binding) throws(AMQPError) {
        arena.lend { arena in
            let (queue, exchange) = unsafe (arena.bytes(binding.queue), arena.bytes(binding.exchange))
            let (routingKey, arguments) = unsafe (arena.bytes(binding.routingKey), arena.table(binding.arguments))
            inside { _ = unsafe amqp_queue_unbind(raw, Self.channel, queue, exchange, routingKey, arguments) }
        }
        try checkLastReply("unbinding \(binding.queue) from \(binding.exchange)")
    }

    /// Empties the queue; returns how many messages were thrown away.
    func purge(_ queue: String) throws(AMQPError) -> Int {
        let count = arena.lend { arena in
            let bytes = unsafe arena.bytes(queue)
            let answer = unsafe inside { unsafe amqp_queue_purge(raw, Self.channel, bytes) }
            return unsafe answer.map { unsafe Int($0.pointee.message_count) } ?? 0
        }
        try checkLastReply("purging \(queue)")
        return count
    }

    /// Deletes the queue with what is in it; one that does not exist is fine.
    func deleteQueue(_ name: String) throws(AMQPError) {
        arena.lend { arena in
            let bytes = unsafe arena.bytes(name)
            inside { _ = unsafe amqp_queue_delete(raw, Self.channel, bytes, 0, 0) }
        }
        try checkLastReply("deleting queue \(name)")
    }

    /// Gets one message and acknowledges it; nil if the queue is empty.
    func takeOne(_ queue: String) throws(AMQPError) -> Delivery? {
        let reply = unsafe arena.lend { arena in
            let bytes = unsafe arena.bytes(queue)
            return unsafe inside { unsafe amqp_basic_get(raw, Self.channel, bytes, 0) }
        }
        try unsafe check(reply, "getting a message from \(queue)")
        guard unsafe reply.reply.id == AMQP_BASIC_GET_OK_METHOD else { return nil }
        var demultiplexer = Demultiplexer(generation: 0)
        _ = try unsafe take(reply.reply, &demultiplexer)
        let deadline = ContinuousClock.now + limits.requestTimeout
        while ContinuousClock.now < deadline {
            switch try receive(&demultiplexer) {
            case .inbound(.delivery(let delivery)):
                try acknowledge(SettledPrefix.Acknowledgement(tag: delivery.tag.number, multiple: false))
                return delivery
            case .inbound(.closed(let closure)):
                confirm(closure)
                throw closure.error("getting a message from \(queue)")
            case .nothing: awaitReadable(until: deadline)
            case .fragment, .inbound: continue
            }
        }
        throw AMQPError(.peerSilent, "the rest of the message did not come", during: "getting a message from \(queue)")
    }
}

/// How full and how used a queue is.
public struct QueueCounts: Sendable, Equatable {
    /// Messages ready for delivery.
    public var messages: Int
    /// Consumers subscribed.
    public var consumers: Int

    fileprivate init(_ answer: UnsafeMutablePointer<amqp_queue_declare_ok_t>?) {
        messages = unsafe answer.map { unsafe Int($0.pointee.message_count) } ?? 0
        consumers = unsafe answer.map { unsafe Int($0.pointee.consumer_count) } ?? 0
    }
}
