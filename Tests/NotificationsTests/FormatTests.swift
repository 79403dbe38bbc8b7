import Contracts
import FoundationEssentials
import Testing

@testable import notifications

@Suite struct FormatTests {
    @Test(arguments: [
        (Money(1_250, "EUR"), ["12,50 €", "12,50 €", "12,50 €", "€12.50"]),
        (Money(0, "EUR"), ["0,00 €", "0,00 €", "0,00 €", "€0.00"]),
        (Money(5, "EUR"), ["0,05 €", "0,05 €", "0,05 €", "€0.05"]),
        (Money(-1_250, "EUR"), ["−12,50 €", "−12,50 €", "−12,50 €", "−€12.50"]),
        (Money(123_456, "EUR"), ["1.234,56 €", "1.234,56 €", "1234,56 €", "€1,234.56"]),
        (Money(123_456_789, "EUR"), ["1.234.567,89 €", "1.234.567,89 €", "1 234 567,89 €", "€1,234,567.89"]),
        (Money(1_000_000, "HUF"), ["10.000 Ft", "10.000 Ft", "10 000 Ft", "HUF 10,000"]),
        (Money(1_250, "HUF"), ["12,50 Ft", "12,50 Ft", "12,50 Ft", "HUF 12.50"]),
        (
            Money(.min, "XTS"),
            [
                "−92.233.720.368.547.758,08 XTS", "−92.233.720.368.547.758,08 XTS", "−92 233 720 368 547 758,08 XTS",
                "−XTS 92,233,720,368,547,758.08",
            ]
        ),
    ])
    func amounts(_ money: Money, _ expected: [String]) {
        // Written with common blanks here, for the eye; in the text none of them may break the line.
        #expect(Language.allCases.map { $0.text(of: money).replacing("\u{A0}", with: " ") } == expected)
        #expect(Language.allCases.allSatisfy { !$0.text(of: money).contains(" ") })
    }

    @Test func seatsInSlovenianHaveADual() {
        let counts = [0, 1, 2, 3, 4, 5, 11, 100, 101, 102, 103, 105]
        #expect(
            counts.map { Language.sl.text(ofSeats: $0) } == [
                "0 mest", "1 mesto", "2 mesti", "3 mesta", "4 mesta", "5 mest", "11 mest", "100 mest", "101 mesto",
                "102 mesti", "103 mesta", "105 mest",
            ])
        #expect([1, 2].map { Language.de.text(ofSeats: $0) } == ["1 Platz", "2 Plätze"])
        #expect([1, 2].map { Language.hu.text(ofSeats: $0) } == ["1 hely", "2 hely"])
        #expect([1, 2].map { Language.en.text(ofSeats: $0) } == ["1 seat", "2 seats"])
    }

    @Test func momentsInEveryLanguage() {
        let vienna = TimeZoneRules(named: "Europe/Vienna")
        #expect(
            Language.allCases.map { $0.text(of: Samples.evening, in: vienna) } == [
                "Samstag, 12. Dezember 2026, 18:00 Uhr", "sobota, 12. december 2026, ob 18.00",
                "2026. december 12., szombat, 18:00", "Saturday, 12 December 2026, 18:00",
            ])
        #expect(
            Language.allCases.map { $0.text(ofDay: Samples.evening, in: vienna) } == [
                "12. Dezember 2026", "12. december 2026", "2026. december 12.", "12 December 2026",
            ])
    }

    @Test func aSummerMorningKeepsItsZeros() throws {
        let moment = try #require(Timestamp("2026-01-05T08:05:00+01:00"))
        let rules = TimeZoneRules(named: "Europe/Budapest")
        #expect(Language.de.text(of: moment, in: rules) == "Montag, 5. Jänner 2026, 08:05 Uhr")
        #expect(Language.sl.text(of: moment, in: rules) == "ponedeljek, 5. januar 2026, ob 8.05")
    }

    @Test func anUnknownZoneIsShownAsUTC() {
        #expect(TimeZoneRules(named: "Europe/Atlantis") == nil)
        #expect(Language.de.text(of: Samples.evening, in: nil) == "Samstag, 12. Dezember 2026, 17:00 Uhr (UTC)")
    }

    @Test func timesBeyondEveryCalendarAreNone() {
        for seconds in [1e15, -1e15, 1e300, -1e300, .infinity, -.infinity, .nan] {
            #expect(WallClock(Date(timeIntervalSince1970: seconds), offset: 3_600) == nil)
            #expect(
                TimeZoneRules(named: "Europe/Vienna")?.offsetSeconds(at: Date(timeIntervalSince1970: seconds)) != nil)
        }
    }

    @Test(arguments: [
        "", "/etc/passwd", "../etc/passwd", "Europe/../../etc/passwd", "Europe/", "Europe", "tzdata.zi", "a\0b",
    ])
    func aZoneLeadsToNoOtherFile(_ name: String) {
        #expect(TimeZoneRules(named: name) == nil)
    }
}
