/// A service of the suite; its raw value is the prefix of its message types and the name of its broker user.
public enum ServiceName: String, Codable, CaseIterable, Sendable {
    /// The registry: cities and merchants.
    case cities
    /// The calendar: events and registrations.
    case events
    /// The instrument: vouchers and their ledger.
    case vouchers
    /// The newsroom: what is told to whom, in which language.
    case notifications
}

/// What a message asks for or says; decides its exchange and its queue.
public enum MessageKind: String, Sendable {
    /// Changes something, exactly once.
    case command
    /// Reads something; leaves no trace.
    case query
    /// Says that something happened.
    case event
    /// Says that a command was refused: an event, too, for whoever watches.
    case refusal
}

/// The queue of a service that a message waits in.
public enum QueueName: String, CaseIterable, Sendable {
    /// Commands in the foreground.
    case commands
    /// Queries.
    case queries
    /// Commands that may take long: a till never waits behind them.
    case bulk
    /// Events of other services.
    case events
    /// Operators' acts that have to get through while intake is paused.
    case control
    /// What the broker gave up on.
    case dead
}

extension QueueName {
    /// Whether what waits here stays where it is while the intake of its service is paused.
    public var waitsForIntake: Bool { self == .commands || self == .bulk }
}

/// The type of a message: `<service>.<name>.v<version>`, which is its routing key as well.
public struct MessageType: Hashable, Sendable, CustomStringConvertible {
    /// The service that answers to the command, or that says the event.
    public let owner: ServiceName
    /// The words between: imperative for commands, `get-…` or `find-…` for queries, past tense for events.
    public let name: String
    /// A type never changes its meaning: what needs another meaning is another version.
    public let version: Int
    /// Command, query, event or refusal.
    public let kind: MessageKind
    /// The whole type as it stands on the wire.
    public let description: String

    /// Makes the type `<owner>.<name>.v<version>`.
    public init(_ owner: ServiceName, _ kind: MessageKind, _ name: String, version: Int = 1) {
        self.owner = owner
        self.name = name
        self.version = version
        self.kind = kind
        description = "\(owner.rawValue).\(name).v\(version)"
    }

    /// The type of a successful answer to this request: `<service>.<name>.reply.v<version>`.
    public var reply: String {
        "\(owner.rawValue).\(name).reply.v\(version)"
    }
}

/// A message that crosses a service border.
///
/// The names of a message's properties are its names on the wire, to the letter: a property that is renamed is another
/// contract. New optional properties may be added; anything else is a new version beside the old.
public protocol Message: Codable, Sendable {
    /// The type, by which the message is routed and found.
    static var type: MessageType { get }

    /// Messages with one key, handled by one instance, keep their order; `nil` has no order to keep.
    ///
    /// The key never leaves the process, so it may be made of a secret.
    var orderingKey: String? { get }

    /// Throws a ``Problem`` that names each field which breaks the contract in a way that its Swift type cannot say.
    func validate() throws(Problem)
}

extension Message {
    /// No order to keep.
    public var orderingKey: String? { nil }

    /// Nothing to check beyond the types.
    public func validate() throws(Problem) {}
}

/// A message that may be answered.
public protocol Request: Message {
    /// What a successful answer holds.
    associatedtype Reply: Codable & Sendable
}

/// A request that reads.
public protocol Query: Request {}

/// A request that changes something, exactly once.
public protocol Command: Request {
    /// The queue it waits in: ``QueueName/commands``, ``QueueName/bulk`` or ``QueueName/control``.
    static var queue: QueueName { get }

    /// For how long a repeated command gets the first answer again, in seconds; after that ``expiredReply``.
    static var replyKeptSeconds: Int { get }

    /// The answer to a repeated command once the first answer is no longer kept.
    static var expiredReply: Problem { get }
}

extension Command {
    /// The foreground queue.
    public static var queue: QueueName { .commands }

    /// As long as the inbox remembers the command: seven days.
    public static var replyKeptSeconds: Int { 7 * 24 * 3600 }

    /// A general answer: it was done, and what was said is gone.
    public static var expiredReply: Problem {
        Problem("already-answered", "This command was carried out; its answer is no longer kept.")
    }
}

/// A message that says what happened; refusals are events as well.
public protocol Event: Message {
    /// The version of the thing that the event is about (CloudEvents `sequence`); `nil` for a fact that has no state.
    var sequence: Int64? { get }
}

extension Event {
    /// A fact: handled once, in any order.
    public var sequence: Int64? { nil }
}
