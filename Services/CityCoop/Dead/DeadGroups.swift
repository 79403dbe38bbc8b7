import ArgumentParser
import Contracts
import FoundationEssentials

/// Counts failed messages of all services.
struct DeadGroups: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "Count messages that could not be handled, by service, type, code and state.",
        discussion: """
            The services count in their databases, however many there are. The largest group comes first; of each the time when \
            its oldest and its newest message failed.

            Examples:
              citycoop dead groups
              citycoop dead groups --service vouchers --state done --json
            """)

    @OptionGroup var options: DeadOptions

    @Option(help: "Only this type of message.")
    var type: String?

    @Option(help: "Only this code.")
    var code: String?

    @Option(help: "parked, failed, done or discarded; parked and failed if not given.")
    var state: FailureState?

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await reporting {
            let selection = FailureSelection(type: type, code: code, state: state)
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                return await Progress.during("asking the services") {
                    await operations.each(of: options.services.orAll) { try await operations.groups(of: $0, selection) }
                }
            }
            let report = GroupReport(answers)
            if json {
                Terminal.write(JSONText.pretty(report))
            } else {
                for line in report.lines { Terminal.write(line) }
            }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        }
    }
}

/// Failed messages of several services, counted.
struct GroupReport: Codable, Sendable {
    /// A group and whose it is.
    struct Entry: Codable, Sendable {
        var service: ServiceName
        var group: FailureGroup
    }

    /// The largest first.
    var groups: [Entry] = []
    /// Messages, in all groups.
    var count = 0
    /// Groups that are left out, each smaller than those of its service that are not.
    var leftOut = 0

    /// Puts together what the services that answered say.
    init(_ answers: [(service: ServiceName, answer: Result<FailureGroups, any Error>)]) {
        for (service, answer) in answers {
            guard case .success(let found) = answer else { continue }
            groups += found.groups.map { Entry(service: service, group: $0) }
            count += found.count
            leftOut += max(0, found.groupCount - found.groups.count)
        }
        groups.sort { ($1.group.count, $0.name) < ($0.group.count, $1.name) }
    }

    /// One line per group.
    var lines: [String] {
        if groups.isEmpty { return ["No failed messages."] }
        let rows = groups.map { entry in
            let group = entry.group
            return [
                "\(group.count)", entry.service.rawValue, group.type, group.code, group.state.rawValue,
                "\(group.oldestAt)", "\(group.newestAt)",
            ]
        }
        return TextTable(rows, numeric: [0]).lines + (leftOut > 0 ? ["and \(leftOut) smaller groups"] : [])
    }
}

extension GroupReport.Entry {
    fileprivate var name: String { "\(service.rawValue) \(group.type) \(group.code) \(group.state.rawValue)" }
}
