import Contracts
import FoundationEssentials
import Messaging

/// Tills that pay at a steady rate and wait for their receipts.
struct SteadyTills: Sendable {
    /// Between two moments at which tills pay.
    private static let tick = Duration.milliseconds(2)

    let requester: Requester
    /// Of the vouchers that are spent, in turn.
    let codes: [Secret]
    let merchant: UUID
    /// Redemptions a second.
    let rate: Int
    /// How long a receipt may take.
    let limit: Duration

    /// Pays one cent after the other, whether earlier ones have been answered or not; returns the milliseconds that each took.
    ///
    /// Each is timed from the moment it was due: a stall counts for everybody it kept waiting.
    func pay(atMost count: Int, until isOver: @Sendable () -> Bool = { false }) async throws -> [Double] {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Double.self) { group in
            var sent = 0
            while sent < count, !isOver() {
                let due = min(count, Int((ContinuousClock.now - start) / .seconds(1) * Double(rate)) + 1)
                for number in sent..<max(sent, due) {
                    let moment = start + .seconds(1) * (Double(number) / Double(rate))
                    group.addTask { try await pay(number, dueAt: moment) }
                }
                sent = max(sent, due)
                try await Task.sleep(for: Self.tick)
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func pay(_ number: Int, dueAt moment: ContinuousClock.Instant) async throws -> Double {
        let redemption = RedeemVoucher(
            redemptionId: .version7(), code: codes[number % codes.count], merchantId: merchant, amount: Money(1, "EUR"))
        _ = try await requester.call(redemption, within: limit)
        return (ContinuousClock.now - moment) / .milliseconds(1)
    }
}
