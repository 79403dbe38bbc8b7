import ArgumentParser
import Contracts
import Processes

/// Stops the services.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Stop the services that `up` has started.",
        discussion: """
            Each gets SIGTERM, finishes the work in hand and ends. What is in queues and databases stays there. Nothing but \
            the noted process is touched, and only if it still is that service.

            Examples:
              citycoop down
              citycoop down --now vouchers
            """)

    @OptionGroup var state: StateOptions

    @Option(help: "Seconds that they may take.")
    var timeout = Seconds(30)

    @Flag(help: "Kill them at once; nothing is lost, but what was in hand is done again.")
    var now = false

    @Argument(help: "Services; all four if none is named.")
    var services: [ServiceName] = []

    func run() async throws {
        try await reporting {
            let stop = ServiceStop(services: services.orAll, processes: state.processes)
            try await stop.run(within: timeout.duration, now: now, tell: Terminal.tell)
        }
    }
}

/// Stops services and waits for them.
struct ServiceStop: Sendable {
    let services: [ServiceName]
    let processes: ServiceProcesses

    /// Throws with the names of those that did not end in time.
    func run(within limit: Duration, now: Bool, tell: (String) -> Void) async throws {
        var stopping: [(service: ServiceName, process: ProcessID)] = []
        for service in services {
            guard let process = processes.process(of: service) else {
                tell("\(service.rawValue) does not run")
                processes.forget(service)
                continue
            }
            process.send(now ? .kill : .terminate)
            // A frozen process hears nothing but SIGKILL until it goes on.
            process.send(.resume)
            stopping.append((service, process))
        }
        let deadline = ContinuousClock.now + limit
        let waiting = Waiting(stopping.map(\.service))
        try await Progress.during({ "waiting for \(waiting.description) to end" }) {
            for (service, process) in stopping {
                let rest = deadline - ContinuousClock.now
                guard try await ServiceProcesses.waitUntilEnded(process, within: rest) else { continue }
                waiting.remove(service)
                processes.forget(service)
                tell("\(service.rawValue) has ended")
            }
        }
        let left = stopping.filter { $0.process.executable != nil }
        guard left.isEmpty else {
            let names = left.map { "\($0.service.rawValue) (process \($0.process))" }.joined(separator: ", ")
            throw CommandFailure(
                .refused, "Still running after \(limit.components.seconds) s: \(names).",
                hint: "citycoop down --now  kills them; nothing is lost by it")
        }
    }
}
