import ArgumentParser
import Contracts
import FoundationEssentials

/// Has failed messages tried again.
struct DeadRedrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Try failed messages again, from where they are kept.",
        discussion: """
            They run under their own ids and with their sender's rights, or their editor's; what fails again is in `citycoop dead \
            list` again. Each act is kept with the message, and in the audit. The oldest are tried first; with --rate the services \
            keep the pace by themselves, whether this command runs or not.

            With --wait it ends when each has been tried: with 0 if all have succeeded. What has failed again may be tried again \
            by itself.

            Examples:
              citycoop dead redrive 0197f2a0-0000-7000-8000-000000000001 --wait
              citycoop dead redrive --service vouchers --code handler-failed --dry-run
              citycoop dead redrive --service vouchers --code handler-failed --rate 20 --limit 500 --reason 'fixed in 1.2'
            """)

    @OptionGroup var selection: DeadSelection
    @OptionGroup var options: DeadOptions

    @Option(help: "At most so many a second in each service; all at once if it is not given.")
    var rate: Double?

    @Flag(help: "Wait until each has succeeded or failed again, and say how many of each.")
    var wait = false

    @Option(help: "Why; kept with the messages.")
    var reason: String?

    func validate() throws {
        try selection.requireSomething()
        if let rate, !(0.001...10_000).contains(rate) { throw ValidationError("--rate is 0.001 to 10000.") }
        if let reason, !(1...500).contains(reason.count) {
            throw ValidationError("A reason has 1 to 500 characters.")
        }
    }

    func run() async throws {
        try await reporting {
            let redrive = Redrive(id: .version7(), perSecond: rate, reason: reason)
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                if selection.dryRun {
                    let rehearsal = DeadRehearsal(
                        selection: selection, services: options.services.orAll, done: "redriven")
                    return try await rehearsal.run(operations)
                }
                let act = DeadAct(selection: selection, services: options.services.orAll) {
                    try await $0.redrive($2, redrive, of: $1)
                }
                let answers = await act.run(operations)
                let touched = answers.compactMap { service, answer in
                    (try? answer.get()).flatMap { $0.count > 0 ? (service: service, touched: $0) : nil }
                }
                for (service, touched) in touched { Terminal.write(redrive.line(service, touched)) }
                let followed = wait ? touched.map { ($0.service, $0.touched.count) } : []
                let isFine = try await redrive.follow(followed, operations)
                try act.check(answers)
                if !isFine { throw ExitCode.refused }
            }
        }
    }
}

/// One redrive over several services and pages.
struct Redrive: Sendable {
    /// How often in a row a service may be silent before it is no longer waited for.
    private static let silencesMax = 6

    /// By which the services know it.
    let id: UUID
    let perSecond: Double?
    let reason: String?

    /// What came of the command in a service.
    func line(_ service: ServiceName, _ touched: DeadAct.Touched) -> String {
        let end = touched.lastAt.flatMap { perSecond == nil ? nil : ", the last at \($0)" } ?? ""
        return "\(service.rawValue): \(touched.count) to be tried again\(end)"
    }

    /// Waits until every message has been tried, and tells; returns whether all have succeeded.
    func follow(
        _ services: [(service: ServiceName, count: Int)], _ operations: ServiceOperations
    ) async throws -> Bool {
        let status = RedriveStatus()
        let results = await Progress.during({ status.text }) {
            await operations.each(of: services.map(\.service)) { service in
                try await follow(service, operations, status)
            }
        }
        var isFine = true
        for (service, answer) in results {
            guard case .success(let progress) = answer else { continue }
            let count = services.first { $0.service == service }?.count ?? 0
            let outcome = RedriveOutcome(progress, of: count)
            Terminal.write("\(service.rawValue): \(outcome.text)")
            isFine = isFine && outcome.isFine
        }
        try results.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
        return isFine
    }

    private func follow(
        _ service: ServiceName, _ operations: ServiceOperations, _ status: RedriveStatus
    ) async throws -> RedriveProgress {
        var silences = 0
        var pause = Duration.milliseconds(50)
        while true {
            do {
                let progress = try await operations.progress(of: id, in: service)
                silences = 0
                status.note(progress, of: service)
                if progress.waiting == 0 { return progress }
            } catch {
                silences += 1
                guard silences < Self.silencesMax, CommandFailure(explaining: error).code == .deadline else {
                    throw error
                }
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(1))
        }
    }
}
