/// Something complete that came from the broker.
enum Inbound {
    /// A message for our consumer, or the answer to `basic.get`.
    case delivery(Delivery)
    /// A mandatory message that no queue wanted.
    case returned(ReturnedMessage)
    /// The broker has the messages up to the tag (or just that one), or could not take them.
    case settled(tag: UInt64, multiple: Bool, isAccepted: Bool)
    /// Our `basic.consume` has been accepted.
    case consuming(consumerTag: String)
    /// Our `basic.cancel` has been done; no delivery of that consumer follows.
    case cancelConfirmed(consumerTag: String)
    /// The broker has cancelled the consumer by itself.
    case cancelled(consumerTag: String)
    /// The broker takes no publishes for now.
    case blocked(reason: String)
    /// The broker takes publishes again.
    case unblocked
    /// The broker has closed the channel or the connection.
    case closed(Closure)
    /// A method that nobody here asked for.
    case irrelevant
}

/// A message the broker gave back.
struct ReturnedMessage: Equatable {
    var replyCode: Int
    var replyText: String
    var exchange: String
    var routingKey: String
    var properties = Properties()
    var body: [UInt8] = []
}

/// Puts messages together from the frames of one channel: a method, a header, then bodies until the announced size.
///
/// Frames of channel 0 may come in between and are complete by themselves. Anything out of order is the peer's fault and
/// throws; the connection is then of no further use.
struct Demultiplexer {
    /// What the method frame of a message says.
    enum Opening {
        case delivery(tag: UInt64, isRedelivered: Bool, exchange: String, routingKey: String)
        case returned(ReturnedMessage)
    }

    /// What the header frame of a message says.
    struct Header {
        var bodyBytes: UInt64
        var properties = Properties()
        /// Whether parts of the header table were left out.
        var isTruncated = false
        /// What the properties took on the wire.
        var propertyBytes = 0
    }

    private enum State {
        /// Between messages: a method comes next, which may open one.
        case idle
        /// A message was opened: its header comes next.
        case opened(Opening)
        /// Header seen: bodies come next, until nothing is missing.
        case filling(Opening, Header, missing: UInt64)
    }

    /// RabbitMQ takes no message above 512 MiB, whatever its configuration: a larger announcement is no RabbitMQ.
    private static let bodyBytesMax: UInt64 = 512 << 20
    /// How much of an announced body is reserved before any of it has come.
    private static let reserveBytesMax: UInt64 = 1 << 20

    private let generation: UInt32
    private var state = State.idle
    private var body: [UInt8] = []

    /// Starts between messages; deliveries get tags of this generation.
    init(generation: UInt32) {
        self.generation = generation
    }

    /// A method that opens a message.
    mutating func open(_ opening: Opening) throws(AMQPError) {
        guard case .idle = state else { throw Self.violation("a message began within another") }
        state = .opened(opening)
    }

    /// A method of our channel that is complete by itself.
    func pass(_ inbound: Inbound) throws(AMQPError) -> Inbound {
        guard case .idle = state else { throw Self.violation("a method came within a message") }
        return inbound
    }

    /// A content header; returns the message if it has no body.
    mutating func header(_ header: Header) throws(AMQPError) -> Inbound? {
        guard case .opened(let opening) = state else { throw Self.violation("a header without a message") }
        guard header.bodyBytes <= Self.bodyBytesMax else {
            throw Self.violation("a body of \(header.bodyBytes) bytes was announced")
        }
        body = []
        guard header.bodyBytes > 0 else {
            state = .idle
            return complete(opening, header)
        }
        body.reserveCapacity(Int(min(header.bodyBytes, Self.reserveBytesMax)))
        state = .filling(opening, header, missing: header.bodyBytes)
        return nil
    }

    /// A piece of body; returns the message if it was the last one.
    mutating func body(_ piece: some Collection<UInt8>) throws(AMQPError) -> Inbound? {
        guard case .filling(let opening, let header, let missing) = state else {
            throw Self.violation("a body without a header")
        }
        guard piece.count <= missing else { throw Self.violation("more body than announced") }
        body.append(contentsOf: piece)
        let stillMissing = missing - UInt64(piece.count)
        guard stillMissing == 0 else {
            state = .filling(opening, header, missing: stillMissing)
            return nil
        }
        state = .idle
        return complete(opening, header)
    }

    private mutating func complete(_ opening: Opening, _ header: Header) -> Inbound {
        var bytes: [UInt8] = []
        swap(&bytes, &body)
        switch opening {
        case .delivery(let tag, let isRedelivered, let exchange, let routingKey):
            var delivery = Delivery(
                tag: DeliveryTag(generation: generation, number: tag), exchange: exchange, routingKey: routingKey,
                isRedelivered: isRedelivered, properties: header.properties, headersTruncated: header.isTruncated,
                body: bytes)
            delivery.propertyBytes = header.propertyBytes
            return .delivery(delivery)
        case .returned(var message):
            message.properties = header.properties
            message.body = bytes
            return .returned(message)
        }
    }

    private static func violation(_ what: String) -> AMQPError {
        AMQPError(.protocolViolation, what)
    }
}
