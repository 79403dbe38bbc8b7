import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Asks, and prints the answer.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Send a query or a command and print its answer.",
        discussion: """
            A success is printed with exit code 0, a problem with 1. Where no answer comes in time (75) a command may have \
            been carried out: call again under the same --id, and the first answer comes again.

            Examples:
              citycoop call cities.find-cities.v1 '{"text": "Ormoz"}'
              citycoop call vouchers.get-ledger.v1 '{}'
              citycoop call vouchers.issue.v1 - --id 0197f2a0-0000-7000-8000-000000000001 < issue.json
            """)

    @OptionGroup var message: MessageArguments

    @Option(help: "The message's id, a UUID; a new one if it is not given.", transform: uuid)
    var id: UUID?

    @Option(help: "Seconds to wait for the answer.")
    var timeout = Seconds(10)

    func run() async throws {
        try await reporting {
            let body = try message.body()
            let id = id ?? .version7()
            let reply = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                try await Progress.during("waiting for the answer to \(message.type)") {
                    try await session.requester.call(message.type, body: body, within: timeout.duration, id: id)
                }
            }
            Terminal.write(String(decoding: reply.body, as: UTF8.self))
            if !reply.isSuccess { throw ExitCode.refused }
        }
    }
}
