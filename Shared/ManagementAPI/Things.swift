public import JSON

/// A user of the broker.
public struct BrokerUser: Sendable, Equatable {
    /// The name.
    public let name: String
    /// What the management interface lets it do: `administrator`, `monitoring`, …; an ordinary user has none.
    public let tags: [String]
}

/// What a user may do in a virtual host, as regular expressions over names of exchanges and queues.
public struct Permissions: Sendable, Equatable, Codable {
    /// What it may declare and delete.
    public var configure: String
    /// What it may publish to and bind into.
    public var write: String
    /// What it may consume from and bind from.
    public var read: String

    /// Permissions as given; an empty expression allows nothing.
    public init(configure: String, write: String, read: String) {
        self.configure = configure
        self.write = write
        self.read = read
    }

    /// Everything.
    public static let everything = Permissions(configure: ".*", write: ".*", read: ".*")
}

/// What a user may do in a virtual host.
public struct UserPermissions: Sendable, Equatable {
    /// The user.
    public let user: String
    /// The virtual host.
    public let virtualHost: String
    /// What it may do.
    public let permissions: Permissions
}

/// Which routing keys a user may use with a topic exchange, as regular expressions.
public struct TopicPermissions: Sendable, Equatable, Codable {
    /// The exchange.
    public var exchange: String
    /// Routing keys it may publish with.
    public var write: String
    /// Routing keys it may bind with.
    public var read: String

    /// Permissions as given; an empty expression allows nothing.
    public init(exchange: String, write: String, read: String) {
        self.exchange = exchange
        self.write = write
        self.read = read
    }
}

/// What a user may do with a topic exchange.
public struct UserTopicPermissions: Sendable, Equatable {
    /// The user.
    public let user: String
    /// The virtual host.
    public let virtualHost: String
    /// What it may do.
    public let permissions: TopicPermissions
}

/// A policy: settings for all queues or exchanges of a name pattern.
public struct Policy: Sendable, Equatable {
    /// What a policy applies to.
    public enum Scope: String, Sendable, Codable {
        /// Queues.
        case queues
        /// Exchanges.
        case exchanges
        /// Both.
        case all
    }

    /// Its name.
    public var name: String
    /// Regular expression over the names it applies to.
    public var pattern: String
    /// Whether it is for queues, exchanges or both; the further kinds of newer brokers read as `all`.
    public var scope: Scope
    /// Of several that match, the highest wins.
    public var priority: Int
    /// The settings.
    public var definition: [String: JSONValue]

    /// A policy as given.
    public init(
        name: String, pattern: String, scope: Scope = .queues, priority: Int = 0, definition: [String: JSONValue]
    ) {
        self.name = name
        self.pattern = pattern
        self.scope = scope
        self.priority = priority
        self.definition = definition
    }
}

/// A queue as the broker counts it, with a delay of some seconds.
public struct QueueStatus: Sendable, Equatable, Decodable {
    /// The name.
    public let name: String
    /// `quorum`, `classic` or `stream`.
    public let type: String?
    /// `running`, or what is wrong.
    public let state: String?
    /// Messages in all.
    public let messages: Int?
    /// Messages ready for delivery.
    public let ready: Int?
    /// Messages delivered and not settled.
    public let unacknowledged: Int?
    /// Consumers subscribed.
    public let consumers: Int?
    /// The timestamp property of the oldest message, in seconds since 1970; only some kinds of queue tell.
    public let headMessageTimestamp: Int?
    /// What it was declared with.
    public let arguments: [String: JSONValue]?
    /// The policy that applies.
    public let policy: String?
    /// Whether it survives a restart.
    public let isDurable: Bool

    private enum CodingKeys: String, CodingKey {
        case name, type, state, messages, consumers, arguments, policy
        case ready = "messages_ready"
        case unacknowledged = "messages_unacknowledged"
        case headMessageTimestamp = "head_message_timestamp"
        case isDurable = "durable"
    }
}

/// An exchange.
public struct ExchangeStatus: Sendable, Equatable, Decodable {
    /// The name; empty for the default exchange.
    public let name: String
    /// Its kind, such as `topic`.
    public let type: String
    /// Whether it survives a restart.
    public let isDurable: Bool
    /// What it was declared with.
    public let arguments: [String: JSONValue]?
    /// The policy that applies.
    public let policy: String?

    private enum CodingKeys: String, CodingKey {
        case name, type, arguments, policy
        case isDurable = "durable"
    }
}

/// A binding.
public struct BindingStatus: Sendable, Equatable, Decodable {
    /// The exchange; empty for the default exchange.
    public let source: String
    /// The queue or exchange.
    public let destination: String
    /// `queue` or `exchange`.
    public let destinationType: String
    /// The routing key or pattern.
    public let routingKey: String
    /// What it was bound with.
    public let arguments: [String: JSONValue]?

    private enum CodingKeys: String, CodingKey {
        case source, destination, arguments
        case destinationType = "destination_type"
        case routingKey = "routing_key"
    }
}

/// A client's connection.
public struct ConnectionStatus: Sendable, Equatable {
    /// The broker's name for it, by which it can be closed.
    public let name: String
    /// The client's name for it.
    public let clientName: String?
    /// The user.
    public let user: String?
    /// The virtual host.
    public let virtualHost: String?
    /// Whether it is `running`, `blocked` or on its way there.
    public let state: String?
}

/// A node of the broker.
public struct NodeStatus: Sendable, Equatable, Decodable {
    /// Its name.
    public let name: String
    /// Whether it runs; of one that does not nothing else is known.
    public let isRunning: Bool
    /// Whether too little of its disk is free: nobody may publish.
    public let hasDiskAlarm: Bool?
    /// Whether it uses too much memory: nobody may publish.
    public let hasMemoryAlarm: Bool?
    /// Free bytes on its disk.
    public let diskFreeBytes: Int64?
    /// Below so many the alarm is raised.
    public let diskFreeBytesMin: Int64?
    /// Memory in use.
    public let memoryBytes: Int64?

    private enum CodingKeys: String, CodingKey {
        case name
        case isRunning = "running"
        case hasDiskAlarm = "disk_free_alarm"
        case hasMemoryAlarm = "mem_alarm"
        case diskFreeBytes = "disk_free"
        case diskFreeBytesMin = "disk_free_limit"
        case memoryBytes = "mem_used"
    }
}

/// The broker.
public struct BrokerOverview: Sendable, Equatable, Decodable {
    /// RabbitMQ's version.
    public let version: String
    /// The cluster's name.
    public let clusterName: String?

    private enum CodingKeys: String, CodingKey {
        case version = "rabbitmq_version"
        case clusterName = "cluster_name"
    }
}
