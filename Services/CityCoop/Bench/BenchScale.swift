import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Redemptions, a report and a check with years of vouchers in the database.
struct BenchScale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "What millions of vouchers cost: redemptions against an empty ledger, a report, a check of all.",
        discussion: """
            Measures redemptions as `bench redeem` does, writes vouchers of two and a half years with their entries into vouchers' \
            database, waits until the figures have followed, and measures again; VOUCHERS_DATABASE_URL has to be set. Five \
            million vouchers have more than twenty million lines in the journal and take about 10 GB.

            Examples:
              citycoop bench scale
              citycoop bench scale --vouchers 100000 --json
            """)

    @Option(help: "Vouchers that are written.")
    var vouchers = 5_000_000

    @Option(help: "Redemptions that are measured.")
    var count = 60_000

    @OptionGroup var options: BenchOptions
    @OptionGroup var processes: BenchProcessOptions

    /// Vouchers that the redemptions are spread over.
    private static let spread = 2_000
    /// How often the report is asked for; the longest time counts.
    private static let reports = 5

    func validate() throws {
        try validateCount(count, max: 10_000_000)
        guard (1...100_000_000).contains(vouchers) else {
            throw ValidationError("--vouchers must be 1 to 100000000.")
        }
    }

    func run() async throws {
        try await reporting {
            let run = try processes.run(options)
            let database = try DatabaseAddress(url: run.surroundings.require("VOUCHERS_DATABASE_URL")[0])
            let result = try await run.with { session, stage, stillness in
                let ground = BenchGround(stage: stage)
                let codes = try await ground.vouchers(Self.spread)
                func redemptions() async throws -> Double {
                    let reading = try await stillness.during(stage) {
                        try await session.publishMany(ground.redemptions(count, of: codes), within: run.limit)
                        return try await stillness.measure(count: count, within: run.limit)
                    }
                    return Double(reading.count) / reading.duration.inSeconds
                }
                let empty = try await redemptions()
                let years = try await BenchYears(database)
                let lines = try await years.fill(vouchers)
                let figures = try await years.waitForFigures(stage)
                let full = try await redemptions()
                let liability = try await longest(stage)
                let clock = ContinuousClock()
                let start = clock.now
                let check = try await LedgerReport(asking: session.requester, within: run.limit)
                return ScaleResult(
                    vouchers: vouchers, lines: lines, emptyRate: empty, fullRate: full, ratio: full / empty,
                    figuresSeconds: figures.inSeconds, liabilitySeconds: liability.inSeconds,
                    verifySeconds: (clock.now - start).inSeconds, findings: check.findings.count)
            }
            result.show(json: options.json)
            if result.findings > 0 { throw ExitCode.refused }
        }
    }

    /// The longest of some reports of what was owed a year ago.
    private func longest(_ stage: Stage) async throws -> Duration {
        let clock = ContinuousClock()
        var longest = Duration.zero
        for _ in 0..<Self.reports {
            let start = clock.now
            _ = try await stage.ask(GetLiability(day: Day(of: Timestamp(Date())).advanced(by: -365), limit: 100))
            longest = max(longest, clock.now - start)
        }
        return longest
    }
}

/// What came out with years of vouchers in the database.
struct ScaleResult: Encodable, Sendable {
    var bench = "scale"
    var vouchers: Int
    /// Of the journal, written before the second measurement.
    var lines: Int64
    /// Redemptions a second.
    var emptyRate: Double
    var fullRate: Double
    /// The second by the first.
    var ratio: Double
    /// Until the figures had followed the journal.
    var figuresSeconds: Double
    var liabilitySeconds: Double
    var verifySeconds: Double
    /// Of the check: none if all is well.
    var findings: Int

    /// The result as one line.
    func show(json: Bool) {
        if json { return Terminal.write(json: self) }
        Terminal.write(
            """
            scale: \(vouchers) vouchers, \(lines) lines, \(Int(fullRate))/s against \(Int(emptyRate))/s, figures \
            \(figuresSeconds.rounded(to: 1)) s, liability \(liabilitySeconds.rounded(to: 3)) s, verify \
            \(verifySeconds.rounded(to: 1)) s, \(findings) findings
            """)
    }
}
