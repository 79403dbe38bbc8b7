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

            With --lines each line of standard input is a command, sent under an id of its own; what is lost on the way to the \
            broker is sent again under the same id, until --timeout.

            Examples:
              citycoop send --lines vouchers.issue.v1 - < issues.jsonl
              citycoop send cities.register-merchant.v1 '{"merchantId": "…", "cityId": "…", "name": "Knjigarna"}'
              citycoop send vouchers.redeem.v1 - < redeem.json
            """)

    @OptionGroup var message: MessageArguments

    @Option(help: "The message's id; a new one if it is not given.")
    var id: String?

    @Option(help: ArgumentHelp("Ties what comes of the command to something of yours.", valueName: "text"))
    var correlation: String?

    @Flag(help: "Each line of standard input is a command.")
    var lines = false

    @Option(help: "Seconds until the broker has to have confirmed.")
    var timeout = Seconds(10)

    func validate() throws {
        if let id { try MessageID.validate(id) }
        guard !lines || (message.json == "-" && id == nil) else {
            throw ValidationError("--lines goes with - and without --id.")
        }
    }

    func run() async throws {
        try await reporting {
            if lines { return try await sendLines() }
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

    private func sendLines() async throws {
        warn()
        var commands: [CommandMessage] = []
        while let line = readLine() {
            if line.trimmed.isEmpty { continue }
            let body = Array(line.utf8)
            _ = try MessageArguments.value(body, "Line \(commands.count + 1)")
            commands.append(
                CommandMessage(type: message.type, id: UUID.version7().text, correlation: correlation, body: body))
        }
        let outgoing = commands.map(\.outgoing)
        try await OperatorSession.with(Surroundings.ours.broker()) { session in
            try await Progress.during("waiting for the broker's confirms") {
                try await session.publishUntilConfirmed(outgoing, within: timeout.duration)
            }
        }
        for command in commands { Terminal.write(command.id) }
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

extension OperatorSession {
    /// Publishes, and publishes again what was lost with a connection; throws unless the broker confirms all of them in time.
    func publishUntilConfirmed(_ messages: [OutgoingMessage], within limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        var open = messages
        while !open.isEmpty {
            let sent = open
            let confirmations = try await within(deadline - .now) { await publisher.publish(sent) } ?? []
            guard !confirmations.isEmpty else {
                throw CommandFailure(
                    .deadline, "The broker has not confirmed \(open.count) of \(messages.count) messages in time.")
            }
            open = []
            for (message, confirmation) in zip(sent, confirmations) {
                switch confirmation {
                case .confirmed: continue
                case .lost, .refused: open.append(message)
                case .returned(_, let text): throw CommandFailure(.refused, "The broker returned a message: \(text)")
                case .unacceptable(let error): throw error
                }
            }
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
