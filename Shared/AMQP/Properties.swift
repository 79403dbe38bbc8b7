/// The AMQP 0-9-1 basic properties of a message.
public struct Properties: Sendable, Equatable {
    /// MIME type of the body.
    public var contentType: String?
    /// MIME content encoding of the body.
    public var contentEncoding: String?
    /// Application headers.
    public var headers: [String: HeaderValue]
    /// 2 is persistent, anything else is not.
    public var deliveryMode: UInt8?
    /// Priority, 0 to 9.
    public var priority: UInt8?
    /// Ties a reply to its request.
    public var correlationID: String?
    /// The queue a reply is wanted in.
    public var replyTo: String?
    /// Time to live in milliseconds, as decimal digits.
    public var expiration: String?
    /// The message's id.
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// The message's type.
    public var type: String?
    /// Who published; when set, the broker compares it with the connection's user.
    public var userID: String?
    /// Which application published.
    public var appID: String?

    /// Properties as given; everything may be left out.
    public init(
        contentType: String? = nil, contentEncoding: String? = nil, headers: [String: HeaderValue] = [:],
        deliveryMode: UInt8? = nil, priority: UInt8? = nil, correlationID: String? = nil, replyTo: String? = nil,
        expiration: String? = nil, messageID: String? = nil, timestamp: UInt64? = nil, type: String? = nil,
        userID: String? = nil, appID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}

/// One value of a header table.
///
/// All integer widths arrive as `int` (an unsigned one beyond `Int64.max` as that), both float widths and decimals as
/// `double`. A string that is not UTF-8 arrives as `bytes`.
public indirect enum HeaderValue: Sendable, Equatable {
    /// Text.
    case string(String)
    /// An integer.
    case int(Int64)
    /// A floating-point number.
    case double(Double)
    /// A truth value.
    case bool(Bool)
    /// Bytes that are not text.
    case bytes([UInt8])
    /// Seconds since 1970.
    case timestamp(UInt64)
    /// A table in the table.
    case table([String: HeaderValue])
    /// A list of values.
    case array([HeaderValue])
    /// Nothing; also what stands where a received table was cut off.
    case null
}
