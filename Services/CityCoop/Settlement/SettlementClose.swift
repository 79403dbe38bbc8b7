import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Closes a run.
struct SettlementClose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Close a run for ever: book what it says, and make its payments.",
        discussion: """
            Shows the run and asks first; --yes does not. It can be closed a quarter of an hour after its last day. Waits until \
            all is booked.

            Examples:
              citycoop settlement close --pay-on 2027-01-05
              citycoop settlement close --month 2026-12 --pay-on 2027-01-05 --yes --reason 'agreed on 2 January'
            """)

    @OptionGroup var which: RunOptions

    @Option(help: ArgumentHelp("When the banks are to pay.", valueName: "YYYY-MM-DD"))
    var payOn: Day

    @Option(help: "Why, for the audit.")
    var reason: String?

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var options: SettlementOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await options.with { settlements in
            let id = try await which.find(in: settlements)
            if !yes { try await confirm(id, settlements) }
            let closed = try await settlements.close(CloseSettlement(runId: id, executeOn: payOn, reason: reason))
            try await settlements.write(closed, json: json)
        }
    }

    /// Shows what would be closed on stderr, and goes on only if the user says so.
    private func confirm(_ id: UUID, _ settlements: Settlements) async throws {
        let settlement = try await settlements.ask(GetSettlement(runId: id))
        let slugs = try await settlements.stage.requester.slugs(within: settlements.stage.limit)
        for line in SettlementText(settlement, slugs: slugs).lines { Terminal.tell(line) }
        Terminal.tell("\nIt never changes again once it is closed, to be paid on \(payOn). Type yes to close it:")
        guard readLine() == "yes" else {
            throw CommandFailure(.refused, "Nothing was closed.", hint: "--yes closes without asking")
        }
    }
}
