import ArgumentParser
import Contracts
import FoundationEssentials
import ManagementAPI

/// Pauses the intake of services.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Have services take in no commands for a time, and wait until all is at rest.",
        discussion: """
            Commands stay in their queues, and whoever sends them gets the broker's confirms; queries are answered, events are \
            heard. Nobody has to resume: the pause ends by itself. With --drain it ends with exit code 75 if something is still \
            under way after that time, and names it.

            Examples:
              citycoop pause --for 60 --reason 'database is moved'
              citycoop pause --for 300 --drain 60
            """)

    /// The longest that a service pauses.
    private static let secondsMax = 3_600

    @Option(name: .customLong("for"), help: ArgumentHelp("For how long.", valueName: "seconds"))
    var seconds = 300

    @Option(help: "Why; kept while it lasts.")
    var reason: String?

    @Option(help: ArgumentHelp("How long to wait until nothing is under way.", valueName: "seconds"))
    var drain: Seconds?

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(10)

    @Argument(help: "Services; all four if none is named.")
    var services: [ServiceName] = []

    func validate() throws {
        guard (1...Self.secondsMax).contains(seconds) else {
            throw ValidationError("A pause lasts 1 to \(Self.secondsMax) seconds.")
        }
        if let reason, !(1...500).contains(reason.count) { throw ValidationError("A reason has 1 to 500 characters.") }
    }

    func run() async throws {
        let (seconds, reason) = (seconds, reason)
        try await reporting {
            let surroundings = Surroundings.ours
            try await OperatorSession.with(surroundings.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                let answers = await Progress.during("pausing") {
                    await operations.each(of: services.orAll) {
                        try await operations.pause(for: seconds, reason: reason, of: $0)
                    }
                }
                answers.tell()
                try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
            }
            guard let drain else { return }
            let (broker, management) = try surroundings.brokerAndManagement()
            let reading = StatusReading(
                surroundings: surroundings, broker: broker, management: management, limit: timeout.duration)
            let left = try await Progress.during("waiting until all is at rest") {
                try await Draining(reading: reading).run(within: drain.duration)
            }
            for item in left { Terminal.write(item.line) }
            guard left.isEmpty else { throw ExitCode.deadline }
            Terminal.tell("All is at rest.")
        }
    }
}

/// Has services take in again.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Have services take in commands again.",
        discussion: """
            Examples:
              citycoop resume
              citycoop resume vouchers
            """)

    @Option(help: "Seconds to wait for each service's answer.")
    var timeout = Seconds(10)

    @Argument(help: "Services; all four if none is named.")
    var services: [ServiceName] = []

    func run() async throws {
        try await reporting {
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: timeout.duration)
                let answers = await Progress.during("resuming") {
                    await operations.each(of: services.orAll) { try await operations.resume($0) }
                }
                answers.tell()
                try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
            }
        }
    }
}

extension [(service: ServiceName, answer: Result<IntakeState, any Error>)] {
    fileprivate func tell() {
        for (service, answer) in self {
            guard case .success(let state) = answer else { continue }
            let words = state.pausedUntil.map { "takes nothing in until \($0)" } ?? "takes in"
            Terminal.tell("\(service.rawValue) \(words)")
        }
    }
}

/// Waits until nothing moves in a suite whose intake is paused.
struct Draining: Sendable {
    /// The broker counts what is in hand every five seconds, and the queue tells it as often.
    private static let statisticsLag = Duration.seconds(11)
    private static let interval = Duration.milliseconds(500)

    let reading: StatusReading

    /// Returns what still moves when the time is over; nothing, as soon as nothing has moved for as long as the broker's
    /// statistics may lag.
    func run(within limit: Duration) async throws -> [InFlight.Item] {
        let deadline = ContinuousClock.now + limit
        var restSince: ContinuousClock.Instant?
        while true {
            let begin = ContinuousClock.now
            let moving = InFlight(try await reading.read()).moving
            if moving.isEmpty {
                let since = restSince ?? begin
                if since.duration(to: .now) >= Self.statisticsLag { return [] }
                restSince = since
            } else {
                restSince = nil
                if .now >= deadline { return moving }
            }
            try await Task.sleep(for: Self.interval)
        }
    }
}
