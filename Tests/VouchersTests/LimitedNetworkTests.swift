import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Sums against limits, and what somebody should hear.
@Suite struct LimitedNetworkTests {
    private static let limits = [
        NetworkLimit(country: "AT", limit: Money(1_000, "EUR"), warnPercent: 80),
        NetworkLimit(country: "SI", limit: Money(1_000, "EUR"), warnPercent: 80),
    ]

    @Test(
        arguments: [
            (0, .below), (799, .below), (800, .warning), (1_000, .warning), (1_001, .exceeded), (.max, .exceeded),
        ] as [(Int64, LimitedNetworkLevel)])
    func aLimitIsExceededByMoreThanItself(issued: Int64, level: LimitedNetworkLevel) {
        #expect(Self.limits[0].level(of: issued) == level)
    }

    @Test func aCountryIsTheSumOfItsIssuersAndOtherCurrenciesDoNotCount() {
        let (weiz, hartberg, ptuj) = (UUID(), UUID(), UUID())
        let sums = [
            IssuedSum(issuerCityId: weiz, country: "AT", issued: Money(500, "EUR")),
            IssuedSum(issuerCityId: weiz, country: "AT", issued: Money(90_000, "HUF")),
            IssuedSum(issuerCityId: hartberg, country: "AT", issued: Money(900, "EUR")),
            IssuedSum(issuerCityId: ptuj, country: "SI", issued: Money(10, "EUR")),
            IssuedSum(issuerCityId: UUID(), country: "DE", issued: Money(10, "EUR")),
        ]
        let lines = LimitedNetworks(sums, limits: Self.limits).lines
        #expect(lines.map(\.country) == ["AT", "AT", "AT", "SI", "SI"])
        #expect(lines.map(\.issuerCityId) == [nil] + [weiz, hartberg].sorted() + [nil, ptuj])
        #expect(lines[0].issued == Money(1_400, "EUR") && lines[0].level == .exceeded)
        #expect(lines.first { $0.issuerCityId == weiz }?.level == .below)
        #expect(lines.first { $0.issuerCityId == hartberg }?.level == .warning)
        let huge = [Int64.max, 1].map { IssuedSum(issuerCityId: UUID(), country: "AT", issued: Money($0, "EUR")) }
        #expect(LimitedNetworks(huge, limits: Self.limits).lines.first?.issued.amount == .max)
    }

    /// Random sums, month after month: a warning is said if and only if a level is higher than that of the month before.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyCrossingIsSaidOnce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let cities = [UUID(), UUID(), UUID()]
        var noted: [NetworkScope: LimitedNetworkLevel] = [:]
        var model: [UUID?: Int] = [:]
        var said = 0
        for _ in 0..<100 {
            let sums = cities.compactMap { city in
                Bool.random(using: &generator)
                    ? IssuedSum(
                        issuerCityId: city, country: "AT",
                        issued: Money(Int64.random(in: 600...1_200, using: &generator), "EUR")) : nil
            }
            let networks = LimitedNetworks(sums, limits: Self.limits)
            let warned = Set(networks.warnings(since: noted).map(\.issuerCityId))
            noted.merge(networks.changes(since: noted)) { _, new in new }
            for scope in cities.map(Optional.some) + [nil] {
                let issued = sums.filter { scope == nil || $0.issuerCityId == scope }.reduce(0) {
                    $0 + $1.issued.amount
                }
                let level = issued > 1_000 ? 2 : issued >= 800 ? 1 : 0
                if warned.contains(scope) != (level > model[scope] ?? 0) { Issue.record("\(issued) of \(level)") }
                model[scope] = level
            }
            said += warned.count
            #expect(networks.warnings(since: noted).isEmpty, "what is noted is not said again")
        }
        #expect(said > 20)
    }
}

