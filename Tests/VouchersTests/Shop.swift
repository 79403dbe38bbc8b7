import Contracts
import FoundationEssentials
import Messaging
import TestKit

@testable import vouchers

/// A bench with one city and one merchant.
struct Shop: Sendable {
    let bench: HandlerBench
    let keys: CodeKeys
    let seal = Seal(keys: [(id: "1", bytes: Array(repeating: 9, count: 32))])
    let throttle: Throttle
    let city = UUID()
    let merchant = UUID()

    var redeem: RedeemVouchers { RedeemVouchers(keys: keys, throttle: throttle) }
    var balances: GetBalances { GetBalances(keys: keys, throttle: throttle) }
    var issue: IssueVouchers { IssueVouchers(keys: keys, seal: seal) }

    func issued(_ amount: Int64, _ currency: String = "EUR") async throws -> IssueVoucher.Reply {
        let command = IssueVoucher(issueId: UUID(), issuerCityId: city, value: Money(amount, currency))
        return try await bench.run(issue, [command]).reply(to: IssueVoucher.self)
    }

    func redemption(_ voucher: IssueVoucher.Reply, _ amount: Int64, id: UUID = UUID()) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: id, code: voucher.code, merchantId: merchant,
            amount: Money(amount, voucher.value.currency))
    }

    func ledger() async throws -> GetLedger.Reply {
        try await bench.ask(GetLedgers(), GetLedger())
    }

    /// What the registry says of a city.
    static func facts(_ cityId: UUID, _ slug: String = "weiz", country: String = "AT") -> CityFacts {
        CityFacts(
            cityId: cityId, slug: slug, names: [CityName(language: "de", name: "Weiz", kind: .official)],
            country: country, nuts3: "AT224", lau: "61766", geoNamesId: 1,
            position: Position(latitude: 47.2, longitude: 15.6),
            population: Population(value: 1, date: nil, scope: .municipality, verified: false),
            timeZone: "Europe/Vienna", currency: "EUR")
    }

    /// A database with the schema, and one city and one merchant in it.
    static func open(
        connections: Int = 2, throttle rules: ThrottleRules = ThrottleRules(), _ body: (Shop) async throws -> Void
    ) async throws {
        let keys = try CodeKeys([(id: 1, bytes: Array(repeating: 7, count: 32))])
        try await withHandlerBench(VouchersDefinition.schema, connections: connections) { bench in
            let shop = Shop(bench: bench, keys: keys, throttle: Throttle(rules))
            _ = try await bench.run(KeepCities(), [CityRegistered(facts(shop.city), version: 1)], user: "cities")
            let merchant = MerchantRegistered(
                merchantId: shop.merchant, cityId: shop.city, name: "Bakery", version: 1)
            _ = try await bench.run(KeepMerchants(), [merchant], user: "cities")
            try await body(shop)
        }
    }
}
