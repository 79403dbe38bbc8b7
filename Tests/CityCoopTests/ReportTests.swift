import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

/// What is printed of reports and of a check of the ledger.
@Suite struct ReportTests {
    private static func piece(
        _ name: String, _ rows: Int64, _ findings: [FindLedgerMistakes.Finding] = [], more: Bool = false
    )
        -> FindLedgerMistakes.Reply
    {
        FindLedgerMistakes.Reply(piece: name, rows: rows, findings: findings, hasMoreFindings: more, next: nil)
    }

    @Test func aWholeLedgerIsOneLine() {
        let report = LedgerReport([
            Self.piece("journal 2026-11", 3), Self.piece("journal 2026-12", 4), Self.piece("vouchers x", 2),
            Self.piece("reversals", 0),
        ])
        #expect(report.lines == ["whole: 7 of journal, 2 of vouchers"])
        #expect(LedgerReport([Self.piece("journal 2026-11", 0)]).lines == ["whole: nothing is booked"])
    }

    @Test func findingsAreNamedAndCounted() {
        let findings = [
            FindLedgerMistakes.Finding(
                check: "voucher-balance", subject: "x", currency: "EUR", expected: 1_250, found: -5),
            FindLedgerMistakes.Finding(check: "reversal-voucher", subject: "y", currency: nil, expected: nil, found: 3),
        ]
        let report = LedgerReport([Self.piece("vouchers x", 2, findings), Self.piece("reversals", 0, more: true)])
        #expect(
            report.lines == [
                "voucher-balance: x: 12.50 EUR expected, -0.05 EUR found",
                "reversal-voucher: y: nothing expected, 3 found",
                "2 findings; there are more, listed are the first of each piece; checked: 2 of vouchers",
            ])
    }

    @Test func amountsStandAsSpreadsheetsReadThem() {
        #expect(
            [0, 5, -5, 123_456, -100].map { ReportTable.decimal($0) } == ["0.00", "0.05", "-0.05", "1234.56", "-1.00"])
        let table = ReportTable(rows: [["city", "owed"], ["a, b", "1.00"]])
        #expect(table.lines == ["city,owed\r", "\"a, b\",1.00\r"])
    }

    @Test func eachRowHasAsManyFieldsAsTheHead() throws {
        let source = (city: UUID(), name: "weiz")
        let cohort = FindCohorts.Cohort(
            month: try #require(Month("2026-01")), issuerCityId: source.city, currency: "EUR", issued: 10_000,
            redeemed: 5_000, reversed: 0, expired: 0, refunded: 0, moved: -1, owed: 4_999, unclaimedBasisPoints: 4_999,
            meanDaysToRedemption: nil, spent: [.init(months: 1, redeemed: 5), .init(months: 3, redeemed: 5_000)])
        let head = ReportCohorts.head(FindCohorts.Reply(cohorts: [cohort], next: nil))
        let row = ReportCohorts.row(cohort) { $0 == source.city ? source.name : "" }
        #expect(head.count == row.count && head.suffix(1) == ["redeemed_within_3_months"])
        #expect(row.prefix(4) == ["2026-01", "weiz", "EUR", "100.00"])
        #expect(zip(head, row).first { $0.0 == "unclaimed_percent" }?.1 == "49.99")
        let line = GetLiability.Line(
            issuerCityId: source.city, currency: "EUR", owed: 7, held: 2,
            ages: [
                .init(fromMonths: 0, beforeMonths: 3, owed: 3), .init(fromMonths: 60, beforeMonths: nil, owed: 4),
            ])
        let page = GetLiability.Reply(
            day: try #require(Day("2026-12-31")), postedUntil: Timestamp(milliseconds: 0), lines: [line], next: nil)
        let rows = ReportLiability.rows(page) { _ in "weiz" }
        #expect(
            rows == [
                ["2026-12-31", "weiz", "EUR", "0", "3", "0.03", "0.02"],
                ["2026-12-31", "weiz", "EUR", "60", "", "0.04", "0.02"],
            ])
        #expect(rows.allSatisfy { $0.count == ReportLiability.columns.count })
    }
}
