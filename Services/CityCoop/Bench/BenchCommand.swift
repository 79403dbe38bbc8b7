import ArgumentParser

/// Measures the suite.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the running suite: redemptions, receipts, requests, finding cities, the outbox.",
        discussion: """
            redeem, reply, order, outbox and scale stop the services, start vouchers alone and measure it, then start the others \
            again; --state and the environment have to be those of `citycoop up`. They add vouchers and redemptions to the \
            ledger, and find adds merchants: this is not for a suite in use. infra/bench runs them on servers of their own. \
            steady leaves the services alone and tells whether tills notice what is done to them.

            Examples:
              citycoop bench redeem
              citycoop bench request --count 10000 --json
              citycoop bench find
              citycoop bench outbox --count 100000
              citycoop bench order --ordered 20000
              citycoop bench scale --vouchers 100000
              citycoop bench steady --rate 50 --seconds 120
            """,
        subcommands: [
            BenchRedeem.self, BenchReply.self, BenchRequest.self, BenchFind.self, BenchOutbox.self, BenchOrder.self,
            BenchScale.self, BenchSteady.self,
        ])
}

/// What came out of a measurement.
struct BenchResult: Encodable, Equatable, Sendable {
    /// What was measured.
    var bench: String
    /// How many.
    var count: Int
    /// How long they took.
    var seconds: Double
    /// How many in a second.
    var rate: Double
    /// Half of them took no longer; for requests.
    var p50Milliseconds: Double?
    /// 99 of 100 took no longer; for requests.
    var p99Milliseconds: Double?

    init(_ bench: String, count: Int, seconds: Double) {
        self.bench = bench
        self.count = count
        self.seconds = seconds
        rate = seconds > 0 ? Double(count) / seconds : 0
    }

    /// The result as one line.
    func show(json: Bool) {
        if json { return Terminal.write(json: self) }
        let quantiles = [("p50", p50Milliseconds), ("p99", p99Milliseconds)].compactMap { name, value in
            value.map { "\(name) \($0.rounded(to: 3)) ms" }
        }
        let parts = ["\(count) in \(seconds.rounded(to: 2)) s", "\(Int(rate))/s"] + quantiles
        Terminal.write("\(bench): \(parts.joined(separator: ", "))")
    }
}

extension Double {
    /// With so many decimal places.
    func rounded(to places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}

extension Duration {
    /// The same time in seconds.
    var inSeconds: Double { self / .seconds(1) }
}

/// The value below which so many of a hundred lie, by the nearest rank.
func percentile(_ percent: Double, of values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let rank = Int((percent / 100 * Double(values.count)).rounded(.up))
    return values.sorted()[min(max(rank, 1), values.count) - 1]
}
