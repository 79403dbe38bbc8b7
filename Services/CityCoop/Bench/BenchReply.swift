import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Tills that wait for their receipts, at a steady rate.
struct BenchReply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reply",
        abstract: "How long a till waits for the receipt of vouchers.redeem.v1 while many pay at once.",
        discussion: """
            Redemptions are sent at a steady rate, whether earlier ones have been answered or not, and each is timed from \
            the moment it was due: a stall counts for everybody it kept waiting. Of the services only vouchers runs \
            meanwhile, as for redeem; the tills are this program.

            Examples:
              citycoop bench reply --rate 3000
              citycoop bench reply --count 60000 --rate 5000 --json
            """)

    @Option(help: "Redemptions.")
    var count = 30_000

    @Option(help: "Redemptions a second.")
    var rate = 3_000

    @Option(help: "Vouchers that they are spread over.")
    var vouchers = 2_000

    @OptionGroup var options: BenchOptions
    @OptionGroup var processes: BenchProcessOptions

    /// Between two moments at which tills pay.
    private static let tick = Duration.milliseconds(2)

    func validate() throws {
        try validateCount(count, max: 10_000_000)
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate must be 1 to 100000.") }
        guard (1...100_000).contains(vouchers) else { throw ValidationError("--vouchers must be 1 to 100000.") }
    }

    func run() async throws {
        try await reporting {
            let result = try await processes.run(options).with { session, stage, stillness in
                let ground = BenchGround(stage: stage)
                let codes = try await Progress.during("issuing \(vouchers) vouchers") {
                    try await ground.vouchers(vouchers)
                }
                return try await stillness.during(stage) {
                    try await stillness.start([.vouchers])
                    return try await Progress.during("paying \(count) times, \(rate) times a second") {
                        try await measure(session.requester, codes, merchant: ground.merchant)
                    }
                }
            }
            result.show(json: options.json)
        }
    }

    private func measure(_ requester: Requester, _ codes: [Secret], merchant: UUID) async throws -> BenchResult {
        let start = ContinuousClock.now
        let limit = options.timeout.duration
        let times = try await withThrowingTaskGroup(of: Double.self) { group in
            var sent = 0
            while sent < count {
                let due = min(count, Int((ContinuousClock.now - start) / .seconds(1) * Double(rate)) + 1)
                for number in sent..<max(sent, due) {
                    let redemption = RedeemVoucher(
                        redemptionId: .version7(), code: codes[number % codes.count], merchantId: merchant,
                        amount: Money(1, "EUR"))
                    let moment = start + .seconds(1) * (Double(number) / Double(rate))
                    group.addTask {
                        _ = try await requester.call(redemption, within: limit)
                        return (ContinuousClock.now - moment) / .milliseconds(1)
                    }
                }
                sent = max(sent, due)
                try await Task.sleep(for: Self.tick)
            }
            return try await group.reduce(into: [Double]()) { $0.append($1) }
        }
        var result = BenchResult("reply", count: count, seconds: (ContinuousClock.now - start).inSeconds)
        result.p50Milliseconds = percentile(50, of: times)
        result.p99Milliseconds = percentile(99, of: times)
        return result
    }
}
