import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// The throttle on a real database: who is stopped, who is not, and what operators see and do.
@Suite(.timeLimit(.minutes(2)))
struct ThrottleTests {
    private static func rules(principal: Int = 3, merchant: Int = 100, total: Int = 1_000) -> ThrottleRules {
        var rules = ThrottleRules()
        (rules.principalMax, rules.merchantMax, rules.everyoneMax) = (principal, merchant, total)
        return rules
    }

    private static func wrong(_ shop: Shop) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: UUID(), code: Secret("9C3H-PJJT-F2Z4-B449"), merchantId: shop.merchant,
            amount: Money(1, "EUR"))
    }

    private static func codes<H: Handler>(_ shop: Shop, _ handler: H, _ messages: [H.Message], user: String)
        async throws
        -> [String?]
    {
        let outcome = try await shop.bench.run(handler, messages, user: user)
        return messages.indices.map { outcome.problem($0)?.code }
    }

    @Test func whoIsLockedOutHearsSoAndNothingIsLookedUp() async throws {
        try await Shop.open(throttle: Self.rules()) { shop in
            let voucher = try await shop.issued(1_000)
            let batch = (0..<5).map { _ in Self.wrong(shop) }
            let answers = try await Self.codes(shop, shop.redeem, batch, user: "till")
            #expect(answers.prefix(3) == Array(repeating: "voucher-not-usable", count: 3)[...])
            #expect(answers.suffix(2) == Array(repeating: "too-many-wrong-codes", count: 2)[...])

            let right = shop.redemption(voucher, 400)
            // Somebody holds the voucher's row: a look-up would wait until it is refused.
            let outcome = try await shop.bench.database.withTransaction { transaction in
                let lookups = try shop.keys.lookups(for: VoucherCode(parsing: voucher.code.revealed)).map(\.digest)
                _ = try await transaction.execute(LockVouchers(lookups: lookups))
                return try await shop.bench.run(shop.redeem, [right], user: "till")
            }
            let problem = try #require(outcome.problem())
            #expect(problem.code == "too-many-wrong-codes" && problem.retryable && problem.detail != nil)
            #expect(try outcome.events(RedemptionRefused.self).map(\.code) == ["too-many-wrong-codes"])
            // It was no outcome of the id: once the lockout is over the same is done.
            let later = Date().addingTimeInterval(601)
            let done = try await shop.bench.run(shop.redeem, [right], user: "till", at: later)
            #expect(try done.reply(to: RedeemVoucher.self).balance.amount == 600)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.redemptions == 1)
        }
    }

    @Test func aMerchantIsStoppedAcrossItsTillsAndNobodyElseIs() async throws {
        try await Shop.open(throttle: Self.rules(principal: 100, merchant: 4)) { shop in
            let voucher = try await shop.issued(1_000)
            for till in 0..<4 {
                let answers = try await Self.codes(shop, shop.redeem, [Self.wrong(shop)], user: "till \(till)")
                #expect(answers == ["voucher-not-usable"])
            }
            let fresh = try await Self.codes(shop, shop.redeem, [shop.redemption(voucher, 10)], user: "till 9")
            #expect(fresh == ["too-many-wrong-codes"])
            let elsewhere = UUID()
            let merchant = MerchantRegistered(merchantId: elsewhere, cityId: shop.city, name: "Books", version: 1)
            _ = try await shop.bench.run(KeepMerchants(), [merchant], user: "cities")
            var redemption = shop.redemption(voucher, 10)
            redemption.merchantId = elsewhere
            #expect(try await Self.codes(shop, shop.redeem, [redemption], user: "till 0") == [nil])
        }
    }

    @Test func tooManyInTotalStopThoseWhoTried() async throws {
        try await Shop.open(throttle: Self.rules(principal: 10, total: 4)) { shop in
            let voucher = try await shop.issued(1_000)
            let thieves = ["one", "two", "three", "four"]
            for thief in thieves {
                await #expect(throws: Problem.self) {
                    try await shop.bench.ask(
                        shop.balances, GetBalance(code: Secret("9C3H-PJJT-F2Z4-B449")), user: thief)
                }
            }
            let answers = try await Self.codes(shop, shop.redeem, [shop.redemption(voucher, 10)], user: "one")
            #expect(answers == ["too-many-wrong-codes"])
            #expect(try await Self.codes(shop, shop.redeem, [shop.redemption(voucher, 10)], user: "till") == [nil])
        }
    }

    @Test func askingForBalancesCountsAsWell() async throws {
        try await Shop.open(throttle: Self.rules()) { shop in
            let voucher = try await shop.issued(1_000)
            func ask(_ code: String) async -> String? {
                do {
                    _ = try await shop.bench.ask(shop.balances, GetBalance(code: Secret(code)), user: "site")
                    return nil
                } catch { return (error as? Problem)?.code }
            }
            // Malformed, a wrong check character, unknown: each counts.
            for code in ["x", "0000-0000-0000-0001", "9C3H-PJJT-F2Z4-B449"] {
                #expect(await ask(code) == "voucher-not-usable")
            }
            #expect(await ask(voucher.code.revealed) == "too-many-wrong-codes")
            #expect(await ask("x") == "too-many-wrong-codes")
        }
    }

    @Test func tillsAtManyInstancesHaveNoMoreTriesThanAtOne() async throws {
        try await Shop.open(connections: 4, throttle: Self.rules(principal: 10)) { shop in
            let answers = try await withThrowingTaskGroup(of: [String?].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let instance = RedeemVouchers(keys: shop.keys, throttle: Throttle(shop.throttle.rules))
                        let batch = [Self.wrong(shop), Self.wrong(shop)]
                        return try await Self.codes(shop, instance, batch, user: "till")
                    }
                }
                return try await group.reduce(into: [String?]()) { $0 += $1 }
            }
            #expect(answers.count { $0 == "voucher-not-usable" } == 10)
            #expect(answers.count { $0 == "too-many-wrong-codes" } == 6)
        }
    }

    /// A transaction that began before all others and gets the locks last counts after them: not one try early.
    @Test func aTryCountsFromItsLocksAndNotFromItsBeginning() async throws {
        try await Shop.open(connections: 3, throttle: Self.rules(principal: 4)) { shop in
            let early = Date().addingTimeInterval(-5)
            for _ in 0..<2 {
                #expect(
                    try await Self.codes(shop, shop.redeem, [Self.wrong(shop)], user: "till") == ["voucher-not-usable"])
            }
            let late = RedeemVouchers(keys: shop.keys, throttle: Throttle(shop.throttle.rules))
            for tries in [3, 4] {
                let outcome = try await shop.bench.run(late, [Self.wrong(shop)], user: "till", at: early)
                #expect(outcome.problem()?.code == "voucher-not-usable", "\(tries) of 4 are answered")
                let lockouts = try await shop.bench.ask(FindLockoutsNow(), FindLockouts()).lockouts
                #expect(lockouts.isEmpty == (tries < 4))
            }
            #expect(try await Self.codes(shop, late, [Self.wrong(shop)], user: "till") == ["too-many-wrong-codes"])
        }
    }

    @Test func anotherInstanceFollowsAndALockoutIsSaidOnce() async throws {
        try await Shop.open(throttle: Self.rules()) { shop in
            let voucher = try await shop.issued(1_000)
            _ = try await Self.codes(shop, shop.redeem, (0..<3).map { _ in Self.wrong(shop) }, user: "till")
            let other = Throttle(shop.throttle.rules)
            let crashed = try await shop.bench.run(WatchThrottle(throttle: shop.throttle), end: .undone)
            #expect(crashed.outcome.events.isEmpty)
            let watched = try await shop.bench.run(WatchThrottle(throttle: other)).outcome
            let said = try watched.events(LockedOut.self).map(\.lockout)
            #expect(said.map(\.userId) == ["till"] && said.map(\.scope) == [.principal])
            #expect(try await shop.bench.run(WatchThrottle(throttle: other)).outcome.events.isEmpty)
            let instance = RedeemVouchers(keys: shop.keys, throttle: other)
            let answers = try await Self.codes(shop, instance, [shop.redemption(voucher, 10)], user: "till")
            #expect(answers == ["too-many-wrong-codes"])
        }
    }

    @Test func operatorsSeeLockoutsAndEndThem() async throws {
        try await Shop.open(throttle: Self.rules(merchant: 3)) { shop in
            let voucher = try await shop.issued(1_000)
            _ = try await Self.codes(shop, shop.redeem, (0..<3).map { _ in Self.wrong(shop) }, user: "till")
            let all = try await shop.bench.ask(FindLockoutsNow(), FindLockouts()).lockouts
            #expect(Set(all.map(\.scope)) == [.principal, .merchant])
            let here = try await shop.bench.ask(FindLockoutsNow(), FindLockouts(cityId: shop.city)).lockouts
            #expect(here.map(\.merchantId) == [shop.merchant])
            let elsewhere = try await shop.bench.ask(FindLockoutsNow(), FindLockouts(cityId: UUID())).lockouts
            #expect(elsewhere.isEmpty)

            let end = EndLockouts(throttle: shop.throttle)
            let principal = try #require(all.first { $0.scope == .principal })
            // A terminal is of no city, and a merchant of its own.
            let foreign = try await shop.bench.run(
                end,
                [
                    EndLockout(lockoutId: principal.lockoutId, cityId: shop.city),
                    EndLockout(lockoutId: here[0].lockoutId, cityId: UUID()), EndLockout(lockoutId: UUID()),
                ])
            #expect((0..<3).map { foreign.problem($0)?.code } == Array(repeating: "lockout-unknown", count: 3))
            let ended = try await shop.bench.run(
                end,
                [
                    EndLockout(lockoutId: here[0].lockoutId, cityId: shop.city),
                    EndLockout(lockoutId: principal.lockoutId), EndLockout(lockoutId: principal.lockoutId),
                ])
            #expect(try ended.reply(1, to: EndLockout.self) == ended.reply(2, to: EndLockout.self))
            #expect(
                try ended.events(LockoutEnded.self).map(\.lockoutId) == [here[0].lockoutId, principal.lockoutId])
            #expect(try await shop.bench.ask(FindLockoutsNow(), FindLockouts()).lockouts.isEmpty)
            #expect(try await Self.codes(shop, shop.redeem, [shop.redemption(voucher, 10)], user: "till") == [nil])
            // What led to it is forgotten too: one more wrong code locks nobody out.
            #expect(try await Self.codes(shop, shop.redeem, [Self.wrong(shop)], user: "till") == ["voucher-not-usable"])
            #expect(try await Self.codes(shop, shop.redeem, [shop.redemption(voucher, 10)], user: "till") == [nil])
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let statements: [any Statement] = [
                LockThrottle(keys: [], now: Date()), WriteThrottle(rows: []), ReadThrottle(), TakeUntoldLockouts(),
                LockLockouts(ids: []), ReadLockouts(cityId: nil),
            ]
            let mistakes = try await shop.bench.mistakes(in: statements)
            #expect(mistakes.isEmpty, "\(mistakes)")
        }
    }
}
