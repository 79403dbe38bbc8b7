import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import notifications

@Suite struct TimeZoneTests {
    private static let zones = [
        "Europe/Vienna", "Europe/Ljubljana", "Europe/Budapest", "Europe/Dublin", "America/New_York",
        "America/St_Johns", "Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "Africa/Casablanca",
        "America/Nuuk", "Asia/Tehran", "UTC", "Etc/GMT+5",
    ]

    /// What PostgreSQL, which has its own reader of the same database, says that the clocks show.
    private struct ReadClocks: Statement {
        static let sql = """
            SELECT extract(epoch FROM (moment AT TIME ZONE $1) - timestamp '1970-01-01')::bigint
            FROM unnest($2::timestamptz[]) WITH ORDINALITY AS asked (moment, place) ORDER BY place
            """
        var zone: String
        var moments: [Date]

        func bind(_ parameters: inout Parameters) {
            parameters.add(zone)
            parameters.add(moments)
        }

        static func row(_ columns: inout Columns) throws -> Int64 {
            try columns.next()
        }
    }

    @Test func theClocksAgreeWithPostgreSQL() async throws {
        var random = SeededGenerator()
        let connection = try await Connection.connect(to: try scratchServer(), name: "time zones")
        for zone in TimeZoneTests.zones {
            let rules = try #require(TimeZoneRules(named: zone), "\(zone) is missing")
            // From 1890, before there were zones, to 2100, beyond the table in the file.
            let moments = (0..<2_000).map { _ in
                Date(timeIntervalSince1970: Double(Int.random(in: -2_524_521_600...4_102_444_800, using: &random)))
            }
            let clocks = try await connection.execute(ReadClocks(zone: zone, moments: moments))
            let ours = moments.map { Int64($0.timeIntervalSince1970) + Int64(rules.offsetSeconds(at: $0)) }
            #expect(ours == clocks, "\(zone)")
        }
        await connection.close()
    }

    @Test func theHourOfEachChangeIsExact() throws {
        let rules = try #require(TimeZoneRules(named: "Europe/Vienna"))
        // 2050 is beyond the table: the rule at its end decides.
        for (text, offset) in [
            ("2026-03-29T00:59:59Z", 3_600), ("2026-03-29T01:00:00Z", 7_200), ("2026-10-25T00:59:59Z", 7_200),
            ("2026-10-25T01:00:00Z", 3_600), ("2050-03-27T00:59:59Z", 3_600), ("2050-03-27T01:00:00Z", 7_200),
            ("2050-10-30T00:59:59Z", 7_200), ("2050-10-30T01:00:00Z", 3_600),
        ] {
            let date = try Date(text, strategy: .iso8601)
            #expect(rules.offsetSeconds(at: date) == offset, "\(text)")
        }
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", 3_600), ("<-03>3", -10_800), ("IST-5:30", 19_800), ("EST5EDT,J60,J300", -18_000),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 39_600), ("X-14", nil), ("CET", nil), ("CET-1CEST", nil),
        ("CET-1CEST,M3.5.0", nil), ("CET-1CEST,M13.5.0,M10.5.0", nil), ("CET-1CEST,M3.5.0,M10.5.0/3x", nil), ("", nil),
        ("<CET-1", nil), ("CET-99", nil),
    ])
    func rulesAreReadOrRefused(_ text: String, _ offsetInJanuary: Int?) {
        #expect(YearlyRule(text)?.offset(at: 1_800_000_000) == offsetInJanuary)
    }

    @Test func rubbishIsNoZoneAndNeverTraps() throws {
        var random = SeededGenerator()
        let good = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Vienna"))
        #expect(TimeZoneRules(file: []) == nil)
        #expect(TimeZoneRules(file: Array(good.prefix(100))) == nil)
        for _ in 0..<2_000 {
            var bytes = [UInt8](good)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: .min ... .max, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random) / 8)
            let rules = TimeZoneRules(file: bytes)
            _ = rules?.offsetSeconds(at: Date(timeIntervalSince1970: 1_800_000_000))
            _ = rules?.offsetSeconds(at: Date(timeIntervalSince1970: 9e15))
        }
    }

    @Test func theCalendarCountsEveryDay() {
        var clock = WallClock(secondsSince1970: WallClock.days(year: 1890, month: 1, day: 1) * 86_400)
        #expect(clock.weekday == 3)
        for day in WallClock.days(year: 1890, month: 1, day: 2)..<WallClock.days(year: 2110, month: 1, day: 1) {
            let next = WallClock(secondsSince1970: day * 86_400)
            #expect(WallClock.days(year: next.year, month: next.month, day: next.day) == day)
            let isNext =
                next.day == clock.day + 1 && next.month == clock.month
                || next.day == 1 && clock.day >= 28 && (next.month == clock.month + 1 || next.month == 1)
            #expect(isNext && next.weekday == (clock.weekday + 1) % 7)
            clock = next
        }
    }
}
