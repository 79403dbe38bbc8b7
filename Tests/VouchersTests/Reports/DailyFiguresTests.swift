import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// The figures of each day are those of the journal, whatever comes when.
@Suite(.timeLimit(.minutes(3)))
struct DailyFiguresTests {
    private static let today = Day(of: Timestamp(Date()))

    @Test func everyStatementFitsTheSchema() async throws {
        let (id, now, day) = (UUID(), Date(), CalendarDate(daysSince2000: 0))
        let month = Month(number: 24_000)
        let statements: [any Statement] = [
            TakeTurn(), HoldMerchants(), ReadProgress(settlingSeconds: 1),
            FindJournalPiece(from: now, until: now, linesMax: 1),
            SumMovements(from: now, until: now), ReadMovements(day: day), WriteMovements(day: day, movements: []),
            WriteLaterBalances(day: day, movements: []), SumFlows(from: now, until: now), ReadFlows(day: day),
            WriteFlows(day: day, movements: []), CountPostings(from: now, until: now),
            WriteCountedDay(day: day, postings: 1), WriteQuietDays(), WriteProgress(postedUntil: now),
            FindDayToRecount(afterSeconds: 1), MakePartitions(monthsAhead: 1),
            ListCities(cityId: nil, after: nil, max: 1), ReadLiability(cities: [], day: day),
            ReadMatrix(query: GetRedemptionMatrix(from: month, until: month), max: 1),
            ReadMonthlyFigures(query: FindMonthlyFigures(from: month, until: month), max: 1),
            ReadCohorts(query: FindCohorts(from: month, until: month), max: 1),
            BeginCheck(milliseconds: 1), FindJournalStart(from: now), CheckEntries(from: now, until: now, max: 1),
            CheckCauses(from: now, until: now, max: 1), CheckDays(from: now, until: now, max: 1),
            FindVoucherBound(above: id, count: 1), CountVouchers(above: id, upTo: id),
            CheckVouchers(above: id, upTo: id, max: 1), FindRedemptionBound(above: id, count: 1),
            CountRedemptions(above: id, upTo: id), CheckRedemptions(above: id, upTo: id, max: 1),
            CheckReversals(max: 1), CountLiabilityDays(), CheckRunningSums(max: 1), CheckOwed(max: 1),
            CheckBookedDays(from: now, until: now, max: 1), CheckVoucherCount(),
            FindHoldBound(above: id, count: 1), CountHolds(above: id, upTo: id),
            CheckHolds(above: id, upTo: id, max: 1), CheckVoucherHolds(above: id, upTo: id, max: 1),
            CheckSettledRedemptions(above: id, upTo: id, max: 1), CheckSettledReversals(max: 1), CountStatements(),
            CheckStatements(max: 1), CheckPairs(max: 1), CheckPayouts(max: 1), CheckSettlementSums(max: 1),
            CheckSettlementEntries(max: 1),
            SumBookings(from: now, until: now), ReadBookings(day: day), WriteBookings(day: day, bookings: []),
            SumLedger(from: now, linesMax: 1), CheckMovedVouchers(linesMax: 1),
        ]
        try await Shop.open { shop in
            let mistakes = try await shop.bench.mistakes(in: statements)
            #expect(mistakes == [])
        }
    }

