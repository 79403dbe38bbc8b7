import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging
import Synchronization

/// Tills that wait for their receipts while a large order is made.
struct BenchOrder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "order",
        abstract: "How long a till waits for the receipt of vouchers.redeem.v1 while a large order is made.",
        discussion: """
            Redemptions are sent at a steady rate, as for reply: first with nothing else to do, then from the moment at which an \
            order is placed until its last voucher is made. Of the services only vouchers runs meanwhile.

            Examples:
              citycoop bench order --rate 3000
              citycoop bench order --ordered 20000 --json
            """)

    @Option(help: "Redemptions without an order.")
    var count = 30_000

    @Option(help: "Redemptions a second.")
    var rate = 3_000

    @Option(help: "Vouchers that the redemptions are spread over.")
    var vouchers = 2_000

    @Option(help: "Vouchers of the order.")
    var ordered = PlaceOrder.vouchersMax

    @OptionGroup var options: BenchOptions
    @OptionGroup var processes: BenchProcessOptions

    /// Receipts during the order below which 99 of 100 says little.
    private static let receiptsMin = 1_000

    func validate() throws {
        try validateCount(count, max: 10_000_000)
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate must be 1 to 100000.") }
        guard (1...100_000).contains(vouchers) else { throw ValidationError("--vouchers must be 1 to 100000.") }
        guard (1...PlaceOrder.vouchersMax).contains(ordered) else {
            throw ValidationError("--ordered must be 1 to \(PlaceOrder.vouchersMax).")
        }
    }

    func run() async throws {
        try await reporting {
            let limit = options.timeout.duration
            let result = try await processes.run(options).with { session, stage, stillness in
                let ground = BenchGround(stage: stage)
                let codes = try await Progress.during("issuing \(vouchers) vouchers") {
                    try await ground.vouchers(vouchers)
                }
                let order = try await ground.order(of: ordered)
                return try await stillness.during(stage) {
                    try await stillness.start([.vouchers])
                    let tills = SteadyTills(
                        requester: session.requester, codes: codes, merchant: ground.merchant, rate: rate, limit: limit)
                    let alone = try await Progress.during("paying \(count) times, \(rate) times a second") {
                        try await tills.pay(atMost: count)
                    }
                    let patient = Stage(requester: session.requester, limit: limit)
                    return try await Progress.during("paying while \(ordered) vouchers are made") {
                        try await measure(tills, alone: alone, during: order, patient)
                    }
                }
            }
            result.show(json: options.json)
        }
    }

    private func measure(
        _ tills: SteadyTills, alone: [Double], during order: PlaceOrder, _ stage: Stage
    ) async throws -> OrderResult {
        let start = ContinuousClock.now
        let ending = Ending()
        async let paying = tills.pay(atMost: .max) { ending.isReached }
        _ = try await stage.ask(order)
        _ = try await stage.ask(GetOrder(orderId: order.orderId, issuerCityId: order.issuerCityId)) {
            $0.order.made == $0.order.vouchers
        }
        let seconds = (ContinuousClock.now - start).inSeconds
        ending.reach()
        let times = try await paying
        guard times.count >= Self.receiptsMin else {
            throw CommandFailure(
                .refused, "Only \(times.count) receipts came while the order was made.",
                hint: "a higher --rate or a larger --ordered")
        }
        return OrderResult(rate: rate, alone: alone, ordered: ordered, orderSeconds: seconds, during: times)
    }
}

/// Whether something is over, for whoever goes on until then.
private final class Ending: Sendable {
    private let flag = Atomic(false)

    var isReached: Bool { flag.load(ordering: .relaxed) }

    func reach() {
        flag.store(true, ordering: .relaxed)
    }
}

extension BenchGround {
    /// Sets the programme of the story, and makes an order of so many of its vouchers ready.
    func order(of count: Int) async throws -> PlaceOrder {
        let weiz = try Cast.cities().city("weiz")
        let programme = Cast.programme(of: weiz)
        _ = try await stage.ask(programme)
        return PlaceOrder(
            orderId: .version7(), issuerCityId: weiz.cityId, programmeId: programme.programmeId, name: "Bench",
            buyer: Cast.company, purpose: .company, payment: .bankTransfer,
            lines: [OrderLine(value: Money(1_000, "EUR"), count: count)])
    }
}

/// What came out with and without an order.
struct OrderResult: Encodable, Sendable {
    let bench = "order"
    /// Redemptions a second, in both parts.
    let rate: Int
    /// Vouchers of the order, and the seconds from its placing until all were made.
    let ordered: Int
    let orderSeconds: Double
    /// Receipts in each part, and how long half of them and 99 of 100 took at most.
    let countAlone: Int
    let p50Alone: Double
    let p99Alone: Double
    let countDuring: Int
    let p50During: Double
    let p99During: Double
    /// The last by that without an order.
    let ratio: Double

    init(rate: Int, alone: [Double], ordered: Int, orderSeconds: Double, during: [Double]) {
        (self.rate, self.ordered, self.orderSeconds) = (rate, ordered, orderSeconds)
        (countAlone, countDuring) = (alone.count, during.count)
        (p50Alone, p99Alone) = (percentile(50, of: alone) ?? 0, percentile(99, of: alone) ?? 0)
        (p50During, p99During) = (percentile(50, of: during) ?? 0, percentile(99, of: during) ?? 0)
        ratio = p99Alone > 0 ? p99During / p99Alone : 0
    }

    /// The result as one line.
    func show(json: Bool) {
        if json { return Terminal.write(json: self) }
        Terminal.write(
            """
            order: \(rate)/s, alone \(countAlone) p50 \(p50Alone.rounded(to: 3)) ms p99 \(p99Alone.rounded(to: 3)) ms, while \
            \(ordered) vouchers were made in \(orderSeconds.rounded(to: 1)) s \(countDuring) p50 \
            \(p50During.rounded(to: 3)) ms p99 \(p99During.rounded(to: 3)) ms, ratio \(ratio.rounded(to: 2))
            """)
    }
}
