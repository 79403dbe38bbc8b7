import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// What the table of the throttle says, where the board of an instance does not know it yet.
@Suite(.timeLimit(.minutes(1)))
struct ThrottledTests {
    /// The first code is wrong; the second only if the first was never tried.
    private struct Pair: CodeDecisions {
        var tried: Set<UUID> = []
        let first: UUID

        mutating func decide(_ holdId: UUID) -> Bool {
            tried.insert(holdId)
            return holdId == first || !tried.contains(first)
        }

        func isWrongCode(_ holdId: UUID, _ decision: Bool) -> Bool { decision }
    }

    /// Answers nobody.
    private struct DecidePairs: Handler {
        static let access: AccessRule<HoldAmount> = .merchant { $0.merchantId }
        let throttle: Throttle
        let first: UUID

        func handle(_ batch: Batch<HoldAmount>, in transaction: inout MessageTransaction) async throws {
            let attempts = transaction.attempts(
                batch, under: throttle, by: { Trier(user: $0.merchantId.text) },
                refusing: { HoldRefused(holdId: $0.holdId, code: $1) }, asking: { $0.holdId })
            _ = try await transaction.decide(attempts, over: Pair(first: first)) { $0.decide($1) }
        }
    }

    @Test func whoBecomesASuspectByWhatTheTableSaysIsCountedAsWell() async throws {
        var rules = ThrottleRules()
        rules.principalMax = 2
        try await Shop.open(throttle: rules) { shop in
            let (thief, till) = (UUID(), UUID())
            let elsewhere = Throttle(rules)
            for _ in 0..<2 {
                let now = Timestamp(Date())
                _ = try await elsewhere.count(Trier(user: thief.text), at: now, in: shop.bench.database)
            }
            let commands = [thief, till].map { merchantId in
                HoldAmount(
                    holdId: UUID(), code: Secret("x"), merchantId: merchantId, amount: Money(1, "EUR"),
                    timeToLiveSeconds: 60)
            }
            let handler = DecidePairs(throttle: shop.throttle, first: commands[0].holdId)
            let outcome = try await shop.bench.run(handler, commands)
            #expect([0, 1].map { outcome.problem($0)?.code } == ["too-many-wrong-codes", nil])
            let counted = try await shop.bench.database.execute(ReadThrottle()).map(\.key)
            #expect(
                Set(counted) == [
                    .everyone, ThrottleKey(scope: .principal, subject: thief.text),
                    ThrottleKey(scope: .principal, subject: till.text),
                ])
        }
    }
}
