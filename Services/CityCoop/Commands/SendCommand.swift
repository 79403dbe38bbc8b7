import AMQP
import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Sends a command without waiting for what becomes of it.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send a command, and return when the broker has it safely.",
        discussion: """
            Prints the message's id: the same id sent again has no second effect. What becomes of the command is told by \
            events (citycoop watch); a type that nobody answers to is kept in citycoop.unroutable (citycoop dead list).

            Examples:
              citycoop send cities.register-merchant.v1 '{"merchantId": "…", "cityId": "…", "name": "Knjigarna"}'
              citycoop send vouchers.redeem.v1 - < redeem.json
            """)

    @OptionGroup var message: MessageArguments

    @Option(help: "The message's id; a new one if it is not given.")
    var id: String?

    @Option(help: ArgumentHelp("Ties what comes of the command to something of yours.", valueName: "text"))
    var correlation: String?

    @Option(help: "Seconds until the broker has to have confirmed.")
    var timeout = Seconds(10)

    func validate() throws {
        if let id { try MessageID.validate(id) }
    }

    func run() async throws {
        try await reporting {
            let body = try message.body()
            warn()
            let id = id ?? UUID.version7().text
            let outgoing = CommandMessage(type: message.type, id: id, correlation: correlation, body: body).outgoing
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                try await Progress.during("waiting for the broker's confirm") {
                    try await session.publish([outgoing], within: timeout.duration)
                }
            }
            Terminal.write(id)
        }
    }

    private func warn() {
        guard let entry = MessageArguments.entry(of: message.type) else {
            Terminal.tell("warning: no service answers to \(message.type); it will be kept in citycoop.unroutable")
            return
        }
        if entry.type.kind == .query {
            Terminal.tell("warning: \(message.type) is a query; `citycoop call` prints its answer")
        }
    }
}

/// What may be an id.
enum MessageID {
    /// The longest that a service takes.
    private static let bytesMax = 255

    /// Throws if the text cannot be an id.
    static func validate(_ id: String) throws {
        guard (1...bytesMax).contains(id.utf8.count), !id.utf8.contains(0) else {
            throw ValidationError("An id has 1 to \(bytesMax) bytes.")
        }
    }
}

/// A command as the operator sends it.
struct CommandMessage {
    var type: String
    var id: String
    var correlation: String?
    var body: [UInt8]

    /// The message in CloudEvents' binary mode, persistent.
    var outgoing: OutgoingMessage {
        let now = Date()
        return OutgoingMessage(
            exchange: Topology.Names.commands, routingKey: type,
            properties: Properties(
                contentType: "application/json",
                headers: [
                    "cloudEvents_id": .string(id), "cloudEvents_source": .string(OperatorSession.source),
                    "cloudEvents_type": .string(type), "cloudEvents_specversion": .string("1.0"),
                    "cloudEvents_time": .string(Timestamp(now).description),
                ],
                deliveryMode: 2, correlationID: correlation, messageID: id,
                timestamp: UInt64(max(0, now.timeIntervalSince1970)), type: type, appID: OperatorSession.source),
            body: body)
    }
}

extension OperatorSession {
    /// Publishes, and throws unless the broker confirms all of them in time.
    func publish(_ messages: [OutgoingMessage], within limit: Duration) async throws {
        let confirmations = try await within(limit) { await publisher.publish(messages) }
        for confirmation in confirmations ?? [] {
            switch confirmation {
            case .confirmed: continue
            case .returned(_, let text): throw CommandFailure(.refused, "The broker returned the message: \(text)")
            case .refused: throw CommandFailure(.refused, "The queue takes no more.")
            case .lost(let error), .unacceptable(let error): throw error
            }
        }
        guard confirmations != nil else {
            throw CommandFailure(
                .deadline, "The broker has not confirmed in time; the message may be there all the same.",
                hint: "sent again under the same id it has no second effect")
        }
    }
}

/// Runs the body; nil if it has not returned in time, when it is cancelled.
func within<Result: Sendable>(
    _ limit: Duration, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        return try await group.next() ?? nil
    }
}
