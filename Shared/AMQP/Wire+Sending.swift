import CRabbitMQ

extension Wire {
    /// Writes one message to the socket; only the confirm says that the broker has it.
    ///
    /// - Parameter user: Stands as `user_id` where the message names none.
    func publish(_ message: OutgoingMessage, user: String) throws(AMQPError) {
        let status = arena.lend { arena in
            var properties = unsafe arena.properties(message.properties, user: user)
            let exchange = unsafe arena.bytes(message.exchange)
            let routingKey = unsafe arena.bytes(message.routingKey)
            return unsafe message.body.withUnsafeBytes { body in
                let body = unsafe amqp_bytes_t(
                    len: body.count, bytes: UnsafeMutableRawPointer(mutating: body.baseAddress))
                return inside {
                    unsafe amqp_basic_publish(
                        raw, Self.channel, exchange, routingKey, message.mandatory ? 1 : 0, 0, &properties, body)
                }
            }
        }
        try check(status, "publishing")
    }

    /// Acknowledges one delivery, or all up to it.
    func acknowledge(_ acknowledgement: SettledPrefix.Acknowledgement) throws(AMQPError) {
        try check(
            inside {
                unsafe amqp_basic_ack(raw, Self.channel, acknowledgement.tag, acknowledgement.multiple ? 1 : 0)
            }, "acknowledging")
    }

    /// Gives a delivery back to its queue, in the one way that counts as no attempt.
    func handBack(_ tag: UInt64) throws(AMQPError) {
        try check(inside { unsafe amqp_basic_nack(raw, Self.channel, tag, 0, 1) }, "handing back")
    }

    /// Sends a delivery to the dead-letter exchange.
    func reject(_ tag: UInt64) throws(AMQPError) {
        try check(inside { unsafe amqp_basic_reject(raw, Self.channel, tag, 0) }, "rejecting")
    }

    /// Asks for deliveries; the consent comes among the frames received.
    func requestConsume(queue: String, consumerTag: String, isAcknowledged: Bool) throws(AMQPError) {
        let status = arena.lend { arena in
            var method = unsafe amqp_basic_consume_t()
            unsafe method.queue = arena.bytes(queue)
            unsafe method.consumer_tag = arena.bytes(consumerTag)
            unsafe method.no_ack = isAcknowledged ? 0 : 1
            return inside { unsafe amqp_send_method(raw, Self.channel, AMQP_BASIC_CONSUME_METHOD, &method) }
        }
        try check(status, "subscribing to \(queue)")
    }

    /// Asks for no more deliveries; the consent comes among the frames received.
    func requestCancel(consumerTag: String) throws(AMQPError) {
        let status = arena.lend { arena in
            var method = unsafe amqp_basic_cancel_t()
            unsafe method.consumer_tag = arena.bytes(consumerTag)
            return inside { unsafe amqp_send_method(raw, Self.channel, AMQP_BASIC_CANCEL_METHOD, &method) }
        }
        try check(status, "cancelling a consumer")
    }
}

extension Arena {
    /// The properties as the library wants them.
    fileprivate func properties(_ properties: Properties, user: String) -> amqp_basic_properties_t {
        var raw = unsafe amqp_basic_properties_t()
        func text(_ text: String?, _ flag: Int32) -> amqp_bytes_t {
            guard let text else { return unsafe amqp_empty_bytes }
            unsafe raw._flags |= UInt32(flag)
            return unsafe bytes(text)
        }
        unsafe raw.content_type = text(properties.contentType, AMQP_BASIC_CONTENT_TYPE_FLAG)
        unsafe raw.content_encoding = text(properties.contentEncoding, AMQP_BASIC_CONTENT_ENCODING_FLAG)
        unsafe raw.correlation_id = text(properties.correlationID, AMQP_BASIC_CORRELATION_ID_FLAG)
        unsafe raw.reply_to = text(properties.replyTo, AMQP_BASIC_REPLY_TO_FLAG)
        unsafe raw.expiration = text(properties.expiration, AMQP_BASIC_EXPIRATION_FLAG)
        unsafe raw.message_id = text(properties.messageID, AMQP_BASIC_MESSAGE_ID_FLAG)
        unsafe raw.type = text(properties.type, AMQP_BASIC_TYPE_FLAG)
        unsafe raw.user_id = text(properties.userID ?? user, AMQP_BASIC_USER_ID_FLAG)
        unsafe raw.app_id = text(properties.appID, AMQP_BASIC_APP_ID_FLAG)
        if let deliveryMode = properties.deliveryMode {
            unsafe raw._flags |= UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG)
            unsafe raw.delivery_mode = deliveryMode
        }
        if let priority = properties.priority {
            unsafe raw._flags |= UInt32(AMQP_BASIC_PRIORITY_FLAG)
            unsafe raw.priority = priority
        }
        if let timestamp = properties.timestamp {
            unsafe raw._flags |= UInt32(AMQP_BASIC_TIMESTAMP_FLAG)
            unsafe raw.timestamp = timestamp
        }
        if !properties.headers.isEmpty {
            unsafe raw._flags |= UInt32(AMQP_BASIC_HEADERS_FLAG)
            unsafe raw.headers = table(properties.headers)
        }
        return unsafe raw
    }
}
