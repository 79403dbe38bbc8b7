import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Takes a month into a run.
struct SettlementPrepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Take what was spent and taken back in a month into a run, and show its sums and what is missing.",
        discussion: """
            Can be done again until the run is closed: it takes in what came meanwhile. Waits until the statements stand and \
            the registry has told accounts. Exit code 1 if something is missing without which the run cannot be closed. The \
            first run may begin earlier than a month: everything that was spent in its days is in it.

            Examples:
              citycoop settlement prepare --month 2026-12
              citycoop settlement prepare --from 2026-11-15 --until 2026-12-31
            """)

    @Option(help: ArgumentHelp("The month.", valueName: "YYYY-MM"))
    var month: Month?

    @Option(help: ArgumentHelp("The first day, instead of a month.", valueName: "YYYY-MM-DD"))
    var from: Day?

    @Option(help: ArgumentHelp("The last day, instead of a month.", valueName: "YYYY-MM-DD"))
    var until: Day?

    @OptionGroup var options: SettlementOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func validate() throws {
        guard (month != nil) != (from != nil && until != nil), month == nil || (from == nil && until == nil) else {
            throw ValidationError("Give either --month, or --from and --until.")
        }
        if let from, let until, until < from { throw ValidationError("--until is before --from.") }
    }

    /// The days of the run.
    private var period: Period? {
        if let month { return month.period }
        guard let from, let until else { return nil }
        return Period(from: from, until: until.advanced(by: 1))
    }

    func run() async throws {
        guard let period else { return }
        try await options.with { settlements in
            let known = try await settlements.run(of: period)
            let id = known?.runId ?? Settlements.newRunId(of: period)
            let settlement = try await settlements.prepare(PrepareSettlement(runId: id, period: period))
            try await settlements.write(settlement, json: json)
            if !settlement.obstacles.isEmpty { throw ExitCode.refused }
        }
    }
}

/// Shows a run.
struct SettlementShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a run: its sums, what cities owe one another, who pays how much, what is missing.",
        discussion: """
            Examples:
              citycoop settlement show
              citycoop settlement show --month 2026-12 --json
              citycoop settlement show --all
            """)

    @OptionGroup var which: RunOptions
    @OptionGroup var options: SettlementOptions

    @Flag(help: "All runs, the latest first, a line for each.")
    var all = false

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await options.with { settlements in
            if all { return try await list(settlements) }
            let id = try await which.find(in: settlements)
            try await settlements.write(try await settlements.ask(GetSettlement(runId: id)), json: json)
        }
    }

    private func list(_ settlements: Settlements) async throws {
        var after: Day?
        repeat {
            let page = try await settlements.ask(FindSettlements(limit: 100, after: after))
            for run in page.settlements {
                let last = run.period.until.map { $0.advanced(by: -1) } ?? run.period.from
                if json {
                    Terminal.write(json: run)
                } else {
                    Terminal.write("\(run.period.from) to \(last)  \(run.state.rawValue)  \(run.runId.text)")
                }
            }
            after = page.next
        } while after != nil
    }
}

/// Writes the statements of a run as CSV.
struct SettlementStatements: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statements",
        abstract: "Write what a run says to each merchant as CSV.",
        discussion: """
            Examples:
              citycoop settlement statements > statements.csv
              citycoop settlement statements --month 2026-12 --city weiz > weiz.csv
            """)

    @OptionGroup var which: RunOptions

    @Option(help: ArgumentHelp("Only the merchants of this city.", valueName: "slug"))
    var city: String?

    @OptionGroup var options: SettlementOptions

    func run() async throws {
        try await options.with { settlements in
            let id = try await which.find(in: settlements)
            let cityId: UUID? =
                if let city { try await settlements.stage.requester.cityId(of: city) } else { nil }
            try await settlements.statements(of: id, city: cityId) { Terminal.write(page: $0) }
        }
    }
}

extension Settlements {
    /// Shows a run.
    func write(_ settlement: GetSettlement.Reply, json: Bool) async throws {
        if json { return Terminal.write(JSONText.pretty(settlement)) }
        let slugs = try await stage.requester.slugs(within: stage.limit)
        for line in SettlementText(settlement, slugs: slugs).lines { Terminal.write(line) }
    }

    /// Hands over the statements of a run as CSV, page by page.
    func statements(of runId: UUID, city: UUID?, _ take: (String) -> Void) async throws {
        var after: String?
        repeat {
            let page = try await ask(GetStatementFile(runId: runId, cityId: city, after: after))
            take(page.csv)
            after = page.next
        } while after != nil
    }
}
