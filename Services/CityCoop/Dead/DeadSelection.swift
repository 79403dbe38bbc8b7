import ArgumentParser
import Contracts
import FoundationEssentials

/// Which failed messages are meant.
struct DeadSelection: ParsableArguments {
    @Argument(help: "Ids of failures.", transform: uuid)
    var ids: [UUID] = []

    @Option(help: "All open ones of this type of message.")
    var type: String?

    @Option(help: "All open ones with this code.")
    var code: String?

    @Option(help: "Only those that are parked, or that have failed; both if it is not given.")
    var state: FailureState?

    @Option(help: "At most so many of each service, the oldest.")
    var limit: Int?

    @Flag(help: "Say which they are, and change nothing.")
    var dryRun = false

    func validate() throws {
        if !ids.isEmpty && (type != nil || code != nil) {
            throw ValidationError("Give either ids, or --type and --code.")
        }
        if ids.count > ActPage.most { throw ValidationError("At most \(ActPage.most) ids at once.") }
        if let state, state != .parked, state != .failed {
            throw ValidationError("Only parked and failed messages are open.")
        }
        if let limit, limit < 1 { throw ValidationError("--limit is at least 1.") }
    }

    /// Whether nothing is named.
    var isEmpty: Bool { ids.isEmpty && type == nil && code == nil }

    /// Throws if nothing is named.
    func requireSomething() throws {
        if isEmpty { throw ValidationError("Say which: ids, --type or --code.") }
    }

    /// As the services take it.
    var forServices: FailureSelection {
        FailureSelection(failureIds: ids.isEmpty ? nil : ids, type: type, code: code, state: state)
    }
}

/// As many failures of one service as one command is for.
struct ActPage: Sendable {
    /// The most.
    static let most = 1_000

    /// Which; behind those of the page before.
    var failures: FailureSelection
    /// How many at most.
    var limit: Int
    /// How many there were on the pages before.
    var before: Int
}

/// Does something about failed messages in several services, page by page.
struct DeadAct: Sendable {
    /// What came of it in one service.
    struct Touched: Sendable {
        var count = 0
        /// When the last of them is tried.
        var lastAt: Timestamp?
    }

    let selection: DeadSelection
    let services: [ServiceName]
    let act: @Sendable (ServiceOperations, ServiceName, ActPage) async throws -> FailuresTouched

    /// Does it, in all services at once.
    func run(
        _ operations: ServiceOperations
    ) async -> [(service: ServiceName, answer: Result<Touched, any Error>)] {
        await Progress.during("waiting for the services") {
            await operations.each(of: services) { try await pages(operations, $0) }
        }
    }

    private func pages(_ operations: ServiceOperations, _ service: ServiceName) async throws -> Touched {
        var touched = Touched()
        var failures = selection.forServices
        repeat {
            let limit = min(ActPage.most, selection.limit.map { $0 - touched.count } ?? ActPage.most)
            let page = ActPage(failures: failures, limit: limit, before: touched.count)
            do {
                let answer = try await act(operations, service, page)
                touched.count += answer.count
                touched.lastAt = answer.lastAt
                failures.after = answer.next
            } catch  where touched.count > 0 {
                let failure = CommandFailure(explaining: error)
                throw CommandFailure(failure.code, "after \(touched.count): \(failure.text)", hint: failure.hint)
            }
        } while failures.after != nil && touched.count < selection.limit ?? .max
        return touched
    }

    /// Throws if a service did not answer, or fewer were found than named.
    func check(_ answers: [(service: ServiceName, answer: Result<Touched, any Error>)]) throws {
        try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        let count = answers.reduce(0) { $0 + ((try? $1.answer.get().count) ?? 0) }
        let wanted = min(max(1, selection.ids.count), selection.limit ?? .max)
        guard count >= wanted else {
            throw CommandFailure(.refused, "\(count) of \(wanted) found; the rest is done, discarded or unknown.")
        }
    }
}

/// Says what an act would be for.
struct DeadRehearsal: Sendable {
    let selection: DeadSelection
    let services: [ServiceName]
    /// `redriven`, `discarded`.
    let done: String

    /// Counts in the services and tells; changes nothing.
    func run(_ operations: ServiceOperations) async throws {
        let answers = await Progress.during("asking the services") {
            await operations.each(of: services) {
                try await operations.groups(of: $0, selection.forServices, limit: selection.limit)
            }
        }
        let report = GroupReport(answers)
        for line in report.lines { Terminal.write(line) }
        try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        Terminal.write("\(report.count) would be \(done); nothing was changed.")
    }
}
