import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Redemptions, a report and a check with years of vouchers in the database.
struct BenchScale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "What millions of vouchers cost: redemptions against an empty ledger, reports, a check of all.",
        discussion: """
            Measures redemptions as `bench redeem` does, writes vouchers of two and a half years with their entries into vouchers' \
            database, waits until the figures have followed, and measures again; VOUCHERS_DATABASE_URL has to be set. Five \
            million vouchers have more than twenty million lines in the journal and take about 10 GB. Of the questions that \
            operators ask, the longest answer of each kind counts.

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
    /// How often each report is asked for, and how many vouchers are asked for; the longest time counts.
    private static let questions = 50

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
                var result = ScaleResult(vouchers: vouchers)
                result.emptyRate = try await redemptions()
                let years = try await BenchYears(database)
                (result.lines, result.fillSeconds) = try await timing { try await years.fill(vouchers) }
                result.figuresSeconds = try await years.waitForFigures(stage).inSeconds
                result.fullRate = try await redemptions()
                try await ask(stage, about: years.someVouchers(Self.questions), &result)
                await years.close()
                let report: LedgerReport
                (report, result.verifySeconds) = try await timing {
                    try await LedgerReport(asking: session.requester, within: run.limit)
                }
                result.findings = report.findings.count
                return result
            }
            result.show(json: options.json)
            if result.findings > 0 { throw ExitCode.refused }
        }
    }

    /// Asks what operators ask: what was owed a year ago, the sums of the ledger, what became of a voucher.
    private func ask(_ stage: Stage, about vouchers: [UUID], _ result: inout ScaleResult) async throws {
        let day = Day(of: Timestamp(Date())).advanced(by: -365)
        for voucher in vouchers {
            let (_, liability) = try await timing { try await stage.ask(GetLiability(day: day, limit: 100)) }
            let (ledger, sums) = try await timing { try await stage.ask(GetLedger()) }
            let (_, history) = try await timing { try await stage.ask(GetVoucher(voucherId: voucher)) }
            guard ledger.balanced else { throw CommandFailure(.refused, "The ledger does not balance.") }
            result.liabilitySeconds = max(result.liabilitySeconds, liability)
            result.ledgerSeconds = max(result.ledgerSeconds, sums)
            result.voucherSeconds = max(result.voucherSeconds, history)
        }
    }

    /// What came out, and how many seconds it took.
    private func timing<Value>(_ body: () async throws -> Value) async throws -> (Value, Double) {
        let start = ContinuousClock.now
        return (try await body(), (ContinuousClock.now - start).inSeconds)
    }
}

/// What came out with years of vouchers in the database.
struct ScaleResult: Encodable, Sendable {
    let bench = "scale"
    let vouchers: Int
    /// Of the journal, written before the second measurement.
    var lines: Int64 = 0
    /// Redemptions a second.
    var emptyRate = 0.0
    var fullRate = 0.0 {
        didSet { ratio = emptyRate > 0 ? fullRate / emptyRate : 0 }
    }
    /// The second by the first.
    private(set) var ratio = 0.0
    /// Until the years were written.
    var fillSeconds = 0.0
    /// Until the figures had followed the journal.
    var figuresSeconds = 0.0
    /// The longest answers to `get-liability`, `get-ledger` and `get-voucher`.
    var liabilitySeconds = 0.0
    var ledgerSeconds = 0.0
    var voucherSeconds = 0.0
    var verifySeconds = 0.0
    /// Of the check: none if all is well.
    var findings = 0

    init(vouchers: Int) {
        self.vouchers = vouchers
    }

    /// The result as one line.
    func show(json: Bool) {
        if json { return Terminal.write(json: self) }
        Terminal.write(
            """
            scale: \(vouchers) vouchers, \(lines) lines, \(Int(fullRate))/s against \(Int(emptyRate))/s, filled in \
            \(fillSeconds.rounded(to: 1)) s, figures \(figuresSeconds.rounded(to: 1)) s, liability \
            \(liabilitySeconds.rounded(to: 3)) s, sums \(ledgerSeconds.rounded(to: 3)) s, a voucher \
            \(voucherSeconds.rounded(to: 3)) s, verify \(verifySeconds.rounded(to: 1)) s, \(findings) findings
            """)
    }
}
