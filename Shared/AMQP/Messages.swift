/// A message to publish.
public struct OutgoingMessage: Sendable, Equatable {
    /// The exchange; empty for the default exchange, whose routing keys are queue names.
    public var exchange: String
    /// The routing key.
    public var routingKey: String
    /// Whether the broker is to return the message if no queue takes it.
    public var mandatory: Bool
    /// The AMQP properties.
    public var properties: Properties
    /// The body.
    public var body: [UInt8]

    /// A message as given.
    public init(
        exchange: String, routingKey: String, mandatory: Bool = false, properties: Properties = Properties(),
        body: [UInt8]
    ) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.mandatory = mandatory
        self.properties = properties
        self.body = body
    }
}

/// What became of a published message.
public enum Confirmation: Sendable, Equatable {
    /// The broker has it, on disk where the queue is durable.
    case confirmed
    /// No queue wanted it, and it was mandatory.
    case returned(replyCode: Int, replyText: String)
    /// The broker could not take it (`basic.nack`): a full queue that rejects, a broken queue.
    case refused
    /// The connection went, or the caller, before the confirm came: it may or may not be there.
    case lost(AMQPError)
    /// It is not there and never will be as it stands: too large, malformed, another's user id, an exchange that does not
    /// exist or may not be written to.
    case unacceptable(AMQPError)
}

/// Names one delivery to the channel it came on; worthless, and ignored, on a later channel.
public struct DeliveryTag: Sendable, Hashable {
    /// Which of the consumer's channels, counted over its reconnects.
    public let generation: UInt32
    /// The broker's delivery tag on that channel.
    public let number: UInt64

    /// A tag as given; made by the consumer, and by stand-ins for it.
    public init(generation: UInt32, number: UInt64) {
        self.generation = generation
        self.number = number
    }
}

/// A message received.
public struct Delivery: Sendable {
    /// What to settle it by.
    public var tag: DeliveryTag
    /// The exchange it was published to.
    public var exchange: String
    /// The routing key it was published with.
    public var routingKey: String
    /// Whether it was delivered before, to us or to another.
    public var isRedelivered: Bool
    /// The AMQP properties.
    public var properties: Properties
    /// Whether parts of the header table were beyond the limits and have been left out.
    public var headersTruncated: Bool
    /// The body.
    public var body: [UInt8]
    /// What its properties took on the wire.
    var propertyBytes = 0

    /// About how much memory it holds.
    var footprint: Int { body.count + 2 * propertyBytes + 256 }

    /// A delivery as given; made by the consumer, and by stand-ins for it.
    public init(
        tag: DeliveryTag, exchange: String, routingKey: String, isRedelivered: Bool = false,
        properties: Properties = Properties(), headersTruncated: Bool = false, body: [UInt8]
    ) {
        self.tag = tag
        self.exchange = exchange
        self.routingKey = routingKey
        self.isRedelivered = isRedelivered
        self.properties = properties
        self.headersTruncated = headersTruncated
        self.body = body
    }
}
