import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// What terms make of a voucher.
@Suite struct TermsTests {
    private func terms(_ validity: PrintedValidity?, limitation years: Int? = nil) -> Terms {
        Terms(
            termsId: UUID(), programmeId: UUID(), issuerCityId: UUID(), number: 1,
            promise: ProgrammeTerms(
                currency: "EUR", denominations: [1_000, 2_500], openAmounts: AmountRange(from: 5_000, to: 9_999),
                validity: validity), limitationYears: years)
    }

    private func day(_ text: String) throws -> Day { try #require(Day(text)) }

    @Test(arguments: [
        ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2026-11-22", 60, "2031-11-22"),
        ("2026-12-15", 1, "2027-01-15"), ("2026-03-31", 0, "2026-03-31"), ("2026-03-31", -1, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"), ("9999-12-31", 12, "9999-12-31"),
    ])
    func monthsAreThoseOfTheCalendar(from: String, months: Int, to: String) throws {
        #expect(try day(from).adding(months: months) == day(to))
    }

    @Test func aValidityMayRunToTheEndOfItsYear() throws {
        let sold = try day("2026-03-31")
        #expect(terms(nil).validUntil(soldOn: sold) == nil)
        #expect(try terms(PrintedValidity(months: 36)).validUntil(soldOn: sold) == day("2029-03-31"))
        #expect(
            try terms(PrintedValidity(months: 36, toEndOfYear: true)).validUntil(soldOn: sold) == day("2029-12-31"))
    }

    @Test func nothingLapsesBeforeItsPrintedValidityEnds() throws {
        let sold = try day("2026-03-31")
        #expect(terms(PrintedValidity(months: 12)).lapsesAfter(soldOn: sold) == nil)
        #expect(try terms(PrintedValidity(months: 12), limitation: 30).lapsesAfter(soldOn: sold) == day("2056-03-31"))
        #expect(try terms(PrintedValidity(months: 60), limitation: 3).lapsesAfter(soldOn: sold) == day("2031-03-31"))
    }

    @Test func aLimitationMayRunToTheEndOfItsYear() throws {
        let sold = try day("2026-03-31")
        var terms = terms(PrintedValidity(months: 12), limitation: 3)
        terms.limitationToEndOfYear = true
        #expect(try terms.lapsesAfter(soldOn: sold) == day("2029-12-31"))
        terms.limitationYears = .max
        #expect(try terms.lapsesAfter(soldOn: sold) == day("9999-12-31"))
    }

    @Test func aProgrammeIsSoldForItsIssuerUntilItsLastDay() throws {
        var terms = terms(nil)
        let (value, last) = (Money(1_000, "EUR"), try day("2026-12-31"))
        terms.soldUntil = last
        #expect(terms.refusal(of: value, for: terms.issuerCityId, on: last) == nil)
        #expect(terms.refusal(of: value, for: terms.issuerCityId, on: last.advanced(by: 1)) == .programmeClosed)
        #expect(terms.refusal(of: value, for: UUID(), on: last) == .programmeUnknown)
        #expect(terms.refusal(of: Money(1, "EUR"), for: terms.issuerCityId, on: last) == .amountNotOffered)
    }

    @Test func onlyWhatIsOfferedIsSold() {
        let promise = terms(nil).promise
        let offered: [Int64] = (0...12_000).filter { promise.offers(Money($0, "EUR")) }
        #expect(offered == [1_000, 2_500] + Array(5_000...9_999))
        #expect(!promise.offers(Money(1_000, "HUF")))
    }

    /// Later sales are valid at least as long, and a day added is never a day lost.
    @Test func laterSalesEndNoEarlier() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5_000 {
            let day = Day(number: Int.random(in: 0...40_000, using: &generator))
            let months = Int.random(in: 0...400, using: &generator)
            #expect(day.adding(months: months) <= day.advanced(by: 1).adding(months: months))
            #expect(day.adding(months: months) <= day.adding(months: months + 1))
        }
    }
}