/// The count of what was issued, and the warning, on a real database.
@Suite(.timeLimit(.minutes(2)))
struct LimitedNetworkJobTests {
    private func watch(_ shop: Shop) async throws -> [LimitedNetworkWarned] {
        // As if some minutes had passed.
        try await shop.bench.database.withConnection {
            try await $0.runScript("UPDATE issued_day_progress SET counted_at = now() - interval '1 hour'")
        }
        var warned: [LimitedNetworkWarned] = []
        while true {
            let part = try await shop.bench.run(WatchLimitedNetwork())
            warned += try part.outcome.events(LimitedNetworkWarned.self)
            if !part.hasMore { return warned }
        }
    }

    private func issue(_ shop: Shop, _ euros: Int64, daysAgo: Int) async throws {
        let time = Date().addingTimeInterval(-86_400 * Double(daysAgo))
        let command = IssueVoucher(issueId: UUID(), issuerCityId: shop.city, value: Money(euros * 100, "EUR"))
        _ = try await shop.bench.run(shop.issue, [command], at: time).reply(to: IssueVoucher.self)
    }

    @Test func everyStatementOfTheMonitorFitsTheSchema() async throws {
        try await Shop.open { shop in
            let day = Day(number: 20_000)
            let mistakes = try await shop.bench.mistakes(in: [
                TakeIssuedCount(today: day, ageMaxSeconds: 1), CountIssued(from: day, through: day),
                NoteIssuedCount(day: day), ReadIssuedCount(), SumIssued(after: day), ReadNetworkLimits(),
                ReadNetworkLevels(), WriteNetworkLevels(levels: [:]),
            ])
            #expect(mistakes == [])
        }
    }

    @Test func twelveMonthsAreCountedAndACrossingIsSaidOnce() async throws {
        try await Shop.open { shop in
            let limit = SetLimitedNetwork(country: "AT", limit: Money(1_000_000, "EUR"), warnPercent: 80)
            let set = try await shop.bench.run(SetLimitedNetworks(), [limit])
            #expect(try set.events(LimitedNetworkSet.self).map(\.limit.version) == [2])
            try await issue(shop, 5_000, daysAgo: 390)
            try await issue(shop, 3_000, daysAgo: 200)
            try await issue(shop, 4_900, daysAgo: 1)
            #expect(try await watch(shop).isEmpty)
            try await issue(shop, 100, daysAgo: 0)
            let warned = try await watch(shop)
            #expect(
                warned.map(\.line.issuerCityId) == [nil, shop.city] && warned.allSatisfy { $0.line.level == .warning })
            #expect(warned.allSatisfy { $0.line.issued == Money(800_000, "EUR") })
            try await issue(shop, 2_000, daysAgo: 0)
            #expect(try await watch(shop).isEmpty, "the limit itself need not be notified")
            try await issue(shop, 1, daysAgo: 0)
            #expect(try await watch(shop).map(\.line.level) == [.exceeded, .exceeded])
            #expect(try await watch(shop).isEmpty)

            let all = try await shop.bench.ask(TellLimitedNetwork(), GetLimitedNetwork())
            #expect(all.lines.map(\.issuerCityId) == [nil, shop.city] && all.day == Day(of: Timestamp(Date())))
            let own = try await shop.bench.ask(TellLimitedNetwork(), GetLimitedNetwork(issuerCityId: shop.city))
            #expect(own.lines.map(\.issued) == [Money(1_000_100, "EUR")])
            let none = try await shop.bench.ask(TellLimitedNetwork(), GetLimitedNetwork(issuerCityId: UUID()))
            #expect(none.lines.isEmpty)
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func aCountIsTakenByOneAndRestsForSomeMinutes() async throws {
        try await Shop.open { shop in
            _ = try await watch(shop)
            try await issue(shop, 100, daysAgo: 0)
            _ = try await shop.bench.run(WatchLimitedNetwork())
            let early = try await shop.bench.ask(TellLimitedNetwork(), GetLimitedNetwork())
            #expect(early.lines.isEmpty, "the count rests")
            _ = try await watch(shop)
            #expect(try await shop.bench.ask(TellLimitedNetwork(), GetLimitedNetwork()).lines.count == 2)
        }
    }
}
