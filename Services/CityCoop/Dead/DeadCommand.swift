import ArgumentParser
import Contracts
import FoundationEssentials

/// Looks after messages that could not be handled.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List, count, show, edit, redrive and discard messages that could not be handled.",
        discussion: """
            Each service keeps its failed messages in its own database; parked ones are tried again by themselves. Commands \
            that nobody answers to lie in the queue citycoop.unroutable, and `list` shows them as well.

            Examples:
              citycoop dead groups
              citycoop dead list
              citycoop dead show 0197f2a0-0000-7000-8000-000000000001
              citycoop dead edit 0197f2a0-0000-7000-8000-000000000001
              citycoop dead redrive --type vouchers.redeem.v1 --reason 'database is back'
              citycoop dead discard 0197f2a0-0000-7000-8000-000000000001 --reason 'test message'
            """,
        subcommands: [
            DeadGroups.self, DeadList.self, DeadShow.self, DeadEdit.self, DeadRedrive.self, DeadDiscard.self,
        ])
}

/// What all subcommands of `dead` share.
struct DeadOptions: ParsableArguments {
    @Option(name: .customLong("service"), help: "Only this service; may be given several times.")
    var services: [ServiceName] = []

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(10)
}

extension [(ServiceName, Result<Void, any Error>)] {
    /// Throws one failure that names every service which gave no answer.
    func throwFailures() throws {
        let failures = compactMap { service, answer -> (ServiceName, CommandFailure)? in
            guard case .failure(let error) = answer else { return nil }
            return (service, CommandFailure(explaining: error))
        }
        guard let first = failures.first else { return }
        let texts = failures.map { "\($0.0.rawValue): \($0.1.text)" }.joined(separator: "\n  ")
        throw CommandFailure(first.1.code, "Not all services answered:\n  \(texts)", hint: first.1.hint)
    }
}
