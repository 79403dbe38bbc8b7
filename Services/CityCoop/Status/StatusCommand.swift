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
            an outbox, or has been due in the schedule, for more than 30 s, a message that has waited at the head of a queue \
            for more than 60 s (where the broker tells: RabbitMQ 3.10 does not for quorum queues), any failed message, any \
            command that nobody answers to, a copy that is not complete, an audit that is not being sealed, an alarm of the \
            broker or a connection that it blocks, a service whose intake is paused. Parked messages are tried again by \
            themselves and are no fault.

            With --watch the answer is drawn again every so many seconds until Ctrl-C; the exit code is that of the last one.

            Examples:
              citycoop status
              citycoop status --watch
              citycoop status --watch 30 --json
              citycoop status --in-flight
            """)

    @Flag(help: "As one JSON object; with --watch on one line each.")
    var json = false

    @Flag(help: "Draw it again, every few seconds, until Ctrl-C.")
    var watch = false

    @Argument(help: "Seconds between two looks, with --watch; 5 if they are not given.")
    var seconds: Seconds?

    @Flag(help: "Only what is under way, a line each: what a backup taken now would not hold, or hold as not done.")
    var inFlight = false

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(3)

    func validate() throws {
        if seconds != nil && !watch { throw ValidationError("Seconds are for --watch.") }
    }

    func run() async throws {
        try await reporting {
            let surroundings = Surroundings.ours
            let url = try surroundings.value("CITYCOOP_MANAGEMENT_URL")
            let reading = StatusReading(
                surroundings: surroundings, broker: try surroundings.broker(),
                management: try url.map { try ManagementAPI(url: $0) }, limit: timeout.duration)
            if watch {
                let watch = StatusWatch(pause: seconds?.duration ?? .seconds(5), isJSON: json)
                try await watch.run { try await reading.read() }
            } else if inFlight {
                let report = try await Progress.during("asking services and broker") { try await reading.read() }
                tell(InFlight(report))
            } else {
                let report = try await Progress.during("asking services and broker") { try await reading.read() }
                let verdict = Verdict(report)
                Terminal.write(json ? JSONText.pretty(JudgedReport(report, verdict)) : StatusText(report).judged)
                if !verdict.isWell { throw ExitCode.refused }
            }
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

    init(_ report: SuiteReport, _ verdict: Verdict) {
        self.report = report
        self.verdict = verdict
        well = verdict.isWell
    }
}
