import ArgumentParser
import Contracts

/// The tool of operators and integrators.
@main
struct CityCoop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "citycoop",
        abstract: "Runs, asks and watches the City Coop suite.",
        discussion: """
            Where things are comes from environment variables; `source .citycoop/env` sets them in a checkout:
              CITYCOOP_AMQP_URL         the broker, with the operator's user
              CITYCOOP_MANAGEMENT_URL   the broker's management API, with an administrator
              CITIES_HTTP_PORT, …       where each service tells its health
            The URLs may be given as <NAME>_FILE, which names a file that holds the value.

            Exit codes: 0 fine; 1 refused, failed or different; 64 wrong usage or a missing setting; 69 a server cannot be \
            reached; 75 no answer before the deadline.
            """,
        version: Release.current,
        groupedSubcommands: [
            CommandGroup(name: "Running", subcommands: [UpCommand.self, DownCommand.self, MigrateCommand.self]),
            CommandGroup(name: "Talking", subcommands: [SendCommand.self, CallCommand.self, WatchCommand.self]),
            CommandGroup(
                name: "Bringing data in and out",
                subcommands: [ImportCommand.self, ExportCommand.self, ReportCommand.self]),
            CommandGroup(name: "Paying merchants", subcommands: [SettlementCommand.self]),
            CommandGroup(
                name: "Looking after it",
                subcommands: [
                    StatusCommand.self, DeadCommand.self, AuditCommand.self, LedgerCommand.self, TopologyCommand.self,
                    PauseCommand.self, ResumeCommand.self, TombstonesCommand.self,
                ]),
            CommandGroup(name: "Seeing it work", subcommands: [DemoCommand.self, BenchCommand.self]),
        ])
}
