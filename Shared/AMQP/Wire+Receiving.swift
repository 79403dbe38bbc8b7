import CRabbitMQ

extension Wire {
    /// What one look at the connection found.
    enum Reception {
        /// Nothing more has arrived.
        case nothing
        /// A frame that completes nothing yet.
        case fragment
        /// Something whole.
        case inbound(Inbound)
    }

    /// Takes the next frame without waiting, gives it to the demultiplexer, and releases the library's memory.
    ///
    /// Everything is copied out of the frame first: it points into pools that the release reuses. Without the release
    /// 200,000 messages grow the process by 84 MB.
    func receive(_ demultiplexer: inout Demultiplexer) throws(AMQPError) -> Reception {
        var frame = unsafe amqp_frame_t()
        var noWait = timeval()
        let status = inside { unsafe amqp_simple_wait_frame_noblock(raw, &frame, &noWait) }
        if status == AMQP_STATUS_TIMEOUT.rawValue { return .nothing }
        try check(status, "receiving")
        let inbound = try unsafe take(frame, &demultiplexer)
        if unsafe amqp_frames_enqueued(raw) == 0 { unsafe amqp_maybe_release_buffers(raw) }
        return inbound.map { .inbound($0) } ?? .fragment
    }

    private func take(_ frame: amqp_frame_t, _ demultiplexer: inout Demultiplexer) throws(AMQPError) -> Inbound? {
        switch unsafe Int32(frame.frame_type) {
        case AMQP_FRAME_METHOD:
            return try unsafe take(frame.payload.method, &demultiplexer)
        case AMQP_FRAME_HEADER:
            guard let decoded = unsafe frame.payload.properties.decoded,
                unsafe frame.payload.properties.class_id == AMQP_BASIC_CLASS
            else { throw AMQPError(.protocolViolation, "a header of an unknown class") }
            var decoder = HeaderDecoder(limits)
            let properties = unsafe decoder.properties(
                decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee)
            return try demultiplexer.header(
                Demultiplexer.Header(
                    bodyBytes: unsafe frame.payload.properties.body_size, properties: properties,
                    isTruncated: decoder.wasTruncated, propertyBytes: unsafe frame.payload.properties.raw.len))
        case AMQP_FRAME_BODY:
            return try unsafe demultiplexer.body(UnsafeRawBufferPointer(frame.payload.body_fragment))
        default:
            return nil
        }
    }

    /// Takes a method frame; a message that it opens completes with the frames after it.
    func take(_ method: amqp_method_t, _ demultiplexer: inout Demultiplexer) throws(AMQPError) -> Inbound? {
        switch unsafe method.id {
        case AMQP_BASIC_DELIVER_METHOD:
            let deliver = unsafe method.reading(amqp_basic_deliver_t.self)
            try demultiplexer.open(
                unsafe .delivery(
                    tag: deliver.delivery_tag, isRedelivered: deliver.redelivered != 0,
                    exchange: String(deliver.exchange), routingKey: String(deliver.routing_key)))
            return nil
        case AMQP_BASIC_GET_OK_METHOD:
            let got = unsafe method.reading(amqp_basic_get_ok_t.self)
            try demultiplexer.open(
                unsafe .delivery(
                    tag: got.delivery_tag, isRedelivered: got.redelivered != 0,
                    exchange: String(got.exchange), routingKey: String(got.routing_key)))
            return nil
        case AMQP_BASIC_RETURN_METHOD:
            let returned = unsafe method.reading(amqp_basic_return_t.self)
            try demultiplexer.open(
                unsafe .returned(
                    ReturnedMessage(
                        replyCode: Int(returned.reply_code), replyText: String(returned.reply_text),
                        exchange: String(returned.exchange), routingKey: String(returned.routing_key))))
            return nil
        case AMQP_CONNECTION_CLOSE_METHOD, AMQP_CHANNEL_CLOSE_METHOD:
            return unsafe .closed(Closure(method))
        case AMQP_CONNECTION_BLOCKED_METHOD:
            return unsafe .blocked(reason: String(method.reading(amqp_connection_blocked_t.self).reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD:
            return .unblocked
        default:
            return try demultiplexer.pass(unsafe plain(method))
        }
    }

    /// The methods of our channel that are complete by themselves.
    private func plain(_ method: amqp_method_t) -> Inbound {
        switch unsafe method.id {
        case AMQP_BASIC_ACK_METHOD:
            let ack = unsafe method.reading(amqp_basic_ack_t.self)
            return unsafe .settled(tag: ack.delivery_tag, multiple: ack.multiple != 0, isAccepted: true)
        case AMQP_BASIC_NACK_METHOD:
            let nack = unsafe method.reading(amqp_basic_nack_t.self)
            return unsafe .settled(tag: nack.delivery_tag, multiple: nack.multiple != 0, isAccepted: false)
        case AMQP_BASIC_CONSUME_OK_METHOD:
            return unsafe .consuming(consumerTag: String(method.reading(amqp_basic_consume_ok_t.self).consumer_tag))
        case AMQP_BASIC_CANCEL_OK_METHOD:
            return unsafe .cancelConfirmed(
                consumerTag: String(method.reading(amqp_basic_cancel_ok_t.self).consumer_tag))
        case AMQP_BASIC_CANCEL_METHOD:
            return unsafe .cancelled(consumerTag: String(method.reading(amqp_basic_cancel_t.self).consumer_tag))
        default:
            return .irrelevant
        }
    }
}

extension amqp_method_t {
    /// The decoded method, which the library allocates for every method frame.
    fileprivate func reading<Method>(_: Method.Type) -> Method {
        guard let decoded = unsafe decoded else { preconditionFailure("a method frame without its method") }
        return unsafe decoded.assumingMemoryBound(to: Method.self).pointee
    }
}

extension Closure {
    init(_ method: amqp_method_t) {
        if unsafe method.id == AMQP_CHANNEL_CLOSE_METHOD {
            let close = unsafe method.reading(amqp_channel_close_t.self)
            unsafe self.init(
                code: .channelClosed, replyCode: Int(close.reply_code), text: String(close.reply_text))
        } else {
            let close = unsafe method.reading(amqp_connection_close_t.self)
            unsafe self.init(
                code: .connectionClosed, replyCode: Int(close.reply_code), text: String(close.reply_text))
        }
    }
}
