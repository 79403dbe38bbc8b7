import ArgumentParser
import Contracts
import Synchronization

/// Starts the services in the background.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start the services in the background and wait until they are ready.",
        discussion: """
            A service that already runs is left alone. Logs go to <state>/log/<service>.log, process ids to \
            <state>/run/<service>.pid. Broker, databases, topology and schemas have to be there.

            Examples:
              citycoop up
              citycoop up --state /var/lib/citycoop vouchers
            """)

    @OptionGroup var state: StateOptions

    @Option(help: ArgumentHelp("Where the services' executables are; beside citycoop by default.", valueName: "folder"))
    var executables: String?

    @Option(help: "Seconds that a service may take to get ready.")
    var timeout = Seconds(60)

    @Argument(help: "Services; all four if none is named.")
    var services: [ServiceName] = []

    func run() async throws {
        try await reporting {
            let start = try ServiceStart(
                services: services.orAll, processes: state.processes,
                executables: ServiceProcesses.executablesFolder(executables), surroundings: .ours)
            try await start.run(within: timeout.duration, tell: Terminal.tell)
        }
    }
}

/// Starts services and waits for them.
struct ServiceStart: Sendable {
    let services: [ServiceName]
    let processes: ServiceProcesses
    let executables: String
    private let urls: [ServiceName: String]

    /// Throws if the port of one of them is not set: a service that cannot be asked cannot be waited for.
    init(
        services: [ServiceName], processes: ServiceProcesses, executables: String, surroundings: Surroundings
    ) throws(CommandFailure) {
        self.services = services
        self.processes = processes
        self.executables = executables
        var urls: [ServiceName: String] = [:]
        var missing: [String] = []
        for service in services {
            urls[service] = surroundings.healthURL(of: service)
            if urls[service] == nil { missing.append(surroundings.portName(service)) }
        }
        self.urls = urls
        guard missing.isEmpty else {
            throw CommandFailure(
                .usage, "\(missing.joined(separator: ", ")) must be set to a port number.",
                hint: "source .citycoop/env  sets everything in a checkout where infra/up has run")
        }
    }

    /// Starts what does not run, and returns when all are ready.
    func run(within limit: Duration, tell: @escaping @Sendable (String) -> Void) async throws {
        try processes.prepare()
        let logStarts = Dictionary(uniqueKeysWithValues: services.map { ($0, processes.logLength(of: $0)) })
        for service in services {
            if let running = processes.process(of: service) {
                tell("\(service.rawValue) already runs (process \(running))")
            } else {
                let process = try processes.start(service, executables: executables)
                tell("\(service.rawValue) started (process \(process))")
            }
        }
        let waiting = Waiting(services)
        try await Progress.during({ "waiting for \(waiting.description)" }) {
            try await withThrowingTaskGroup(of: ServiceName.self) { group in
                for (service, url) in urls {
                    group.addTask {
                        try await processes.waitUntilReady(
                            service, at: url, logFrom: logStarts[service] ?? 0, within: limit)
                        return service
                    }
                }
                for try await service in group {
                    waiting.remove(service)
                    tell("\(service.rawValue) is ready")
                }
            }
        }
    }
}

/// Services that are still waited for.
final class Waiting: Sendable, CustomStringConvertible {
    private let services: Mutex<[ServiceName]>

    init(_ services: [ServiceName]) {
        self.services = Mutex(services)
    }

    func remove(_ service: ServiceName) {
        services.withLock { $0.removeAll { $0 == service } }
    }

    var description: String {
        services.withLock { $0.map(\.rawValue).joined(separator: ", ") }
    }
}
