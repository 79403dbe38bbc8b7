internal import ArgumentParser
internal import Contracts
internal import OTLP
internal import ServiceLifecycle

extension ServiceDefinition {
    /// Does what the command line says, and ends the process.
    ///
    /// A wrong configuration ends it with 78 (EX_CONFIG) and all mistakes on stderr, a failure with 1, a command line that
    /// nobody understands with 64.
    public static func main() async {
        await ServiceCommand<Self>.main()
    }
}

/// The command line of a service: `run`, `migrate`, `check` and `settings`.
struct ServiceCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Definition.name, abstract: Definition.summary,
            discussion: "The configuration comes from environment variables; `\(Definition.name) settings` lists them.",
            version: Release.current,
            subcommands: [
                RunCommand<Definition>.self, MigrateCommand<Definition>.self, CheckCommand<Definition>.self,
                SettingsCommand<Definition>.self,
            ])
    }
}

struct RunCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "run", abstract: "Run the service until SIGTERM or SIGINT; a second signal ends it at once.")
    }

    func run() async throws {
        let start = try ServiceStart<Definition>()
        try await start.reportingFailure {
            let exporter = start.common.tracing.begin(service: Definition.name, logger: start.context.logger)
            let parts = try await Definition.run(start.configuration, start.context)
            let health = HealthServer(
                address: start.common.httpAddress, portSetting: start.common.httpPortSetting,
                readiness: start.context.readiness, metrics: start.context.metrics, logger: start.context.logger)
            // Health comes first and is stopped last: it tells that the service is stopping. Then come the last spans.
            let tracing: [any Service] = exporter.map { [$0] } ?? []
            try await RunningService(context: start.context, parts: [health, StartMemory()] + tracing + parts).run()
        }
    }
}

struct MigrateCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "migrate", abstract: "Bring the database's schema up to this version.")
    }

    func run() async throws {
        let start = try ServiceStart<Definition>()
        try await start.reportingFailure {
            for line in try await Definition.migrate(start.configuration, start.context) {
                Terminal.writeOut(line)
            }
        }
    }
}

struct CheckCommand<Definition: ServiceDefinition>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "check", abstract: "Show the configuration, and whether broker, database and schema are fit.")
    }

    func run() async throws {
        let start = try ServiceStart<Definition>()
        let results = await Definition.check(start.configuration, start.context)
        Terminal.writeOut(start.settings.values)
        Terminal.writeOut("")
        for result in results {
            Terminal.writeOut("\(result.isOK ? "ok    " : "FAILED") \(result.name): \(result.detail)")
        }
        if !results.allSatisfy(\.isOK) { throw ExitCode.failure }
    }
}

struct SettingsCommand<Definition: ServiceDefinition>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "settings", abstract: "List the environment variables the service reads.")
    }

    @Flag(help: "As a Markdown table.")
    var markdown = false

    func run() {
        let table = ServiceStart<Definition>.settingsTable()
        Terminal.writeOut(markdown ? table.markdown : table.text)
    }
}
