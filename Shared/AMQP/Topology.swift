/// How an exchange chooses queues.
public enum ExchangeKind: String, Sendable {
    /// By equal routing key.
    case direct
    /// By patterns over dotted routing keys.
    case topic
    /// To all.
    case fanout
    /// By header values.
    case headers
}

/// An exchange to declare.
public struct ExchangeDeclaration: Sendable {
    /// Its name.
    public var name: String
    /// How it chooses queues.
    public var kind: ExchangeKind
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Further arguments, such as `alternate-exchange`.
    public var arguments: [String: HeaderValue]

    /// A durable topic exchange unless said otherwise.
    public init(
        _ name: String, kind: ExchangeKind = .topic, isDurable: Bool = true, arguments: [String: HeaderValue] = [:]
    ) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.arguments = arguments
    }
}

/// A queue to declare.
public struct QueueDeclaration: Sendable {
    /// Its name.
    public var name: String
    /// Whether it survives a restart of the broker.
    public var isDurable: Bool
    /// Whether it belongs to the declaring connection and goes with it.
    public var isExclusive: Bool
    /// Whether it goes with its last consumer.
    public var isAutoDelete: Bool
    /// What cannot change later, such as `x-queue-type`; everything else is better set by a policy.
    public var arguments: [String: HeaderValue]

    /// A queue as given, durable unless said otherwise.
    public init(
        _ name: String, isDurable: Bool = true, isExclusive: Bool = false, isAutoDelete: Bool = false,
        arguments: [String: HeaderValue] = [:]
    ) {
        self.name = name
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
    }

    /// A durable quorum queue.
    public static func quorum(_ name: String, arguments: [String: HeaderValue] = [:]) -> QueueDeclaration {
        QueueDeclaration(name, arguments: arguments.merging(["x-queue-type": .string("quorum")]) { given, _ in given })
    }
}

/// A way for messages from an exchange into a queue.
public struct Binding: Sendable {
    /// The queue.
    public var queue: String
    /// The exchange.
    public var exchange: String
    /// The routing key or pattern.
    public var routingKey: String
    /// Arguments, for exchanges of the kind `headers`.
    public var arguments: [String: HeaderValue]

    /// A binding as given.
    public init(queue: String, exchange: String, routingKey: String, arguments: [String: HeaderValue] = [:]) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }
}
