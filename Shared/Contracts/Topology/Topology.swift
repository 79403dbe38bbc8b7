/// The exchanges, queues, bindings, policies and users that the suite needs of its broker, derived from ``Catalogue``.
///
/// Only what can never change is an argument of a queue (its type); everything else is a policy, because redeclaring a
/// queue with other arguments is refused with 406.
public struct Topology: Codable, Equatable, Sendable {
    /// A durable topic exchange.
    public struct Exchange: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
        /// Where messages go that match no binding; nowhere if absent.
        public var alternate: String?
    }

    /// A durable quorum queue.
    public struct Queue: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
    }

    /// From an exchange to a queue.
    public struct Binding: Codable, Equatable, Sendable {
        /// The exchange.
        public var exchange: String
        /// The queue.
        public var queue: String
        /// The routing key, or a pattern with `*` and `#`.
        public var key: String
    }

    /// What the broker applies to the queues whose names match.
    public struct Policy: Codable, Equatable, Sendable {
        /// Its name.
        public var name: String
        /// A regular expression over names of queues.
        public var pattern: String
        /// Numbers of the definition.
        public var numbers: [String: Int]
        /// Texts of the definition.
        public var texts: [String: String]
    }

    /// A broker user and the least that it may do, as regular expressions.
    public struct User: Codable, Equatable, Sendable {
        /// What a user may do with routing keys on a topic exchange.
        public struct Topic: Codable, Equatable, Sendable {
            /// The exchange.
            public var exchange: String
            /// Routing keys it may publish.
            public var write: String
            /// Routing keys it may bind.
            public var read: String
        }

        /// Its name; a service's user is named like the service.
        public var name: String
        /// What it may declare and delete.
        public var configure: String
        /// What it may publish to.
        public var write: String
        /// What it may consume from.
        public var read: String
        /// Routing keys by exchange.
        public var topics: [Topic]
    }

    /// The exchanges.
    public var exchanges: [Exchange]
    /// The queues.
    public var queues: [Queue]
    /// The bindings.
    public var bindings: [Binding]
    /// The policies.
    public var policies: [Policy]
    /// The users.
    public var users: [User]

    /// The topology of the whole suite.
    public static let suite = Topology(
        exchanges: [
            Exchange(name: Names.unroutable, alternate: nil),
            Exchange(name: Names.commands, alternate: Names.unroutable),
            Exchange(name: Names.requests, alternate: nil),
            Exchange(name: Names.events, alternate: nil),
            Exchange(name: Names.dead, alternate: nil),
        ],
        queues: ServiceName.allCases.flatMap { service in
            QueueName.allCases.map { Queue(name: Names.queue(service, $0)) }
        } + [Queue(name: Names.unroutable)],
        bindings: [Binding(exchange: Names.unroutable, queue: Names.unroutable, key: "#")]
            + ServiceName.allCases.flatMap(bindings),
        policies: ServiceName.allCases.map(workPolicy) + [lastResortPolicy],
        users: ServiceName.allCases.map(user) + [operatorUser])

    /// The names that appear on the broker.
    public enum Names {
        /// Commands without an answer, and with one: unknown ones are kept in ``unroutable``.
        public static let commands = "citycoop.commands"
        /// Requests whose asker waits: unknown ones come back at once.
        public static let requests = "citycoop.requests"
        /// Events; one that nobody reads is dropped.
        public static let events = "citycoop.events"
        /// What the broker gave up on.
        public static let dead = "citycoop.dead"
        /// Commands that nobody answers to: an exchange and the queue behind it.
        public static let unroutable = "citycoop.unroutable"
        /// The broker user of operators.
        public static let operatorUser = "operator"
        /// The prefix of queues for answers.
        public static let replyPrefix = "reply."

        /// `<service>.<queue>`.
        public static func queue(_ service: ServiceName, _ queue: QueueName) -> String {
            "\(service.rawValue).\(queue.rawValue)"
        }
    }

    /// Far above our own attempts: a crash loop counts against every unacknowledged message, and 4.x defaults to 20.
    static let deliveryLimit = 1_000

    private static func bindings(of service: ServiceName) -> [Binding] {
        let requests = Catalogue.requests(of: service).flatMap { entry in
            [Names.commands, Names.requests].map {
                Binding(exchange: $0, queue: Names.queue(service, entry.queue), key: entry.type.description)
            }
        }
        let events = Catalogue.subscriptions(of: service).map {
            Binding(exchange: Names.events, queue: Names.queue(service, .events), key: $0.description)
        }
        let dead = Names.queue(service, .dead)
        return requests + events + [Binding(exchange: Names.dead, queue: dead, key: dead)]
    }

    /// At-least-once dead-lettering needs `reject-publish`; the routing key names the owner of the queue, because that of
    /// an event would name the owner of the event.
    private static func workPolicy(_ service: ServiceName) -> Policy {
        Policy(
            name: "citycoop-\(service.rawValue)",
            pattern: "^\(service.rawValue)\\.(commands|queries|bulk|events|control)$",
            numbers: ["delivery-limit": deliveryLimit],
            texts: [
                "dead-letter-exchange": Names.dead, "dead-letter-routing-key": Names.queue(service, .dead),
                "dead-letter-strategy": "at-least-once", "overflow": "reject-publish",
            ])
    }

    /// Nothing behind these: no dead-letter exchange, and a limit that is none (3.10 refuses -1).
    private static let lastResortPolicy = Policy(
        name: "citycoop-last-resort", pattern: "^([a-z]+\\.dead|citycoop\\.unroutable)$",
        numbers: ["delivery-limit": 1_000_000_000], texts: [:])

    private static func user(_ service: ServiceName) -> User {
        let calls = Catalogue.calls(of: service).map { $0.description.replacing(".", with: "\\.") }
        let name = service.rawValue
        // An empty alternation would still match the empty routing key and read as a mistake.
        let callable = calls.isEmpty ? "^$" : "^(\(calls.joined(separator: "|")))$"
        return User(
            name: name,
            configure: "^reply\\..*$",
            write: "^(reply\\..*|amq\\.default|citycoop\\.(commands|events))$",
            read: "^(reply\\..*|\(name)\\.(commands|queries|bulk|events|control|dead))$",
            topics: [
                User.Topic(exchange: Names.events, write: "^\(name)\\..*$", read: "^$"),
                User.Topic(exchange: Names.commands, write: callable, read: "^$"),
                User.Topic(exchange: Names.requests, write: "^$", read: "^$"),
            ])
    }

    /// Sends anything, says nothing: an operator asks and commands, but only a service says what happened.
    private static let operatorUser = User(
        name: Names.operatorUser,
        configure: "^(reply|watch)\\..*$",
        write: "^((reply|watch)\\..*|amq\\.default|citycoop\\.(commands|requests))$",
        read: "^((reply|watch)\\..*|citycoop\\.(events|unroutable))$",
        topics: [
            User.Topic(exchange: Names.events, write: "^$", read: ".*"),
            User.Topic(exchange: Names.commands, write: ".*", read: "^$"),
            User.Topic(exchange: Names.requests, write: ".*", read: "^$"),
        ])
}
