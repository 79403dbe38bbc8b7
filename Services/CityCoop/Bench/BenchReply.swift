import ArgumentParser
import Contracts

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
                    let tills = SteadyTills(
                        requester: session.requester, codes: codes, merchant: ground.merchant, rate: rate,
                        limit: options.timeout.duration)
                    return try await Progress.during("paying \(count) times, \(rate) times a second") {
                        let start = ContinuousClock.now
                        let times = try await tills.pay(atMost: count)
                        var result = BenchResult(
                            "reply", count: count, seconds: (ContinuousClock.now - start).inSeconds)
                        result.p50Milliseconds = percentile(50, of: times)
                        result.p99Milliseconds = percentile(99, of: times)
                        return result
                    }
                }
            }
            result.show(json: options.json)
        }
    }
}
