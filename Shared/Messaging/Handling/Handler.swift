public import Contracts
public import FoundationEssentials
public import Postgres

/// Handles one type of command or event, a batch at a time, in one transaction.
///
/// Refusing a message is part of handling it: answer it with a problem and say so with a refusal event. A thrown error means
/// that this batch did not happen: it is run again, or taken apart until the culprit is found.
public protocol Handler: Sendable {
    /// What is handled.
    associatedtype Message: Contracts.Message

    /// Who may send it.
    static var access: AccessRule<Message> { get }

    /// The most messages in one transaction.
    static var batchMax: Int { get }

    /// Decides about every message of the batch, in order. Between its statements it awaits nothing else.
    func handle(_ batch: Batch<Message>, in transaction: inout MessageTransaction) async throws
}

extension Handler {
    /// Where the gain of a larger batch ends and the wait of its first message begins.
    public static var batchMax: Int { 256 }
}

extension Handler where Message: Event {
    /// Nobody but the service that says it.
    public static var access: AccessRule<Message> { .owner }
}

/// Answers one type of query; writes nothing, leaves no trace.
public protocol QueryHandler: Sendable {
    /// What is answered.
    associatedtype Query: Contracts.Query

    /// Who may ask it.
    static var access: AccessRule<Query> { get }

    /// Answers, or throws a ``Problem``.
    func answer(_ query: Query, from asker: Asker, reading database: Pool) async throws -> Query.Reply
}

/// Who sent a message, as the broker checked it.
public struct Asker: Sendable, Equatable {
    /// The broker user; `nil` where the sender did not say.
    public let user: String?
}

/// A message with what is known about its sending.
///
/// Its fields are those of the message.
@dynamicMemberLookup
public struct Received<Message: Contracts.Message>: Sendable {
    /// The message itself.
    public let message: Message
    /// Id, sender, time, deadline, trace.
    public let envelope: Envelope

    /// Its place in its batch.
    let position: Int

    init(_ message: Message, _ envelope: Envelope, position: Int) {
        self.message = message
        self.envelope = envelope
        self.position = position
    }

    /// A field of the message.
    public subscript<Value>(dynamicMember field: KeyPath<Message, Value>) -> Value {
        message[keyPath: field]
    }
}

/// Messages of one type that are handled in one transaction, in the order in which they came.
public struct Batch<Message: Contracts.Message>: Sendable {
    /// The messages.
    public let messages: [Received<Message>]
    /// The transaction's time in the database.
    public let now: Date

    init(_ messages: [Received<Message>], now: Date) {
        self.messages = messages
        self.now = now
    }
}
