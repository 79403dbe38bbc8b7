import Contracts
import FoundationEssentials
import Postgres

/// A handler without its type: how the queues see it.
protocol Route: Sendable {
    var type: MessageType { get }
    var batchMax: Int { get }
    /// Whether it matters what the sender was granted.
    var asksForGrants: Bool { get }
    /// For how long an answer is kept for those who ask again, and what they hear after that.
    var keptReply: (seconds: Int, expired: Problem) { get }

    /// Reads a body; throws ``ContractBroken``, or a ``Problem`` that names fields.
    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message

    /// Reads a body without checking its fields; throws ``ContractBroken``.
    func unchecked(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message

    /// Whether the speaker may send a message that was read by this route.
    func allows(_ message: any Message, from speaker: Speaker) -> Bool

    /// Handles messages that were read by this route.
    func handle(_ incoming: [Incoming], in transaction: inout MessageTransaction) async throws
}

/// A message that arrived and was read, with all that the runtime knows about it.
struct Incoming: Sendable {
    var envelope: Envelope
    var body: [UInt8]
    var key: InboxKey
    var content: [UInt8]
    var message: any Message
}

/// The route to a handler.
struct HandlerRoute<H: Handler>: Route {
    let handler: H

    var type: MessageType { H.Message.type }
    var batchMax: Int { H.batchMax }
    var asksForGrants: Bool { H.access.asksForGrants }

    var keptReply: (seconds: Int, expired: Problem) {
        guard let command = H.Message.self as? any Command.Type else {
            return (0, Problem("not-a-request", "This message has no answer."))
        }
        return (command.replyKeptSeconds, command.expiredReply)
    }

    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message {
        try coder.message(H.Message.self, from: body, mode: mode)
    }

    func unchecked(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message {
        try coder.unchecked(H.Message.self, from: body, mode: mode)
    }

    func allows(_ message: any Message, from speaker: Speaker) -> Bool {
        H.access.allows(typed(message), from: speaker)
    }

    func handle(_ incoming: [Incoming], in transaction: inout MessageTransaction) async throws {
        let messages = incoming.enumerated().map { position, incoming in
            Received(typed(incoming.message), incoming.envelope, position: position)
        }
        try await handler.handle(Batch(messages, now: transaction.now), in: &transaction)
    }

    private func typed(_ message: any Message) -> H.Message {
        guard let message = message as? H.Message else {
            preconditionFailure("\(type) was read by the route of another type")
        }
        return message
    }
}

/// A query handler without its type.
protocol QueryRoute: Sendable {
    var type: MessageType { get }
    /// Whether it matters what the asker was granted.
    var asksForGrants: Bool { get }

    /// Reads a body; throws ``ContractBroken``, or a ``Problem`` that names fields.
    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message

    /// Whether the speaker may ask what was read by this route.
    func allows(_ query: any Message, from speaker: Speaker) -> Bool

    /// Answers one query that was read by this route: with its reply, or by throwing a problem.
    func answer(
        _ query: any Message, from user: String?, reading database: Pool, with coder: BodyCoder
    ) async throws -> Answer
}

/// The route to a query handler.
struct QueryHandlerRoute<H: QueryHandler>: QueryRoute {
    let handler: H

    var type: MessageType { H.Query.type }
    var asksForGrants: Bool { H.access.asksForGrants }

    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message {
        try coder.message(H.Query.self, from: body, mode: mode)
    }

    func allows(_ query: any Message, from speaker: Speaker) -> Bool {
        H.access.allows(typed(query), from: speaker)
    }

    func answer(
        _ query: any Message, from user: String?, reading database: Pool, with coder: BodyCoder
    ) async throws -> Answer {
        let reply = try await handler.answer(typed(query), from: Asker(user: user), reading: database)
        let (body, hasSecret) = try coder.body(of: reply)
        return Answer(kind: .success, type: H.Query.type.reply, body: body, hasSecret: hasSecret)
    }

    private func typed(_ query: any Message) -> H.Query {
        guard let query = query as? H.Query else {
            preconditionFailure("\(type) was read by the route of another type")
        }
        return query
    }
}
