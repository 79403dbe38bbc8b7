/// What a message must keep to be encoded and taken by a broker.
///
/// Checked before anything is written: the library writes the method frame first and refuses an overlong header after it,
/// which leaves the connection in pieces; the broker answers a malformed expiration by closing the channel, with everything
/// unconfirmed on it.
enum MessageRules {
    /// AMQP's short strings carry their length in one byte.
    private static let shortStringBytesMax = 255
    /// Deeper tables are legal but nobody means them, and the library recurses.
    private static let headerDepthMax = 32

    /// Why the message cannot be sent as it is; nil if it can.
    static func objection(to message: OutgoingMessage, _ limits: AMQPLimits) -> AMQPError? {
        guard message.body.count <= limits.messageBytesMax else {
            return unacceptable("a body of \(message.body.count) bytes is over the \(limits.messageBytesMax) allowed")
        }
        let properties = message.properties
        let texts: [(String, String?)] = [
            ("exchange", message.exchange), ("routing key", message.routingKey),
            ("content type", properties.contentType), ("content encoding", properties.contentEncoding),
            ("correlation id", properties.correlationID), ("reply-to", properties.replyTo),
            ("expiration", properties.expiration), ("message id", properties.messageID), ("type", properties.type),
            ("user id", properties.userID), ("app id", properties.appID),
        ]
        for case (let name, let text?) in texts where text.utf8.count > shortStringBytesMax {
            return unacceptable("the \(name) is longer than \(shortStringBytesMax) bytes")
        }
        if let expiration = properties.expiration, UInt32(expiration) == nil || expiration.utf8.first == 0x2B {
            return unacceptable("the expiration is no number of milliseconds")
        }
        guard let bytes = encodedBytes(.table(properties.headers), depth: 0), bytes <= limits.headerBytesMax else {
            return unacceptable("the headers are too large, too deep or have too long a name")
        }
        return nil
    }

    /// What the value takes on the wire; nil if it is too deep or has an overlong key.
    private static func encodedBytes(_ value: HeaderValue, depth: Int) -> Int? {
        guard depth <= headerDepthMax else { return nil }
        switch value {
        case .string(let text): return 5 + text.utf8.count
        case .bytes(let bytes): return 5 + bytes.count
        case .int, .double, .timestamp: return 9
        case .bool: return 2
        case .null: return 1
        case .array(let elements):
            var sum = 5
            for element in elements {
                guard let bytes = encodedBytes(element, depth: depth + 1) else { return nil }
                sum += bytes
            }
            return sum
        case .table(let table):
            var sum = 5
            for (key, value) in table {
                guard key.utf8.count <= shortStringBytesMax, let bytes = encodedBytes(value, depth: depth + 1) else {
                    return nil
                }
                sum += 1 + key.utf8.count + bytes
            }
            return sum
        }
    }

    private static func unacceptable(_ reason: String) -> AMQPError {
        AMQPError(.messageUnacceptable, reason, during: "checking before publish")
    }
}
