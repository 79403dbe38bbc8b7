import ArgumentParser
import Contracts

/// Redemptions from queue to committed ledger, event confirmed.
struct BenchRedeem: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redeem",
        abstract: "How many vouchers.redeem.v1 a second go from the queue to the ledger, their events confirmed.",
        discussion: """
            The commands wait in the queue before vouchers starts, alone. The clock starts when the first events have \
            arrived and stops when all have; afterwards the ledger has to show every redemption.

            Examples:
              citycoop bench redeem
              citycoop bench redeem --count 100000 --vouchers 10000 --json
            """)

    @Option(help: "Redemptions.")
    var count = 30_000

    @Option(help: "Vouchers that they are spread over.")
    var vouchers = 2_000

    @OptionGroup var options: BenchOptions
    @OptionGroup var processes: BenchProcessOptions

    func validate() throws {
        try validateCount(count, max: 10_000_000)
        guard (1...100_000).contains(vouchers), count / vouchers <= 1_000_000 else {
            throw ValidationError("--vouchers must be 1 to 100000, and enough for --count cents.")
        }
    }

    func run() async throws {
        try await reporting {
            let run = try processes.run(options)
            let result = try await run.with { session, stage, stillness in
                let ground = BenchGround(stage: stage)
                let codes = try await Progress.during("issuing \(vouchers) vouchers") {
                    try await ground.vouchers(vouchers)
                }
                let before = try await stage.ask(GetLedger()).redemptions
                let reading = try await stillness.during(stage) {
                    let commands = ground.redemptions(count, of: codes)
                    try await Progress.during("filling the queue with \(count) commands") {
                        try await session.publishMany(commands, within: run.limit)
                    }
                    return try await stillness.measure(count: count, within: run.limit)
                }
                try await check(stage, redemptions: before + Int64(count))
                return BenchResult("redeem", count: reading.count, seconds: reading.duration.inSeconds)
            }
            result.show(json: options.json)
        }
    }

    private func check(_ stage: Stage, redemptions expected: Int64) async throws {
        let ledger = try await stage.ask(GetLedger())
        guard ledger.redemptions == expected, ledger.balanced else {
            throw CommandFailure(
                .refused,
                "The ledger has \(ledger.redemptions) redemptions, not \(expected)"
                    + (ledger.balanced ? "." : ", and does not balance."))
        }
    }
}
