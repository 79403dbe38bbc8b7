import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Days and the periods between them.
@Suite struct DayTests {
    @Test(arguments: ["2026-12-01", "2024-02-29", "1970-01-01", "1969-12-31", "0000-01-01", "9999-12-31"])
    func aDayIsReadAndWrittenAsItIs(text: String) throws {
        let day = try #require(Day(text))
        #expect(day.description == text)
        #expect(Day(number: day.number) == day)
        let coded = try JSONEncoder().encode([day])
        #expect(String(decoding: coded, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Day].self, from: coded) == [day])
    }

    @Test(arguments: [
        "", "2026", "2026-12", "2026-13-01", "2026-02-29", "2026-12-32", "2026-12-1", "26-12-01", "2026-12-01Z",
        "2026-12-01T", "2026/12/01", "+026-12-01", " 2026-12-0", "２026-12-1",
    ])
    func anythingElseIsNoDay(text: String) throws {
        #expect(Day(text) == nil)
        let coded = try JSONEncoder().encode([text])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Day].self, from: coded) }
    }

    @Test func daysFollowOneAnother() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            let number = Int.random(in: -700_000...2_900_000, using: &generator)
            let (day, next) = (Day(number: number), Day(number: number + 1))
            #expect(day < next && day.description < next.description && day.advanced(by: 1) == next)
            let start = Timestamp("\(next)T00:00:00Z")
            let moment = try #require(start)
            #expect(Day(of: moment) == next)
            #expect(Day(of: Timestamp(milliseconds: moment.milliseconds - 1)) == day)
        }
        #expect(Day(number: .max).description == "9999-12-31" && Day(number: .min).description == "0000-01-01")
    }

    @Test func aPeriodHoldsItsFirstDayAndNotItsLast() throws {
        var generator = SeededGenerator(seed: 6)
        func period() -> Period {
            let from = Day(number: Int.random(in: 0...9, using: &generator))
            return Period(
                from: from,
                until: Bool.random(using: &generator) ? nil : Day(number: Int.random(in: 0...11, using: &generator)))
        }
        for _ in 0..<2_000 {
            let (one, other) = (period(), period())
            let days = (0...20).map { Day(number: $0) }
            let held = days.filter(one.contains)
            #expect(held.isEmpty == one.isEmpty)
            #expect(held.first == (one.isEmpty ? nil : one.from))
            #expect(one.overlaps(other) == days.contains { one.contains($0) && other.contains($0) })
        }
        var checks = Checks()
        let today = try #require(Day("2026-12-01"))
        checks.period(Period(from: today, until: today), "period")
        #expect(throws: Problem.self) { try checks.finish() }
    }
}