    @Test func whatWasOwedOnAnyPastDayIsWhatWasSoldLessWhatWasSpent() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            var generator = SeededGenerator(seed: 21)
            try await years.live(25, until: Self.today.advanced(by: -1), using: &generator)
            try await shop.followJournal()
            for _ in 0..<60 {
                let day = Self.today.advanced(by: -Int.random(in: -2...720, using: &generator))
                let lines = try await shop.liability(on: day).lines
                #expect(lines.reduce(0) { $0 + $1.owed } == years.owed(on: day), "\(day)")
                #expect(lines.allSatisfy { $0.ages.reduce(0) { $0 + $1.owed } == $0.owed })
            }
            let findings = try await shop.findings()
            #expect(findings == [])
        }
    }

    @Test func whatIsPostedIntoThePastIsFoundAndCounted() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            let days = [400, 30, 3].map { Self.today.advanced(by: -$0) }
            try await years.sell(1_000, at: Years.time(days[1], hours: 9))
            try await years.spend(100, of: 0, at: Years.time(days[2], hours: 9))
            try await shop.followJournal()
            #expect(try await shop.liability().lines.map(\.owed) == [900])
            // Before everything, between, on a day that has figures, and of the same cohort.
            try await years.sell(500, at: Years.time(days[0], hours: 1))
            try await years.spend(200, of: 0, at: Years.time(days[2], hours: 1))
            try await years.sell(700, at: Years.time(days[1], hours: 23))
            try await years.spend(50, of: 1, at: Years.time(days[0].advanced(by: 60), hours: 12))
            let missing = try await shop.findings()
            #expect(missing.contains { $0.check == "day-differs" } && missing.contains { $0.check == "owed-by-city" })
            try await shop.followJournal(recounting: true)
            for day in days + [days[0].advanced(by: 59), days[0].advanced(by: 60), Self.today] {
                let owed = try await shop.liability(on: day).lines.reduce(0) { $0 + $1.owed }
                #expect(owed == years.owed(on: day), "\(day)")
            }
            let findings = try await shop.findings()
            #expect(findings == [])
        }
    }

    @Test func nothingIsCountedTwiceAfterACrashOrByTwoInstances() async throws {
        try await Shop.open(connections: 4) { shop in
            var years = Years(shop: shop)
            for number in 0..<6 { try await years.sell(1_000, at: Years.time(Self.today.advanced(by: -number - 1))) }
            let job = KeepDailyFigures(settling: .zero, linesMax: 3, recountAfter: .zero)
            _ = try await shop.bench.run(job, end: .undone)
            _ = try await shop.bench.run(job)
            _ = try await shop.bench.run(job, end: .undone)
            let bench = shop.bench
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask { for _ in 0..<20 { _ = try await bench.run(job) } }
                }
                try await group.waitForAll()
            }
            try await shop.followJournal()
            #expect(try await shop.liability().lines.map(\.owed) == [6_000])
            #expect(try await shop.findings() == [])
        }
    }

    @Test func whatIsStillOpenIsWaitedFor() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            let job = KeepDailyFigures(settling: .zero, recountAfter: .seconds(3_600))
            let slow = try await Connection.connect(to: shop.bench.address, name: "slow")
            try await slow.runScript("BEGIN; SELECT now()")
            try await years.sell(1_000, at: Date())
            // Whatever was begun after the slow one may be overtaken by it: nothing of it is in the figures yet.
            while try await shop.bench.run(job).hasMore {}
            #expect(try await shop.liability().lines == [])
            try await slow.runScript(
                """
                INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
                SELECT 'replacement', gen_random_uuid(), account, voucher_id, amount, 'EUR', now()
                FROM voucher, (VALUES ('voucher', 100), ('voucher-held', -100)) AS line (account, amount);
                COMMIT
                """)
            await slow.close()
            while try await shop.bench.run(job).hasMore {}
            #expect(try await shop.liability().lines.map(\.held) == [100])
        }
    }

    @Test func nothingIsCountedWhileTheCopyOfTheMerchantsIsNotWhole() async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            try await years.sell(1_000, at: Years.time(Self.today.advanced(by: -2)))
            try await years.spend(300, of: 0, at: Years.time(Self.today.advanced(by: -1)))
            try await shop.script(
                """
                CREATE TABLE aside AS SELECT * FROM merchant;
                DELETE FROM merchant;
                INSERT INTO copy (name) VALUES ('merchants') ON CONFLICT (name) DO UPDATE SET completed_at = NULL
                """)
            try await shop.followJournal()
            #expect(try await shop.figure("SELECT count(*) FROM report_day") == 0)
            try await shop.script(
                """
                INSERT INTO merchant SELECT * FROM aside;
                UPDATE copy SET completed_at = now() WHERE name = 'merchants'
                """)
            try await shop.followJournal()
            #expect(try await shop.figure("SELECT sum(redeemed)::bigint FROM redemption_day") == 300)
            #expect(try await shop.findings() == [])
        }
    }

    @Test func thePartitionsOfTheMonthsToComeAreMade() async throws {
        try await Shop.open { shop in
            let count = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'posting'::regclass"
            let before = try await shop.figure(count)
            _ = try await shop.bench.run(MakeJournalPartitions())
            #expect(try await shop.figure(count) == before, "the migration made those of three years")
            _ = try await shop.bench.run(MakeJournalPartitions(monthsAhead: 40))
            _ = try await shop.bench.run(MakeJournalPartitions(monthsAhead: 40))
            #expect(try await shop.figure(count) == before + 5)
            // What is posted then goes there, with the number that every line has, and is found by its cause.
            try await shop.script(
                """
                INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
                SELECT 'issue', gen_random_uuid(), 'expired', gen_random_uuid(), 1, 'EUR', now() + interval '39 months'
                """)
            #expect(try await shop.figure("SELECT count(*) FROM posting_before") == 0)
            #expect(try await shop.figure("SELECT count(*) FROM posting WHERE posting_id > 0") == 1)
            let indexes =
                "SELECT count(DISTINCT n) FROM (SELECT tablename, count(*) AS n FROM pg_indexes "
                + "WHERE tablename LIKE 'posting\\_%' GROUP BY tablename) AS each"
            #expect(try await shop.figure(indexes) == 1, "every partition has the same indexes")
        }
    }
}
