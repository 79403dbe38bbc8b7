import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Times, money, texts and ids: what goes out comes back.
@Suite struct ValueTests {
    @Test(arguments: [
        ("2026-12-01T08:30:00Z", "2026-12-01T08:30:00.000Z"),
        ("2026-12-01t08:30:00z", "2026-12-01T08:30:00.000Z"),
        ("2026-12-01T08:30:00+01:00", "2026-12-01T07:30:00.000Z"),
        ("2026-12-01T00:30:00-00:45", "2026-12-01T01:15:00.000Z"),
        ("2026-12-01T08:30:00.1Z", "2026-12-01T08:30:00.100Z"),
        ("2026-12-01T08:30:00.1239999Z", "2026-12-01T08:30:00.123Z"),
        ("2024-02-29T23:59:59.999+00:00", "2024-02-29T23:59:59.999Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
    ])
    func timesOfRFC3339AreRead(text: String, written: String) {
        #expect(Timestamp(text)?.description == written)
    }

    @Test(arguments: [
        "", "now", "2026-12-01", "2026-12-01T08:30:00", "2026-12-01 08:30:00Z", "20261201T083000Z",
        "2026-1-1T1:1:1Z", "2026-12-01T08:30Z", "2026-12-01T08:30:00.Z", "2026-12-01T08:30:00,5Z",
        "2026-12-01T08:30:00Zx", "2026-12-01T08:30:00+0100", "2026-12-01T08:30:00+24:00", "2026-12-01T08:30:00+01:60",
        "2026-13-01T08:30:00Z", "2026-00-01T08:30:00Z", "2026-02-29T08:30:00Z", "2026-04-31T08:30:00Z",
        "1900-02-29T08:30:00Z", "2026-12-01T24:00:00Z", "2026-12-01T08:60:00Z", "2026-12-01T08:30:61Z",
        "-026-12-01T08:30:00Z", "12026-12-01T08:30:00Z", "2026-12-01T08:30:00 Z", "２026-12-01T08:30:00Z",
        "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "2026-12-01T08:30:00.123456789012345678901234567890Z",
    ])
    func anythingElseIsNoTime(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func everyMillisecondComesBack() throws {
        var generator = SeededGenerator(seed: 20_261_201)
        for _ in 0..<20_000 {
            let time = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
            #expect(Timestamp(time.description) == time)
            #expect(Timestamp(time.date) == time)
            let other = Timestamp(
                milliseconds: Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator))
            // RFC 3339 in UTC with a fixed number of digits sorts like the times.
            #expect((time < other) == (time.description < other.description))
        }
    }

    @Test func everyDayOfFourCenturiesAgreesWithFoundation() {
        // Whole seconds, where Foundation's style is exact.
        for day in -60_000..<90_000 {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            #expect(Timestamp(date).description.prefix(19) == date.formatted(.iso8601).prefix(19))
        }
    }

    @Test func aDateThatTheWireCannotSayBecomesTheNearestThatItCan() {
        for seconds in [Double.infinity, -.infinity, .nan, 1e300, -1e300, .greatestFiniteMagnitude] {
            let time = Timestamp(Date(timeIntervalSince1970: seconds))
            #expect(Timestamp(time.description) == time)
        }
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }

    @Test func microsecondsOfTheDatabaseAreCutOff() {
        let date = Date(timeIntervalSince1970: 1_796_113_800.123_999)
        #expect(Timestamp(date).description == "2026-12-01T08:30:00.123Z")
        #expect(Timestamp(Date(timeIntervalSince1970: -0.000_001)).description == "1969-12-31T23:59:59.999Z")
    }

    @Test(arguments: [
        (Int64(0), "0.00 EUR"), (5, "0.05 EUR"), (1250, "12.50 EUR"), (-1250, "-12.50 EUR"), (-7, "-0.07 EUR"),
        (.max, "92233720368547758.07 EUR"), (.min, "-92233720368547758.08 EUR"),
    ])
    func moneyIsWrittenWithTwoDecimals(amount: Int64, written: String) {
        #expect(Money(amount, "EUR").description == written)
    }

    @Test func moneyIsWholeOnTheWire() throws {
        for text in [
            #"{"amount":12.5,"currency":"EUR"}"#, #"{"amount":"1250","currency":"EUR"}"#,
            #"{"amount":9223372036854775808,"currency":"EUR"}"#, #"{"amount":1e30,"currency":"EUR"}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Money.self, from: Data(text.utf8)) }
        }
        let largest = #"{"amount":9223372036854775807,"currency":"EUR"}"#
        #expect(try JSONDecoder().decode(Money.self, from: Data(largest.utf8)).amount == .max)
    }

    @Test func aMissingLanguageFallsBackInOrder() {
        let all: LocalizedText = ["de": "D", "sl": "S", "hu": "H", "en": "E"]
        for language in ["de", "sl", "hu", "en"] {
            #expect(all.text(in: language)?.language == language)
            var rest = all
            rest.texts[language] = nil
            let first = LocalizedText.fallbacks.first { $0 != language }
            #expect(rest.text(in: language)?.language == first)
        }
        #expect(LocalizedText(["hr": "K"]).text(in: "de")?.text == "K")
        #expect(LocalizedText(["de": "", "hu": "H"]).text(in: "de")?.language == "hu")
        #expect(LocalizedText([:]).text(in: "de") == nil)
    }

    @Test func idsAreWrittenInSmallLettersAndReadInAny() throws {
        let id = try #require(UUID(uuidString: "01939C5E-8F00-7000-8000-0000000000AB"))
        let written = String(
            decoding: try JSONEncoder().encode(GetFailure<CitiesService>(failureId: id)), as: UTF8.self)
        #expect(written == #"{"failureId":"01939c5e-8f00-7000-8000-0000000000ab"}"#)
        let capitals = #"{"failureId":"01939C5E-8F00-7000-8000-0000000000AB"}"#
        let read = try JSONDecoder().decode(GetFailure<CitiesService>.self, from: Data(capitals.utf8))
        #expect(read.failureId == id)
    }

    @Test func idsOfVersion7SortByTime() throws {
        var generator = SeededGenerator(seed: 7)
        var last = ""
        var seen: Set<UUID> = []
        for step in 0..<2000 {
            let id = UUID.version7(
                at: Timestamp(milliseconds: 1_700_000_000_000 + Int64(step) * 77_777), using: &generator)
            let text = id.uuidString
            #expect(text > last)
            #expect(text.wholeMatch(of: /[0-9A-F]{8}-[0-9A-F]{4}-7[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}/) != nil)
            #expect(seen.insert(id).inserted)
            last = text
        }
    }
}
