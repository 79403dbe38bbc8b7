import ArgumentParser
import Contracts
import FoundationEssentials

/// Lists rows of the audit.
struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List what was done, when, by whom and why.",
        discussion: """
            In the order in which it was sealed, a second or two after it was done.

            Examples:
              citycoop audit list cities
              citycoop audit list --about 0197f2a0-0000-7000-8000-000000000001 --json
            """)

    @Argument(help: "Only these services.")
    var services: [ServiceName] = []

    @Option(help: "Only what was done to the thing with this id.", transform: uuid)
    var about: UUID?

    @Flag(help: "As one JSON object.")
    var json = false

    @Option(help: "Seconds to wait for each answer.")
    var timeout = Seconds(10)

    func run() async throws {
        try await reporting {
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                return await Progress.during("asking the services") {
                    await operations.each(of: services.orAll) { service in
                        var found: [AuditEntry] = []
                        _ = try await AuditPages(operations: operations, service: service, auditedId: about)
                            .each { found += $0.entries }
                        return found
                    }
                }
            }
            let listing = AuditListing(
                entries: answers.flatMap { service, answer in
                    ((try? answer.get()) ?? []).map { AuditListing.Entry(service: service, entry: $0) }
                })
            if json {
                Terminal.write(JSONText.pretty(listing))
            } else {
                for line in listing.lines { Terminal.write(line) }
            }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        }
    }
}

/// Rows of the audit and whose they are.
struct AuditListing: Codable, Sendable {
    /// One row.
    struct Entry: Codable, Sendable {
        var service: ServiceName
        var entry: AuditEntry
    }

    var entries: [Entry]

    /// One line per row.
    var lines: [String] {
        if entries.isEmpty { return ["Nothing was done."] }
        return TextTable(
            entries.map { row in
                let entry = row.entry
                let actor = entry.person.map { $0.actor ?? "(\(row.service.rawValue) itself)" } ?? "(erased)"
                return [
                    "\(entry.place)", "\(entry.at)", entry.eventType, entry.auditedId.text,
                    entry.version.map { "v\($0)" } ?? "", actor, entry.person?.reason ?? "",
                ]
            }, numeric: [0]
        ).lines
    }
}
