import Contracts
import FoundationEssentials
import Postgres

/// A handler without its type: how the queues see it.
protocol Route: Sendable {
    var type: MessageType { get }
    var batchMax: Int { get }
    /// For how long an answer is kept for those who ask again, and what they hear after that.
    var keptReply: (seconds: Int, expired: Problem) { get }

    /// Reads a body; throws ``ContractBroken``, or a ``Problem`` that names fields.
    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message

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

    var keptReply: (seconds: Int, expired: Problem) {
        guard let command = H.Message.self as? any Command.Type else {
            return (0, Problem("not-a-request", "This message has no answer."))
        }
        return (command.replyKeptSeconds, command.expiredReply)
    }

    func read(_ body: [UInt8], mode: Envelope.Mode, with coder: BodyCoder) throws -> any Message {
        try coder.message(H.Message.self, from: body, mode: mode)
    }

    func handle(_ incoming: [Incoming], in transaction: inout MessageTransaction) async throws {
        let messages = incoming.enumerated().map { position, incoming in
            guard let message = incoming.message as? H.Message else {
                preconditionFailure("\(type) was read by the route of another type")
            }
            return Received(message, incoming.envelope, position: position)
        }
        try await handler.handle(Batch(messages, now: transaction.now), in: &transaction)
    }
}

/// A query handler without its type.
protocol QueryRoute: Sendable {
    var type: MessageType { get }

    /// Answers one query: with its reply, or with a problem.
    func answer(_ body: [UInt8], _ envelope: Envelope, reading database: Pool, limits: MessagingLimits) async throws
        -> Answer
}

/// The route to a query handler.
struct QueryHandlerRoute<H: QueryHandler>: QueryRoute {
    let handler: H

    var type: MessageType { H.Query.type }

    func answer(
        _ body: [UInt8], _ envelope: Envelope, reading database: Pool, limits: MessagingLimits
    ) async throws -> Answer {
        let coder = BodyCoder(limits: limits)
        let query = try coder.message(H.Query.self, from: body, mode: envelope.mode)
        let reply = try await handler.answer(query, from: Asker(user: envelope.user), reading: database)
        let (body, hasSecret) = try coder.body(of: reply)
        return Answer(kind: .success, type: H.Query.type.reply, body: body, hasSecret: hasSecret)
    }
}
