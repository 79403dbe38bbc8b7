import ArgumentParser
import Contracts
import Messaging

/// Requests and their replies, one after the other.
struct BenchRequest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "How long vouchers.get-balance.v1 takes, request and reply, one after the other.",
        discussion: """
            Examples:
              citycoop bench request
              citycoop bench request --count 20000 --json
            """)

    @Option(help: "Requests.")
    var count = 5_000

    @OptionGroup var options: BenchOptions

    /// Requests that are not counted: connections, caches and prepared statements settle.
    private static let warmUp = 200

    func validate() throws {
        try validateCount(count, max: 10_000_000)
    }

    func run() async throws {
        try await reporting {
            let result = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let stage = Stage(requester: session.requester, limit: .seconds(30))
                let codes = try await BenchGround(stage: stage).vouchers(1)
                let query = GetBalance(code: codes[0])
                return try await Progress.during("asking \(count) times") {
                    for _ in 0..<Self.warmUp { _ = try await session.requester.call(query) }
                    return try await BenchResult.timing(
                        "request", count: count, within: options.timeout.duration
                    ) { _ in _ = try await session.requester.call(query) }
                }
            }
            result.show(json: options.json)
        }
    }
}

extension BenchResult {
    /// Times requests one after the other; each is given its number.
    static func timing(
        _ bench: String, count: Int, within limit: Duration, _ request: (Int) async throws -> Void
    ) async throws -> BenchResult {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + limit
        var times: [Double] = []
        times.reserveCapacity(count)
        for number in 0..<count {
            guard clock.now < deadline else {
                throw CommandFailure(.deadline, "Only \(times.count) requests were answered in time.")
            }
            let time = try await clock.measure { try await request(number) }
            times.append(time / .milliseconds(1))
        }
        var result = BenchResult(bench, count: count, seconds: (clock.now - start).inSeconds)
        result.p50Milliseconds = percentile(50, of: times)
        result.p99Milliseconds = percentile(99, of: times)
        return result
    }
}
