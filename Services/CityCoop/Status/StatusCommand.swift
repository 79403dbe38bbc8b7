import ArgumentParser
import Contracts
import FoundationEssentials
import ManagementAPI

/// Tells how the suite is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Tell how services, queues, outboxes and failed messages are; exit code 1 if not all is well.",
        discussion: """
            Each service is asked twice: over HTTP whether it is ready, and by a message how it is. Not well is: a service \
            that is not ready or does not answer, a queue that is missing or that nobody reads, an event that has waited in \
            an outbox for more than 30 s, a message that has waited at the head of a queue for more than 60 s (where the \
            broker tells: RabbitMQ 3.10 does not for quorum queues), any failed message, any command that nobody answers to. \
            A service whose intake is paused is not well. Parked messages are tried again by themselves and are no fault.

            Examples:
              citycoop status
              citycoop status --json
              citycoop status --in-flight
            """)

    @Flag(help: "As one JSON object.")
    var json = false

    @Flag(help: "Only what is under way, a line each: what a backup taken now would not hold, or hold as not done.")
    var inFlight = false

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(3)

    func run() async throws {
        try await reporting {
            let surroundings = Surroundings.ours
            let url = try surroundings.value("CITYCOOP_MANAGEMENT_URL")
            let reading = StatusReading(
                surroundings: surroundings, broker: try surroundings.broker(),
                management: try url.map { try ManagementAPI(url: $0) }, limit: timeout.duration)
            let report = try await Progress.during("asking services and broker") { try await reading.read() }
            if inFlight { return tell(InFlight(report)) }
            let verdict = Verdict(report)
            if json {
                Terminal.write(JSONText.pretty(JudgedReport(report: report, verdict: verdict, well: verdict.isWell)))
            } else {
                Terminal.write(StatusText(report).text)
                Terminal.write(verdict.line)
            }
            if !verdict.isWell { throw ExitCode.refused }
        }
    }

    private func tell(_ inFlight: InFlight) {
        if json {
            Terminal.write(json: inFlight)
        } else {
            for item in inFlight.items { Terminal.write(item.line) }
        }
    }
}

/// A report with its verdict.
struct JudgedReport: Encodable {
    var report: SuiteReport
    var verdict: Verdict
    var well: Bool
}

/// A report for people.
struct StatusText {
    let report: SuiteReport

    init(_ report: SuiteReport) {
        self.report = report
    }

    var text: String {
        ([["service", "ready", "outbox", "oldest", "scheduled", "parked", "failed"]] + report.services.map(row))
            .table(numeric: [2, 3, 4, 5, 6])
            + notes
            + "\n\n"
            + ([["queue", "ready", "in hand", "readers", "head waits"]] + report.queues.map(row))
            .table(numeric: [1, 2, 3, 4]) + "\n"
    }

    private func row(_ service: SuiteReport.Service) -> [String] {
        let ready = service.ready.map { $0 ? "yes" : "no" } ?? "?"
        guard let status = service.status else {
            return [service.name.rawValue, ready, "-", "-", "-", "-", "-"]
        }
        let oldest = status.outboxRows > 0 ? "\(Int(status.outboxOldestSeconds)) s" : "-"
        return [
            service.name.rawValue, ready, "\(status.outboxRows)", oldest, "\(status.scheduled)", "\(status.parked)",
            "\(status.failed)",
        ]
    }

    private func row(_ queue: SuiteReport.Queue) -> [String] {
        [
            queue.name, "\(queue.ready)", queue.unacknowledged.map(String.init) ?? "?", "\(queue.consumers)",
            queue.headAgeSeconds.map { "\(Int($0)) s" } ?? (queue.ready > 0 ? "?" : "-"),
        ]
    }

    private var notes: String {
        report.services.flatMap { service in
            [
                service.ready == true ? nil : service.readiness,
                service.silence,
            ].compactMap { $0.map { "\n  \(service.name.rawValue): \($0)" } }
        }.joined()
    }
}

extension [[String]] {
    fileprivate func table(numeric: Set<Int>) -> String {
        TextTable(self, numeric: numeric).lines.joined(separator: "\n")
    }
}
