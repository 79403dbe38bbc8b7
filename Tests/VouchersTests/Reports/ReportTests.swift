import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// What reports say, on a real database.
@Suite(.timeLimit(.minutes(2)))
struct ReportTests {
    private func day(_ text: String) throws -> Day { try #require(Day(text)) }
    private func month(_ text: String) throws -> Month { try #require(Month(text)) }

    /// Two months of sales, spent in a bakery and in a bookshop of another city.
    private func open(_ body: (Shop, UUID) async throws -> Void) async throws {
        try await Shop.open { shop in
            let (otherCity, bookshop) = (UUID(), UUID())
            try await shop.script(
                """
                INSERT INTO merchant (merchant_id, city_id, name, version, category)
                VALUES ('\(bookshop.text)', '\(otherCity.text)', 'Books', 1, 'books')
                """)
            var years = Years(shop: shop)
            try await years.sell(1_000, at: Years.time(day("2024-01-10"), hours: 1))
            try await years.sell(3_000, at: Years.time(day("2024-02-28"), hours: 23.9))
            try await years.spend(400, of: 0, at: Years.time(day("2024-01-31"), hours: 23.9))
            try await years.spend(100, of: 0, at: Years.time(day("2024-04-01")))
            try await years.spend(700, of: 1, at: Years.time(day("2024-03-01")))
            let voucher = years.sales[1].voucher.voucherId
            // Spent over there, and taken back in part a month later.
            try await shop.script(
                """
                INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at) VALUES
                    ('redemption', '\(bookshop.text)', 'voucher', '\(voucher.text)', 50, 'EUR', '2024-03-05T12:00:00Z'),
                    ('redemption', '\(bookshop.text)', 'merchant-payable', '\(bookshop.text)', -50, 'EUR', '2024-03-05T12:00:00Z'),
                    ('reversal', '\(voucher.text)', 'voucher', '\(voucher.text)', -20, 'EUR', '2024-04-05T12:00:00Z'),
                    ('reversal', '\(voucher.text)', 'merchant-payable', '\(bookshop.text)', 20, 'EUR', '2024-04-05T12:00:00Z')
                """)
            try await shop.followJournal()
            try await body(shop, otherCity)
        }
    }

    @Test func theMatrixTellsWhoseVouchersWereSpentWhere() async throws {
        try await open { shop, other in
            let query = GetRedemptionMatrix(from: try month("2024-01"), until: try month("2024-12"))
            let cells = try await shop.bench.ask(TellRedemptionMatrix(), query).cells
            let here = cells.first { $0.cityId == shop.city }
            let there = cells.first { $0.cityId == other }
            #expect(cells.count == 2 && cells.allSatisfy { $0.issuerCityId == shop.city })
            #expect(here.map { [$0.redeemed, $0.reversed, $0.redemptions] } == [1_200, 0, 3])
            #expect(there.map { [$0.redeemed, $0.reversed, $0.redemptions] } == [50, 20, 1])

            var march = query
            (march.from, march.until) = (try month("2024-03"), try month("2024-03"))
            let inMarch = try await shop.bench.ask(TellRedemptionMatrix(), march).cells
            #expect(Set(inMarch.map(\.redeemed)) == [700, 50] && inMarch.allSatisfy { $0.reversed == 0 })
            var theirs = query
            theirs.cityId = other
            #expect(try await shop.bench.ask(TellRedemptionMatrix(), theirs).cells.map(\.redeemed) == [50])

            // Page by page comes the same.
            var paged: [GetRedemptionMatrix.Cell] = []
            var part = query
            part.limit = 1
            repeat {
                let page = try await shop.bench.ask(TellRedemptionMatrix(), part)
                paged += page.cells
                part.after = page.next
            } while part.after != nil
            #expect(paged == cells)
        }
    }

    @Test func monthsTellWhatWasSoldAndSpent() async throws {
        try await open { shop, other in
            var query = FindMonthlyFigures(from: try month("2024-01"), until: try month("2024-04"))
            let lines = try await shop.bench.ask(ListMonthlyFigures(), query).lines
            let told = lines.map { line in
                "\(line.month) \(line.cityId == other ? "there" : "here") \(line.category ?? "-") "
                    + "\(line.issued) \(line.redeemed) \(line.reversed) \(line.redemptions)"
            }
            #expect(
                Set(told) == [
                    "2024-01 here - 1000 400 0 1", "2024-02 here - 3000 0 0 0", "2024-03 here - 0 700 0 1",
                    "2024-03 there books 0 50 0 1", "2024-04 here - 0 100 0 1", "2024-04 there books 0 0 20 0",
                ])
            #expect(lines.map(\.month) == lines.map(\.month).sorted())
            query.limit = 1
            var paged: [FindMonthlyFigures.Line] = []
            repeat {
                let page = try await shop.bench.ask(ListMonthlyFigures(), query)
                paged += page.lines
                query.after = page.next
            } while query.after != nil
            #expect(paged == lines)
        }
    }

    @Test func cohortsTellHowSoonVouchersAreSpentAndWhatIsLeft() async throws {
        try await open { shop, _ in
            let query = FindCohorts(from: try month("2023-01"), until: try month("2024-12"))
            let cohorts = try await shop.bench.ask(ListCohorts(), query).cohorts
            #expect(cohorts.map(\.month.description) == ["2024-01", "2024-02"])
            #expect(cohorts.map(\.owed) == [500, 2_270])
            #expect(cohorts.map(\.reversed) == [0, 20])
            #expect(cohorts.map(\.unclaimedBasisPoints) == [5_000, 7_566])
            // 400 after 21 days and 100 after 82; 700 after 2 and 50 after 6.
            #expect(cohorts.map(\.meanDaysToRedemption) == [33, 2])
            #expect(cohorts.first?.spent.map(\.redeemed) == [400, 400, 500, 500, 500, 500])
            #expect(cohorts.last?.spent.map(\.redeemed) == [0, 750, 750, 750, 750, 750])
            #expect(cohorts.first?.spent.map(\.months) == [1, 3, 6, 12, 24, 36])
        }
    }

    @Test func theLiabilityOfADayIsNotThatOfAnother() async throws {
        try await open { shop, _ in
            let owed = try await ["2024-01-09", "2024-01-10", "2024-01-31", "2024-03-05", "2024-04-05"].asyncMap {
                try await shop.liability(on: day($0)).lines.map(\.owed)
            }
            #expect(owed == [[], [1_000], [600], [2_850], [2_770]])
            let stranger = try await shop.bench.ask(TellLiability(), GetLiability(cityId: UUID()))
            #expect(stranger.lines == [] && stranger.next == nil)
        }
    }
}

extension Sequence where Self: Sendable, Element: Sendable {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
