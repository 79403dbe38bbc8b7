import Contracts
import Testing

@testable import notifications

/// Amounts and times as people write them.
@Suite struct FormatTests {
    @Test(arguments: [
        (Money(1250, "EUR"), "de", "12,50\u{A0}€"), (Money(1250, "EUR"), "sl", "12,50\u{A0}€"),
        (Money(1250, "EUR"), "hu", "12,50\u{A0}€"), (Money(1250, "EUR"), "en", "€12.50"),
        (Money(5, "EUR"), "de", "0,05\u{A0}€"), (Money(-5, "EUR"), "de", "-0,05\u{A0}€"),
        (Money(-5, "EUR"), "en", "-€0.05"), (Money(0, "EUR"), "en", "€0.00"),
        (Money(123_456, "EUR"), "de", "1.234,56\u{A0}€"), (Money(123_456, "EUR"), "sl", "1.234,56\u{A0}€"),
        (Money(123_456, "EUR"), "hu", "1234,56\u{A0}€"), (Money(123_456, "EUR"), "en", "€1,234.56"),
        (Money(1_234_567, "EUR"), "hu", "12\u{A0}345,67\u{A0}€"),
        (Money(100_000_000, "EUR"), "de", "1.000.000,00\u{A0}€"),
        (Money(250_000, "HUF"), "hu", "2500\u{A0}Ft"), (Money(2_500_000, "HUF"), "hu", "25\u{A0}000\u{A0}Ft"),
        (Money(250_000, "HUF"), "de", "2.500\u{A0}HUF"), (Money(250_050, "HUF"), "sl", "2.500,50\u{A0}HUF"),
        (Money(250_000, "HUF"), "en", "HUF\u{A0}2,500"), (Money(1250, "EUR"), "hr", "€12.50"),
        (Money(.min, "EUR"), "en", "-€92,233,720,368,547,758.08"),
    ])
    func amounts(money: Money, language: String, written: String) {
        #expect(Formats.money(money, in: language) == written)
    }

    @Test(arguments: [
        ("2026-12-12T17:00:00Z", "de", "Samstag, 12. Dezember 2026, 18:00 Uhr"),
        ("2026-12-12T17:00:00Z", "sl", "sobota, 12. december 2026, ob 18.00"),
        ("2026-12-12T17:00:00Z", "hu", "2026. december 12., szombat, 18:00"),
        ("2026-12-12T17:00:00Z", "en", "Saturday, 12 December 2026, 18:00"),
        ("2027-01-01T07:05:00Z", "de", "Freitag, 1. Jänner 2027, 08:05 Uhr"),
        ("2027-01-01T07:05:00Z", "sl", "petek, 1. januar 2027, ob 8.05"),
        ("2027-01-01T07:05:00Z", "hu", "2027. január 1., péntek, 8:05"),
        ("2026-12-31T23:30:00Z", "en", "Friday, 1 January 2027, 00:30"),
        ("2026-07-05T22:00:00Z", "en", "Monday, 6 July 2026, 00:00"),
    ])
    func times(time: String, language: String, written: String) throws {
        let time = try #require(Timestamp(time))
        #expect(Formats.moment(time, timeZone: "Europe/Vienna", in: language) == written)
        #expect(Formats.moment(time, timeZone: "Europe/Budapest", in: language) == written)
    }

    /// The changes of the clock, as published for these years: hours ahead of UTC.
    @Test(arguments: [
        ("2024-03-31T00:59:59Z", 1), ("2024-03-31T01:00:00Z", 2), ("2024-10-27T00:59:59Z", 2),
        ("2024-10-27T01:00:00Z", 1), ("2025-03-30T00:59:59Z", 1), ("2025-03-30T01:00:00Z", 2),
        ("2025-10-26T00:59:59Z", 2), ("2025-10-26T01:00:00Z", 1), ("2026-03-29T00:59:59Z", 1),
        ("2026-03-29T01:00:00Z", 2), ("2026-10-25T00:59:59Z", 2), ("2026-10-25T01:00:00Z", 1),
        ("2027-03-28T01:00:00Z", 2), ("2030-03-31T00:59:59Z", 1), ("2026-01-01T00:00:00Z", 1),
        ("2026-07-01T00:00:00Z", 2),
    ])
    func theClockChangesOnTheLastSundays(time: String, ahead: Int) throws {
        let time = try #require(Timestamp(time))
        let utc = LocalTime(time, timeZone: "UTC")
        #expect(LocalTime(time, timeZone: "Europe/Ljubljana").hour == (utc.hour + ahead) % 24)
    }

    @Test func anUnknownZoneIsShownInUTCAndSaysSo() throws {
        let time = try #require(Timestamp("2026-12-12T17:00:00Z"))
        for zone in ["America/New_York", "", "Europe/../Vienna"] {
            #expect(Formats.moment(time, timeZone: zone, in: "en") == "Saturday, 12 December 2026, 17:00 (UTC)")
        }
    }

    @Test func everyTimeHasADay() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<5000 {
            let milliseconds = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
            let time = Timestamp(milliseconds: milliseconds)
            let local = LocalTime(time, timeZone: "Europe/Vienna")
            #expect((0...6).contains(local.weekday) && (1...12).contains(local.month) && (1...31).contains(local.day))
            for language in TextCatalogue.languages {
                #expect(!Formats.moment(time, timeZone: "Europe/Vienna", in: language).isEmpty)
            }
        }
    }
}
