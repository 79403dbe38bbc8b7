import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Account numbers, VAT numbers, categories and hours: what is right is taken, what is mistyped is not.
@Suite struct BusinessNumberTests {
    /// An account number with the right check digits.
    private func iban(_ country: String, using generator: inout SeededGenerator) -> String {
        let length = (IBAN.lengths[country] ?? 20) - 4
        let digits = (0..<length).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
        for check in 2...98 {
            let text = "\(country)\(check < 10 ? "0" : "")\(check)\(digits)"
            if IBAN(text) != nil { return text }
        }
        return ""
    }

    @Test(arguments: [
        "AT611904300234573201", "SI56263300012039086", "HU42117730161111101800000000", "DE89370400440532013000",
        "SI56 1910 0000 0123 438", "gb29nwbk60161331926819",
    ])
    func knownAccountsAreTaken(text: String) throws {
        let iban = try #require(IBAN(text))
        #expect(iban.revealed == text.filter { $0 != " " }.uppercased())
        #expect("\(iban)" == iban.masked && !String(reflecting: iban).contains(iban.revealed.dropFirst(4)))
    }

    @Test func theMaskShowsCountryAndLastFour() {
        #expect(IBAN("AT611904300234573201")?.masked == "AT** **** … 3201")
    }

    @Test(arguments: [
        "", "AT", "AT61", "XX611904300234573201", "AT61190430023457320", "AT6119043002345732011",
        "AT61190430023457320Ä",
        "AT61-1904-3002-3457-3201",
    ])
    func whatIsNoAccountIsRefused(text: String) {
        #expect(IBAN(text) == nil)
    }

    @Test func everyWrongOrSwappedDigitIsFound() {
        var generator = SeededGenerator(seed: 7)
        for country in ["AT", "SI", "HU", "DE"] {
            for _ in 0..<50 {
                let text = iban(country, using: &generator)
                let letters = Array(text)
                #expect(IBAN(text) != nil)
                for place in 2..<letters.count {
                    var wrong = letters
                    let digit = letters[place].wholeNumberValue ?? 0
                    wrong[place] = Character("\((digit + Int.random(in: 1...9, using: &generator)) % 10)")
                    #expect(IBAN(String(wrong)) == nil, "\(String(wrong))")
                    var swapped = letters
                    swapped.swapAt(place, max(place - 1, 2))
                    #expect(swapped == letters || IBAN(String(swapped)) == nil, "\(String(swapped))")
                }
            }
        }
    }

    @Test(arguments: ["ATU13585627", "SI50223054", "HU12892312"])
    func knownVATNumbersAreTaken(text: String) {
        #expect(VATNumber.isValid(text))
    }

    @Test(arguments: [
        "", "ATU1358562", "AT13585627", "atu13585627", "ATU1358562A", "SI00223054", "HU128923120", "DE136695976",
        "ATU 13585627",
        "ATU13585628",
    ])
    func whatIsNoVATNumberIsRefused(text: String) {
        #expect(!VATNumber.isValid(text))
    }

    @Test func oneCheckDigitAtMostFits() {
        var generator = SeededGenerator(seed: 11)
        for country in ["ATU", "SI", "HU"] {
            var without = 0
            for _ in 0..<500 {
                let body = "\(country)\(Int.random(in: 1_000_000...9_999_999, using: &generator))"
                let fitting = (0...9).filter { VATNumber.isValid("\(body)\($0)") }
                #expect(fitting.count <= 1)
                if fitting.isEmpty { without += 1 }
            }
            // Slovenia gives out no number whose complement would be 11: one in eleven.
            #expect(country == "SI" ? (20...80).contains(without) : without == 0)
        }
    }

    @Test func categoriesHaveADivisionOfTheClassification() {
        for code in ["47", "47.6", "47.61", "01.11", "99.00"] { #expect(NACECode.isValid(code)) }
        for code in ["", "4", "4761", "47.", "47.611", "47,61", "04", "34.1", "44.00", "00", "4a.61", "47.6a", "٤٧"] {
            #expect(!NACECode.isValid(code), "\(code)")
        }
    }

    private func hours(_ weekday: Int, _ from: String, _ until: String) -> OpeningHours {
        OpeningHours(weekday: weekday, from: from, until: until)
    }

    @Test func hoursFollowOneAnother() {
        #expect(
            OpeningHours.mistake(in: [
                hours(1, "08:00", "12:00"), hours(1, "12:00", "24:00"), hours(7, "00:00", "00:01"),
            ]) == nil)
        #expect(
            OpeningHours.mistake(in: [hours(1, "08:00", "12:00"), hours(1, "11:59", "13:00")]) == "must not overlap")
        for wrong in [
            hours(0, "08:00", "12:00"), hours(8, "08:00", "12:00"), hours(1, "12:00", "12:00"),
            hours(1, "8:00", "12:00"),
            hours(1, "08:00", "24:01"), hours(1, "08:60", "12:00"), hours(1, "08.00", "12:00"),
            hours(1, "-8:00", "12:00"),
        ] {
            #expect(OpeningHours.mistake(in: [wrong]) != nil, "\(wrong)")
        }
        #expect(OpeningHours.mistake(in: []) != nil)
    }

    @Test func everyWeekOfHoursThatDoNotMeetIsTakenInAnyOrder() {
        var generator = SeededGenerator(seed: 13)
        func text(_ minutes: Int) -> String {
            let (hour, minute) = (minutes / 60, minutes % 60)
            return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
        }
        for _ in 0..<300 {
            var week = (1...7).flatMap { day -> [OpeningHours] in
                let ends = Set((0..<4).map { _ in Int.random(in: 0...1440, using: &generator) }).sorted()
                return stride(from: 0, to: ends.count - 1, by: 2).map { hours(day, text(ends[$0]), text(ends[$0 + 1])) }
            }
            week.shuffle(using: &generator)
            #expect(week.isEmpty || OpeningHours.mistake(in: week) == nil)
            if let first = week.first { #expect(OpeningHours.mistake(in: week + [first]) == "must not overlap") }
        }
    }
}
