import ArgumentParser
import Contracts
import FoundationEssentials

/// Lists failed messages of all services, and what nobody answers to.
struct DeadList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List messages that could not be handled.",
        discussion: """
            Parked and failed ones, newest first, unless --state says otherwise; the newest 100 of each service unless --all \
            is given. Below them what lies in citycoop.unroutable; looking takes nothing away.

            Examples:
              citycoop dead list
              citycoop dead list --code not-allowed
              citycoop dead list --service vouchers --state discarded --all --json
            """)

    @OptionGroup var options: DeadOptions

    @Option(help: "Only this type of message.")
    var type: String?

    @Option(help: "Only this code.")
    var code: String?

    @Option(help: "parked, failed, done or discarded; parked and failed if not given.")
    var state: FailureState?

    @Flag(help: "Not only the newest 100 of each service.")
    var all = false

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await reporting {
            let address = try Surroundings.ours.broker()
            let query = FailureQuery(type: type, code: code, state: state, all: all)
            let answers = try await OperatorSession.with(address) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                return await Progress.during("asking the services") {
                    await operations.each(of: options.services.orAll) { try await query.failures(operations, $0) }
                }
            }
            let unroutable = try await Progress.during("looking at \(Topology.Names.unroutable)") {
                try await UnroutableQueue.look(address)
            }
            let found = answers.flatMap { service, answer in
                ((try? answer.get()) ?? []).map { DeadReport.Entry(service: service, failure: $0) }
            }
            show(DeadReport(failures: found, unroutableCount: unroutable.count, unroutable: unroutable.first))
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        }
    }

    private func show(_ report: DeadReport) {
        if json {
            Terminal.write(JSONText.pretty(report))
        } else {
            for line in report.lines { Terminal.write(line) }
        }
    }
}

/// Which failures are asked for.
struct FailureQuery: Sendable {
    private static let pageMax = 500
    private static let newest = 100

    var type: String?
    var code: String?
    var state: FailureState?
    var all: Bool

    /// The failures of one service, newest first.
    func failures(_ operations: ServiceOperations, _ service: ServiceName) async throws -> [FailureSummary] {
        var found: [FailureSummary] = []
        var after: UUID?
        repeat {
            let page = try await operations.failures(
                of: service, state: state, type: type, code: code, limit: all ? Self.pageMax : Self.newest, after: after
            )
            found += page.failures
            after = page.next
        } while all && after != nil
        return found
    }
}

/// What could not be handled.
struct DeadReport: Codable, Sendable {
    /// A failed message and whose it is.
    struct Entry: Codable, Sendable {
        var service: ServiceName
        var failure: FailureSummary
    }

    var failures: [Entry]
    var unroutableCount: Int
    var unroutable: [UnroutableMessage]

    /// One line per message.
    var lines: [String] {
        let rows = failures.map { entry in
            let failure = entry.failure
            return [
                failure.failureId.text, failure.state.rawValue, "\(failure.failedAt)", failure.type,
                failure.code, failure.reason,
            ]
        }
        let head = rows.isEmpty ? ["No failed messages."] : TextTable(rows).lines
        return head + unroutableLines
    }

    private var unroutableLines: [String] {
        guard unroutableCount > 0 else { return [] }
        let rows = unroutable.map {
            [$0.type, $0.id.isEmpty ? "(no id)" : $0.id, "from \($0.user ?? "unknown")", "\($0.bytes) bytes"]
        }
        return ["", "\(unroutableCount) in \(Topology.Names.unroutable), which nobody answers to:"]
            + TextTable(rows).lines.map { "  \($0)" }
    }
}
