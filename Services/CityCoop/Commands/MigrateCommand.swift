import ArgumentParser
import Contracts
import Processes

/// Brings the schemas of all services up to date.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the services' database schemas up to date.",
        discussion: """
            Runs `<service> migrate` for each service; every line that it writes is shown with the service's name in front. \
            Running it again, or twice at once, is harmless.

            Examples:
              citycoop migrate
              citycoop migrate vouchers
            """)

    @Option(help: ArgumentHelp("Where the services' executables are; beside citycoop by default.", valueName: "folder"))
    var executables: String?

    @Argument(help: "Services; all four if none is named.")
    var services: [ServiceName] = []

    func run() async throws {
        try await reporting {
            let folder = try ServiceProcesses.executablesFolder(executables)
            var failed: [String] = []
            for service in services.orAll {
                let name = service.rawValue
                let program = Program("\(folder)/\(name)", ["migrate"])
                let end = try await Progress.during("migrating \(name)") {
                    try await program.run { Terminal.write("\(name) | \($0)") }
                }
                if !end.isSuccess { failed.append("\(name) (\(end))") }
            }
            guard failed.isEmpty else {
                throw CommandFailure(.refused, "Not migrated: \(failed.joined(separator: ", ")).")
            }
        }
    }
}
