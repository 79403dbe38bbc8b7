import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Every handler that takes a code, under one throttle.
@Suite(.timeLimit(.minutes(2)))
struct ThrottledHandlersTests {
    private static let unknown = Secret("0000-0000-0000-0000")
    private static let lockedOut = "too-many-wrong-codes"

    private static var rules: ThrottleRules {
        var rules = ThrottleRules()
        rules.principalMax = 3
        return rules
    }

    /// What a shop's tills and its city's editors send.
    private struct Desk {
        let orders: OrderShop
        var shop: Shop { orders.shop }
        var exchanges: ExchangeVouchers {
            ExchangeVouchers(keys: shop.keys, seal: shop.seal, throttle: shop.throttle)
        }

        func redemption(_ code: Secret, id: UUID = UUID()) -> RedeemVoucher {
            RedeemVoucher(redemptionId: id, code: code, merchantId: shop.merchant, amount: Money(100, "EUR"))
        }

        func holding(_ code: Secret, id: UUID = UUID()) -> HoldAmount {
            HoldAmount(
                holdId: id, code: code, merchantId: shop.merchant, amount: Money(100, "EUR"), timeToLiveSeconds: 3_600)
        }

        func exchange(_ code: Secret, id: UUID = UUID()) -> ExchangeVoucher {
            ExchangeVoucher(exchangeId: id, issuerCityId: shop.city, code: code)
        }

        func sale(_ code: Secret, id: UUID = UUID()) -> ActivateStock {
            ActivateStock(saleId: id, issuerCityId: shop.city, code: code, payment: .cash)
        }

        /// Who hears what; `nil` is success.
        func said<H: Handler>(_ handler: H, _ messages: [H.Message], by user: String, at now: Date? = nil)
            async throws -> [String?]
        {
            let outcome = try await shop.bench.run(handler, messages, user: user, at: now)
            return messages.indices.map { outcome.problem($0)?.code }
        }

        /// What a right code brings, to be redeemed, held, exchanged, activated.
        func saidToAll(_ code: Secret, by user: String) async throws -> [String?] {
            try await said(shop.redeem, [redemption(code)], by: user) + said(shop.hold, [holding(code)], by: user)
                + said(exchanges, [exchange(code)], by: user) + said(orders.activate, [sale(code)], by: user)
        }

        /// A voucher past its printed validity.
        func expired() async throws -> IssueVoucher.Reply {
            let voucher = try await shop.issued(1_000)
            try await orders.script(
                "UPDATE voucher SET valid_until = current_date - 5 WHERE voucher_id = '\(voucher.voucherId)'")
            return voucher
        }

        static func open(_ body: (Desk) async throws -> Void) async throws {
            try await OrderShop.open(throttle: ThrottledHandlersTests.rules) { try await body(Desk(orders: $0)) }
        }
    }

