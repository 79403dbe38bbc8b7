import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// The decisions of reports.
@Suite struct ReportFigureTests {
    private static func key(_ city: UUID, _ month: String, _ currency: String = "EUR") throws -> CohortKey {
        let day = try #require(Month(month)).firstDay.date
        return CohortKey(issuerCityId: city, currency: currency, cohort: day)
    }

    @Test func whatIsOwedStandsInItsAge() throws {
        let (one, other) = (UUID(), UUID())
        let rows = [
            OwedCohort(key: try Self.key(one, "2020-01"), owed: 5, held: 0),
            OwedCohort(key: try Self.key(one, "2025-11"), owed: 7, held: 0),
            OwedCohort(key: try Self.key(one, "2025-12"), owed: 11, held: 2),
            OwedCohort(key: try Self.key(one, "2026-11"), owed: 13, held: 0),
            OwedCohort(key: try Self.key(one, "2026-12"), owed: 17, held: 0),
            OwedCohort(key: try Self.key(one, "2026-12", "HUF"), owed: 19, held: 19),
            OwedCohort(key: try Self.key(other, "2026-09"), owed: 23, held: 0),
            OwedCohort(key: try Self.key(other, "2026-10"), owed: 0, held: 0),
        ]
        let lines = Ageing.lines(of: rows, on: try #require(Day("2026-12-31")))
        #expect(lines.map(\.owed) == [53, 19, 23])
        #expect(lines.map(\.held) == [2, 19, 0])
        #expect(
            lines.first?.ages == [
                .init(fromMonths: 0, beforeMonths: 3, owed: 30), .init(fromMonths: 12, beforeMonths: 24, owed: 18),
                .init(fromMonths: 60, beforeMonths: nil, owed: 5),
            ])
        #expect(lines.last?.ages == [.init(fromMonths: 3, beforeMonths: 6, owed: 23)])
        #expect(Ageing.lines(of: [], on: Day(number: 0)) == [])
    }

    /// A cohort is owed in one age, whatever the day, and nothing is lost.
    @Test func agesSumToWhatIsOwed() {
        var generator = SeededGenerator(seed: 11)
        let city = UUID()
        for _ in 0..<500 {
            let day = Day(number: Int.random(in: 10_000...30_000, using: &generator))
            let rows = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
                let cohort = Month(of: day).advanced(by: -Int.random(in: -2...400, using: &generator)).firstDay.date
                return OwedCohort(
                    key: CohortKey(issuerCityId: city, currency: "EUR", cohort: cohort),
                    owed: Int64.random(in: 0...9, using: &generator), held: 0)
            }
            let lines = Ageing.lines(of: rows, on: day)
            let owed = rows.reduce(0) { $0 + $1.owed }
            #expect(lines.reduce(0) { $0 + $1.owed } == owed)
            #expect(lines.flatMap(\.ages).reduce(0) { $0 + $1.owed } == owed)
        }
    }

    /// What is kept and what corrects it is what the journal says.
    @Test func correctionsMakeTheFiguresThoseOfTheJournal() {
        var generator = SeededGenerator(seed: 12)
        func movements() -> [Movement<Int>] {
            Set((0..<8).map { _ in Int.random(in: 0...9, using: &generator) }).map { key in
                Movement(key: key, amounts: (0..<3).map { _ in Int64.random(in: -2...2, using: &generator) })
            }
        }
        for _ in 0..<500 {
            let (kept, journal) = (movements(), movements())
            let corrections = Movement.corrections(of: kept, to: journal)
            var sums: [Int: [Int64]] = [:]
            for movement in kept + corrections {
                sums[movement.key] = zip(sums[movement.key] ?? [0, 0, 0], movement.amounts).map { $0 + $1 }
            }
            let left = sums.filter { $0.value.contains { $0 != 0 } }
            let wanted = Dictionary(uniqueKeysWithValues: journal.map { ($0.key, $0.amounts) })
                .filter { $0.value.contains { $0 != 0 } }
            #expect(left == wanted)
            #expect(Movement.corrections(of: journal, to: journal).isEmpty)
        }
    }

    @Test func piecesAreReadAsTheyWereWritten() throws {
        let month = try #require(Month("2026-11"))
        let pieces: [LedgerPiece] = [
            .first, .journal(month), .vouchers(UUID()), .redemptions(LedgerPiece.lastID), .reversals, .figures,
            .holds(UUID()), .settlement,
        ]
        for piece in pieces { #expect(LedgerPiece(piece.text) == piece) }
        for text in [
            "", "journal", "journal 2026-13", "vouchers x", "reversals 1", "holds", "settlement 1", "figures ", "all",
        ] {
            #expect(LedgerPiece(text) == nil, "\(text)")
        }
    }

    @Test func monthsAreThoseOfTheCalendar() throws {
        var month = Month(number: 0)
        for number in 0..<2_500 {
            #expect(month.number == number && Month(month.description) == month)
            #expect(Month(of: month.firstDay) == month)
            #expect(Month(of: month.advanced(by: 1).firstDay.advanced(by: -1)) == month)
            month = month.advanced(by: 1)
        }
        for text in ["2026", "2026-00", "2026-1", "2026-1x", "2026-011", "x026-01"] { #expect(Month(text) == nil) }
        #expect(Month(number: .max).description == "9999-12" && Month(number: .min).description == "0000-01")
    }
}
