import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Tills that pay steadily while something is done to the suite.
struct BenchSteady: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steady",
        abstract: "Whether every till is answered while services are restarted, scaled or killed; exit code 1 if not.",
        discussion: """
            Redemptions of one cent are sent at a steady rate to whatever instances there are; nothing is stopped or started. \
            A till that hears nothing for --patience asks again, as every till does, under the same id. At the end what the \
            vouchers have lost is compared with what was paid: every redemption must have had one effect.

            Examples:
              citycoop bench steady --rate 50 --seconds 120
              citycoop bench steady --json
            """)

    @Option(help: "Redemptions a second.")
    var rate = 50

    @Option(help: "Seconds for which tills pay.")
    var seconds = 60

    @Option(help: "Vouchers that they are spread over.")
    var vouchers = 100

    @Option(help: "Seconds of silence after which a till asks again.")
    var patience = Seconds(10)

    @Option(help: "Seconds after which a till gives up.")
    var timeout = Seconds(120)

    @Flag(help: "One JSON object.")
    var json = false

    func validate() throws {
        guard (1...10_000).contains(rate) else { throw ValidationError("--rate must be 1 to 10000.") }
        guard (1...86_400).contains(seconds) else { throw ValidationError("--seconds must be 1 to 86400.") }
        guard (1...10_000).contains(vouchers) else { throw ValidationError("--vouchers must be 1 to 10000.") }
    }

    func run() async throws {
        try await reporting {
            let result = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let stage = Stage(requester: session.requester, limit: .seconds(60))
                let ground = BenchGround(stage: stage)
                let codes = try await Progress.during("issuing \(vouchers) vouchers") {
                    try await ground.vouchers(vouchers)
                }
                let before = try await SteadyTill.sum(of: codes, stage)
                Terminal.tell("paying \(rate) times a second for \(seconds) s")
                let till = SteadyTill(
                    requester: session.requester, merchant: ground.merchant, patience: patience.duration,
                    limit: timeout.duration)
                var result = try await Progress.during("paying") {
                    try await till.pay(codes, rate: rate, seconds: seconds)
                }
                result.spent = before - (try await SteadyTill.sum(of: codes, stage))
                return result
            }
            result.show(json: json)
            if !result.isWell { throw ExitCode.refused }
        }
    }
}

/// Pays, and asks again where it hears nothing.
struct SteadyTill: Sendable {
    /// Between two moments at which tills pay.
    private static let tick = Duration.milliseconds(2)
    /// The wait before something is asked again that could not be sent, or may succeed later.
    private static let pause = Duration.milliseconds(200)

    let requester: Requester
    let merchant: UUID
    let patience: Duration
    let limit: Duration

    /// What one payment took.
    private struct Payment {
        var milliseconds: Double
        var asked: Int
        /// Why it was not answered.
        var failure: String?
    }

    /// Pays at a steady rate, whether earlier payments have been answered or not; each is timed from the moment it was due.
    func pay(_ codes: [Secret], rate: Int, seconds: Int) async throws -> SteadyResult {
        let start = ContinuousClock.now
        let count = rate * seconds
        let payments = try await withThrowingTaskGroup(of: Payment.self) { group in
            var sent = 0
            while sent < count {
                let due = min(count, Int((ContinuousClock.now - start) / .seconds(1) * Double(rate)) + 1)
                for number in sent..<max(sent, due) {
                    let redemption = RedeemVoucher(
                        redemptionId: .version7(), code: codes[number % codes.count], merchantId: merchant,
                        amount: Money(1, "EUR"))
                    let moment = start + .seconds(1) * (Double(number) / Double(rate))
                    group.addTask { try await pay(redemption, due: moment) }
                }
                sent = max(sent, due)
                try await Task.sleep(for: Self.tick)
            }
            return try await group.reduce(into: [Payment]()) { $0.append($1) }
        }
        let times = payments.map(\.milliseconds)
        return SteadyResult(
            count: count, seconds: (ContinuousClock.now - start).inSeconds,
            failed: payments.count { $0.failure != nil }, askedAgain: payments.count { $0.asked > 1 },
            firstFailure: payments.lazy.compactMap(\.failure).first, p50Milliseconds: percentile(50, of: times) ?? 0,
            p99Milliseconds: percentile(99, of: times) ?? 0, maxMilliseconds: times.max() ?? 0)
    }

    private func pay(_ redemption: RedeemVoucher, due: ContinuousClock.Instant) async throws -> Payment {
        let id = UUID.version7()
        var asked = 0
        while true {
            asked += 1
            do throws(RequestError) {
                _ = try await requester.call(redemption, within: patience, id: id)
                return payment(due, asked, nil)
            } catch {
                guard isPassing(error), ContinuousClock.now - due < limit else {
                    return payment(due, asked, "\(error)")
                }
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func payment(_ due: ContinuousClock.Instant, _ asked: Int, _ failure: String?) -> Payment {
        Payment(milliseconds: (ContinuousClock.now - due) / .milliseconds(1), asked: asked, failure: failure)
    }

    private func isPassing(_ error: RequestError) -> Bool {
        switch error {
        case .deadlineExceeded, .notSent: true
        case .problem(let problem): problem.retryable
        case .unroutable, .unreadable: false
        }
    }

    /// What is on the vouchers together, in cents.
    static func sum(of codes: [Secret], _ stage: Stage) async throws -> Int64 {
        var sum: Int64 = 0
        for code in codes { sum += try await stage.ask(GetBalance(code: code)).balance.amount }
        return sum
    }
}

/// How tills fared.
struct SteadyResult: Encodable, Equatable, Sendable {
    var bench = "steady"
    /// How many payments of one cent.
    var count: Int
    /// How long they took.
    var seconds: Double
    /// Payments that were never answered, or refused.
    var failed: Int
    /// Payments that were answered when they were asked again.
    var askedAgain: Int
    /// Why the first of them failed.
    var firstFailure: String?
    var p50Milliseconds: Double
    var p99Milliseconds: Double
    var maxMilliseconds: Double
    /// What is gone from the vouchers, in cents.
    var spent: Int64 = 0

    /// Every payment was answered, and had one effect.
    var isWell: Bool { failed == 0 && spent == Int64(count) }

    /// The result as one line.
    func show(json: Bool) {
        if json { return Terminal.write(json: self) }
        let times = [("p50", p50Milliseconds), ("p99", p99Milliseconds), ("at most", maxMilliseconds)].map {
            "\($0) \($1.rounded(to: 1)) ms"
        }
        let parts = [
            "\(count) payments in \(seconds.rounded(to: 1)) s", "\(failed) failed", "\(askedAgain) asked again",
            "\(spent) cents spent",
        ]
        Terminal.write("steady: \((parts + times).joined(separator: ", "))")
        if let firstFailure { Terminal.tell("the first that failed: \(firstFailure)") }
    }
}