    @Test func wrongCodesOfAllKindsLockOutTogetherAndOfEverything() async throws {
        try await Desk.open { desk in
            let (voucher, expired) = (try await desk.shop.issued(1_000), try await desk.expired())
            let hold = try await desk.said(desk.shop.hold, [desk.holding(Self.unknown)], by: "till")
            let exchange = try await desk.said(desk.exchanges, [desk.exchange(Self.unknown)], by: "till")
            let redeem = try await desk.said(desk.shop.redeem, [desk.redemption(Self.unknown)], by: "till")
            #expect(hold + exchange + redeem == ["voucher-not-usable", "voucher-unknown", "voucher-not-usable"])
            let all = Array(repeating: Self.lockedOut as String?, count: 4)
            #expect(try await desk.saidToAll(voucher.code, by: "till") == all)
            #expect(try await desk.saidToAll(expired.code, by: "till") == all)
            // Nobody else is.
            #expect(
                try await desk.saidToAll(voucher.code, by: "other")
                    == [nil, nil, "voucher-not-expired", "voucher-not-usable"])
            #expect(try await desk.said(desk.exchanges, [desk.exchange(expired.code)], by: "other") == [nil])
            #expect(try await desk.shop.ledger().balanced)
        }
    }

    @Test func eachKindLocksOutByItself() async throws {
        try await Desk.open { desk in
            let wrong = Array(repeating: Self.unknown, count: 5)
            func expected(_ code: String) -> [String?] { [code, code, code, Self.lockedOut, Self.lockedOut] }
            let holds = try await desk.said(desk.shop.hold, wrong.map { desk.holding($0) }, by: "one")
            #expect(holds == expected("voucher-not-usable"))
            let exchanges = try await desk.said(desk.exchanges, wrong.map { desk.exchange($0) }, by: "two")
            #expect(exchanges == expected("voucher-unknown"))
            let sales = try await desk.said(desk.orders.activate, wrong.map { desk.sale($0) }, by: "three")
            #expect(sales == expected("voucher-not-usable"))
        }
    }

    @Test func aTillThatIsLockedOutHoldsNothingAndNothingIsLookedUp() async throws {
        try await Desk.open { desk in
            let shop = desk.shop
            let voucher = try await shop.issued(1_000)
            _ = try await desk.said(shop.redeem, (0..<3).map { _ in desk.redemption(Self.unknown) }, by: "till")
            let right = desk.holding(voucher.code)
            // Somebody holds the voucher's row: a look-up would wait until it is refused.
            let outcome = try await shop.bench.database.withTransaction { transaction in
                let lookups = try shop.keys.lookups(for: VoucherCode(parsing: voucher.code.revealed)).map(\.digest)
                _ = try await transaction.execute(LockVouchers(lookups: lookups))
                return try await shop.bench.run(shop.hold, [right], user: "till")
            }
            let problem = try #require(outcome.problem())
            #expect(problem.code == Self.lockedOut && problem.retryable)
            #expect(try outcome.events(HoldRefused.self).map(\.code) == [Self.lockedOut])
            #expect(try await shop.balance(of: voucher) == 1_000)
            // It was no outcome of the id: once the lockout is over the same is done.
            #expect(try await desk.said(shop.hold, [right], by: "till", at: Date().addingTimeInterval(601)) == [nil])
            #expect(try await shop.balance(of: voucher) == 900)
        }
    }

    @Test func whatSaysNoCodeGoesOn() async throws {
        try await Desk.open { desk in
            let stock = try await desk.orders.made([(1_000, 2)], purpose: .counterSale, isStock: true)
            let wrong = (0..<4).map { _ in desk.sale(Self.unknown) }
            let range = ActivateStock(
                saleId: UUID(), issuerCityId: desk.shop.city, serials: SerialRange(orderId: stock, from: 1, to: 2),
                payment: .cash)
            let said = try await desk.said(desk.orders.activate, wrong + [range], by: "counter")
            #expect(said.suffix(2) == [Self.lockedOut, nil])
        }
    }

    @Test func whoTypesWellIsNotTouched() async throws {
        try await Desk.open { desk in
            let shop = desk.shop
            let (voucher, expired) = (try await shop.issued(1_000), try await desk.expired())
            // Refused as well, but not for its code.
            let tooMuch = (0..<5).map { _ in
                var holding = desk.holding(voucher.code)
                holding.amount.amount = 5_000
                return holding
            }
            let short = Array(repeating: "insufficient-balance" as String?, count: 5)
            #expect(try await desk.said(shop.hold, tooMuch, by: "till") == short)
            let valid = (0..<5).map { _ in desk.exchange(voucher.code) }
            let early = Array(repeating: "voucher-not-expired" as String?, count: 5)
            #expect(try await desk.said(desk.exchanges, valid, by: "till") == early)
            #expect(try await desk.said(shop.hold, [desk.holding(voucher.code)], by: "till") == [nil])
            #expect(try await desk.said(desk.exchanges, [desk.exchange(expired.code)], by: "till") == [nil])
            #expect(try await shop.bench.database.execute(CountThrottled()) == [Int64(0)], "nothing was ever locked")
        }
    }

    @Test func anIdThatWasUsedIsNoWayAround() async throws {
        try await Desk.open { desk in
            let shop = desk.shop
            let (voucher, expired) = (try await shop.issued(1_000), try await desk.expired())
            let redemption = desk.redemption(voucher.code)
            let holding = desk.holding(voucher.code)
            let exchange = desk.exchange(expired.code)
            #expect(try await desk.said(shop.redeem, [redemption], by: "cashier") == [nil])
            #expect(try await desk.said(shop.hold, [holding], by: "cashier") == [nil])
            #expect(try await desk.said(desk.exchanges, [exchange], by: "cashier") == [nil])
            let tried = Array(repeating: Self.unknown, count: 3)
            let redemptions = tried.map { desk.redemption($0, id: redemption.redemptionId) } + [redemption]
            let holdings = tried.map { desk.holding($0, id: holding.holdId) } + [holding]
            let exchanges = tried.map { desk.exchange($0, id: exchange.exchangeId) } + [exchange]
            func expected(_ code: String) -> [String?] { [code, code, code, Self.lockedOut] }
            #expect(try await desk.said(shop.redeem, redemptions, by: "one") == expected("redemption-differs"))
            #expect(try await desk.said(shop.hold, holdings, by: "two") == expected("hold-differs"))
            #expect(try await desk.said(desk.exchanges, exchanges, by: "three") == expected("exchange-differs"))
            // A till that counts its ids anew has made another mistake.
            let anew = (0..<5).map { _ in
                var other = redemption
                other.amount.amount = 200
                return other
            }
            let differs = Array(repeating: "redemption-differs" as String?, count: 5)
            #expect(try await desk.said(shop.redeem, anew, by: "four") == differs)
            #expect(try await desk.said(shop.redeem, [redemption], by: "four") == [nil])
        }
    }
}

/// How many have ever been locked to count a wrong code.
private struct CountThrottled: Statement {
    static let sql = "SELECT count(*) FROM throttle"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
