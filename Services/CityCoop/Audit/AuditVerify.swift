import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Recomputes the chains.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute the chain of each service's audit and name the first row that differs.",
        discussion: """
            Every row is read and hashed here; nothing that the service has computed is believed. A chain whose end was cut off is \
            a chain still: keep what --json prints, in another place, and give its heads with --head the next time.

            Examples:
              citycoop audit verify
              citycoop audit verify cities --head cities:120:<hash> --json
            """)

    @Argument(help: "Only these services.")
    var services: [ServiceName] = []

    @Option(
        name: .customLong("head"),
        help: ArgumentHelp("Where a chain ended earlier; may be given several times.", valueName: "service:length:hash")
    )
    var heads: [KnownHead] = []

    @Flag(help: "As one JSON object.")
    var json = false

    @Option(help: "Seconds to wait for each answer.")
    var timeout = Seconds(10)

    func run() async throws {
        try await reporting {
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                return await Progress.during("reading the audit") {
                    await operations.each(of: services.orAll) { try await verify(operations, $0) }
                }
            }
            let report = AuditReport(services: answers.compactMap { try? $0.answer.get() })
            if json {
                Terminal.write(JSONText.pretty(report))
            } else {
                for service in report.services { Terminal.write(service.line) }
            }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
            if report.services.contains(where: { $0.fault != nil }) { throw ExitCode.refused }
        }
    }

    private func verify(_ operations: ServiceOperations, _ service: ServiceName) async throws -> AuditReport.Service {
        var check = AuditCheck(of: service, passing: heads.filter { $0.service == service }.map(\.head))
        do {
            let present = try await AuditPages(operations: operations, service: service).each { page in
                for entry in page.entries { try check.take(entry) }
            }
            try check.finish(present)
            return AuditReport.Service(name: service, rows: check.head.length, hash: check.head.hash)
        } catch let fault as AuditCheck.Fault {
            return AuditReport.Service(
                name: service, rows: check.head.length, hash: nil, fault: fault.description, place: fault.place)
        }
    }
}

/// What came of checking the chains.
struct AuditReport: Codable, Equatable, Sendable {
    /// One service's chain.
    struct Service: Codable, Equatable, Sendable {
        var name: ServiceName
        /// Rows that were checked.
        var rows: Int64
        /// The hash of the last; absent where there is none, or something is wrong.
        var hash: AuditHash?
        /// What is wrong.
        var fault: String?
        /// The first row that differs.
        var place: Int64?

        /// For people.
        var line: String {
            if let fault { return "\(name.rawValue): \(fault)" }
            guard let hash else { return "\(name.rawValue): whole, no rows" }
            return "\(name.rawValue): whole, \(rows) rows, head \(name.rawValue):\(rows):\(hash)"
        }
    }

    var services: [Service]
}
