import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// The sums of the ledger are those of the whole journal, however much of it is in the figures.
@Suite(.timeLimit(.minutes(3)))
struct LedgerSumTests {
    private static let yesterday = Day(of: Timestamp(Date())).advanced(by: -1)

    /// What a replay of the journal says, and how many vouchers and redemptions there are.
    private func replay(_ shop: Shop) async throws -> GetLedger.Reply {
        let (lines, counts) = try await shop.bench.database.execute(ReplayJournal(), CountRows())
        let count = try #require(counts.first)
        return GetLedger.Reply(
            lines: lines, vouchers: count.vouchers, redemptions: count.redemptions, balanced: true)
    }

    @Test func theyAreThoseOfAReplayHoweverFarTheFiguresAre() async throws {
        try await Shop.open { shop in
            #expect(try await shop.ledger() == replay(shop), "an empty ledger")
            var years = Years(shop: shop)
            var generator = SeededGenerator(seed: 41)
            let job = KeepDailyFigures(settling: .zero, linesMax: 9, recountAfter: .seconds(3_600))
            for round in 0..<6 {
                try await years.live(4, until: Self.yesterday, using: &generator)
                #expect(try await shop.ledger() == replay(shop), "round \(round), none of it in the figures")
                for piece in 0..<4 {
                    _ = try await shop.bench.run(job)
                    #expect(try await shop.ledger() == replay(shop), "round \(round), piece \(piece)")
                }
                try await shop.followJournal()
                try await years.sell(9_000, "HUF", at: Date())
                #expect(try await shop.ledger() == replay(shop), "round \(round), all but the last of it")
                if round < 5 { try await shop.script(Shop.forgetFigures) }
            }
            try await shop.followJournal()
            #expect(try await shop.ledger() == replay(shop))
            #expect(try await shop.ledger().lines.contains { $0.currency == "HUF" })
            #expect(try await shop.findings() == [])
        }
    }

    @Test func stockAndWhatStandsForAnotherVoucherAreVouchersToo() async throws {
        try await Shop.open { shop in
            _ = try await shop.issued(1_000)
            let card = try await shop.issued(2_000)
            let replace = ReplaceVouchers(keys: shop.keys, seal: shop.seal)
            _ = try await shop.bench.run(
                replace,
                [
                    ReplaceVoucher(
                        replacementId: UUID(), voucherId: card.voucherId, issuerCityId: shop.city, reason: "Lost.")
                ]
            ).reply(to: ReplaceVoucher.self)
            #expect(try await shop.ledger().vouchers == 3)
            #expect(try await shop.ledger() == replay(shop))
            try await shop.followJournal()
            #expect(try await shop.ledger() == replay(shop))
            #expect(try await shop.findings() == [])
        }
    }

    @Test func aVoucherThatMovedLastAndDiffersIsSeen() async throws {
        try await Shop.open { shop in
            let card = try await shop.issued(1_000)
            try await shop.followJournal()
            #expect(try await shop.ledger().balanced)
            for harm in ["balance = balance - 1", "held = 1"] {
                try await shop.script("UPDATE voucher SET \(harm) WHERE voucher_id = '\(card.voucherId.text)'")
                #expect(try await !shop.ledger().balanced, "\(harm)")
                try await shop.script("UPDATE voucher SET balance = 1000, held = 0")
            }
            #expect(try await shop.ledger().balanced)
            try await shop.script("DELETE FROM issue; DELETE FROM voucher")
            #expect(try await !shop.ledger().balanced, "lines of a voucher that is not there")
        }
    }

    @Test func whileTheFiguresAreMadeAnewItSaysSo() async throws {
        try await Shop.open { shop in
            for _ in 0..<3 { _ = try await shop.issued(1_000) }
            var query = GetLedgers()
            query.linesMax = 6
            #expect(try await shop.bench.ask(query, GetLedger()) == replay(shop))
            query.linesMax = 5
            do {
                _ = try await shop.bench.ask(query, GetLedger())
                Issue.record("six lines are more than five")
            } catch let problem as Problem {
                #expect(problem.code == "unavailable" && problem.retryable)
            }
        }
    }

    @Test func whatAnOlderInstanceLeftOutIsSummedUpAnew() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            for days in [3, 2, 1] { try await years.sell(1_000, at: Years.time(Self.yesterday.advanced(by: -days))) }
            try await shop.followJournal()
            try await shop.script("DELETE FROM booked_day WHERE day = (SELECT min(day) FROM booked_day)")
            #expect(try await shop.findings().map(\.check).contains("day-differs"))
            try await shop.followJournal(recounting: true)
            #expect(try await shop.ledger() == replay(shop))
            #expect(try await shop.findings() == [])
        }
    }

    @Test func theMigrationSumsUpWhatIsInTheOtherFigures() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            var generator = SeededGenerator(seed: 42)
            try await years.live(5, until: Self.yesterday, using: &generator)
            try await shop.followJournal()
            try await years.sell(700, at: Date())
            let kept = "SELECT sum(lines * 1000000 + amount * (day - date '2000-01-01'))::bigint FROM booked_day"
            let before = try await shop.figure(kept)
            let migration = try #require(VouchersDefinition.schema.migrations.first { $0.name == "bookings" })
            try await shop.script("BEGIN; DROP VIEW figure_of_test; DROP TABLE booked_day; \(migration.sql); COMMIT")
            #expect(try await shop.figure(kept) == before)
            #expect(try await shop.ledger() == replay(shop))
        }
    }
}

extension Shop {
    /// Lets the figures begin again, as the README says.
    static let forgetFigures = """
        BEGIN;
        DELETE FROM liability_day;
        DELETE FROM redemption_day;
        DELETE FROM booked_day;
        DELETE FROM report_day;
        UPDATE report_progress SET posted_until = '1970-01-01T00:00:00Z';
        COMMIT
        """
}

/// The sums of every line there is.
private struct ReplayJournal: Statement {
    static let sql = """
        SELECT account, currency, sum(amount)::bigint FROM posting GROUP BY account, currency ORDER BY account, currency
        """

    static func row(_ columns: inout Columns) throws -> GetLedger.Reply.Line {
        GetLedger.Reply.Line(account: try columns.next(), currency: try columns.next(), sum: try columns.next())
    }
}

private struct CountRows: Statement {
    static let sql = "SELECT (SELECT count(*) FROM voucher), (SELECT count(*) FROM redemption)"

    static func row(_ columns: inout Columns) throws -> (vouchers: Int64, redemptions: Int64) {
        (try columns.next(), try columns.next())
    }
}
