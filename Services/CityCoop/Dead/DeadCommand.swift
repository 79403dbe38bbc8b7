import ArgumentParser
import Contracts
import FoundationEssentials

/// Looks after messages that could not be handled.
struct DeadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead",
        abstract: "List, show, redrive and discard messages that could not be handled.",
        discussion: """
            Each service keeps its failed messages in its own database; parked ones are tried again by themselves. Commands \
            that nobody answers to lie in the queue citycoop.unroutable, and `list` shows them as well.

            Examples:
              citycoop dead list
              citycoop dead show 0197f2a0-0000-7000-8000-000000000001
              citycoop dead redrive --type vouchers.redeem.v1 --reason 'database is back'
              citycoop dead discard 0197f2a0-0000-7000-8000-000000000001 --reason 'test message'
            """,
        subcommands: [DeadList.self, DeadShow.self, DeadRedrive.self, DeadDiscard.self])
}

/// What all subcommands of `dead` share.
struct DeadOptions: ParsableArguments {
    @Option(name: .customLong("service"), help: "Only this service; may be given several times.")
    var services: [ServiceName] = []

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(10)
}

/// Which failed messages are meant.
struct DeadSelection: ParsableArguments {
    @Argument(help: "Ids of failures.", transform: uuid)
    var ids: [UUID] = []

    @Option(help: "All open ones of this type of message.")
    var type: String?

    @Option(help: "All open ones with this code.")
    var code: String?

    func validate() throws {
        if !ids.isEmpty && (type != nil || code != nil) {
            throw ValidationError("Give either ids, or --type and --code.")
        }
        if ids.count > 1_000 { throw ValidationError("At most 1000 ids at once.") }
    }

    /// Whether nothing is named.
    var isEmpty: Bool { ids.isEmpty && type == nil && code == nil }

    /// Throws if nothing is named.
    func requireSomething() throws {
        if isEmpty { throw ValidationError("Say which: ids, --type or --code.") }
    }

    /// As the services take it.
    var forServices: FailureSelection {
        FailureSelection(failureIds: ids.isEmpty ? nil : ids, type: type, code: code)
    }
}

/// Does something about failed messages in several services and says what came of it.
struct DeadAct: Sendable {
    let selection: DeadSelection
    let options: DeadOptions
    /// `redriven`, `discarded`.
    let done: String
    let act: @Sendable (ServiceOperations, ServiceName, FailureSelection) async throws -> Int

    /// Throws if a service did not answer, or fewer were found than named.
    func run() async throws {
        let selection = selection.forServices
        let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
            let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
            return await Progress.during("waiting for the services") {
                await operations.each(of: options.services.orAll) { try await act(operations, $0, selection) }
            }
        }
        var count = 0
        for (service, answer) in answers {
            guard case .success(let touched) = answer, touched > 0 else { continue }
            count += touched
            Terminal.write("\(service.rawValue): \(touched) \(done)")
        }
        try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        let wanted = max(1, self.selection.ids.count)
        guard count >= wanted else {
            throw CommandFailure(.refused, "\(count) of \(wanted) found; the rest is done, discarded or unknown.")
        }
    }
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
