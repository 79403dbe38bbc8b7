import Contracts
import FoundationEssentials
import TestKit
import Testing

/// Periods, exact numbers, and the keys made of them.
@Suite struct IndicatorValueTests {
    private static func randomPeriod(_ generator: inout SeededGenerator) -> IndicatorPeriod? {
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: width - String(number).count) + String(number)
        }
        // Few years, so that periods often begin or end together.
        let year = padded(.random(in: 2019...2024, using: &generator), 4)
        let month = padded(.random(in: 1...12, using: &generator), 2)
        return switch Int.random(in: 0...3, using: &generator) {
        case 0: IndicatorPeriod(year)
        case 1: IndicatorPeriod("\(year)-Q\(Int.random(in: 1...4, using: &generator))")
        case 2: IndicatorPeriod("\(year)-\(month)")
        default: IndicatorPeriod("\(year)-\(month)-\(padded(.random(in: 1...28, using: &generator), 2))")
        }
    }

    @Test(arguments: [
        ("2024", "2024-01-01", "2024-12-31"), ("2024-Q1", "2024-01-01", "2024-03-31"),
        ("2023-Q3", "2023-07-01", "2023-09-30"), ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"), ("1900-02", "1900-02-01", "1900-02-28"),
        ("2000-02", "2000-02-01", "2000-02-29"), ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("0001", "0001-01-01", "0001-12-31"), ("9999-12-31", "9999-12-31", "9999-12-31"),
    ])
    func aPeriodHasAFirstDayAndALast(text: String, first: String, last: String) throws {
        let period = try #require(IndicatorPeriod(text))
        #expect(period.description == text)
        let firstDay = try #require(IndicatorPeriod(first)?.firstDay)
        let lastDay = try #require(IndicatorPeriod(last)?.lastDay)
        #expect(period.firstDay == firstDay && period.lastDay == lastDay)
        #expect(IndicatorPeriod(from: firstDay, through: lastDay) == period)
    }

    @Test(arguments: [
        "", "24", "0000", "02024", "2024-", "2024-1", "2024-Q0", "2024-Q5", "2024-q1", "2024Q1", "2024-Q", "2024-00",
        "2024-13", "2024-02-30", "2023-02-29", "2024-04-31", "2024-01-1", "2024-01-01-01", "2024-01-01T", "-2024",
        "２０２４", "2024-+1", "2024-01-01 ",
    ])
    func whatIsNoPeriodIsRefused(text: String) {
        #expect(IndicatorPeriod(text) == nil)
    }

    @Test func daysThatMakeNoPeriodAreRefused() {
        #expect(IndicatorPeriod(from: (2024, 1, 1), through: (2024, 1, 30)) == nil)
        #expect(IndicatorPeriod(from: (2024, 2, 1), through: (2024, 4, 30)) == nil, "three months, and no quarter")
        #expect(IndicatorPeriod(from: (2024, 1, 2), through: (2024, 1, 31)) == nil)
        #expect(IndicatorPeriod(from: (2024, 1, 1), through: (2025, 12, 31)) == nil)
        #expect(IndicatorPeriod(from: (2024, 3, 1), through: (2024, 2, 29)) == nil)
        #expect(IndicatorPeriod(from: (2024, -3, 1), through: (2024, 12, 31)) == nil)
    }

    /// The order that a database gives two columns of days, which paging relies on.
    @Test func periodsAreInTheOrderOfTheirDays() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            let one = try #require(Self.randomPeriod(&generator))
            let other = try #require(Self.randomPeriod(&generator))
            let days = [one, other].map { [$0.firstDay, $0.lastDay].map { [$0.year, $0.month, $0.day] } }
            let comesFirst = days[0].flatMap { $0 }.lexicographicallyPrecedes(days[1].flatMap { $0 })
            #expect((one < other) == comesFirst, "\(one) \(other)")
            #expect([one < other, other < one, one == other].count { $0 } == 1, "\(one) \(other)")
            #expect(IndicatorPeriod(one.description) == one)
            #expect(IndicatorPeriod(from: one.firstDay, through: one.lastDay) == one)
        }
        let written = ["2023-12", "2024-01-01", "2024-01", "2024-Q1", "2024", "2024-01-02", "2024-02"]
        #expect(written.compactMap { IndicatorPeriod($0) }.sorted().map(\.description) == written)
    }

    @Test(arguments: ["0", "10474", "-3", "0.10", "-0.5", "999999999999999999", "123456789.123456789", "0.000000001"])
    func aNumberIsKeptAsItIsWritten(text: String) throws {
        let number = try #require(DecimalNumber(text))
        #expect(number.rawValue == text)
        #expect(try JSON(encoding: [number]) == .array([.text(text)]))
    }

    @Test(arguments: [
        "", "-", ".", ".5", "5.", "+1", "1e3", "1,5", "007", "00", "-0", "-0.00", "0x1", "NaN", "1 ", " 1", "1.2.3",
        "1.0123456789", "1000000000000000000", "٣", "--1", String(repeating: "1", count: 100_000),
    ])
    func whatIsNoNumberIsRefused(text: String) {
        #expect(DecimalNumber(text) == nil)
    }

    @Test func aJSONNumberIsNoDecimal() {
        #expect(throws: DecodingError.self) { try JSON.array([.number(0.1)]).decoded(as: [DecimalNumber].self) }
    }

    @Test func aKeyIsReadAsItIsWritten() throws {
        let key = IndicatorKey(cityId: UUID(), indicator: "shops-open", period: try #require(IndicatorPeriod("2024")))
        #expect(IndicatorKey(key.description) == key)
        for text in ["", "//", "x/shops/2024", "\(UUID())/Shops/2024", "\(UUID())/shops/24", "\(key)/x"] {
            #expect(IndicatorKey(text) == nil, "\(text)")
        }
    }

    @Test func eachFieldOfAValueIsChecked() throws {
        let golden = try JSON(text: Golden.text("cities.set-indicator.v1")).decoded(as: SetIndicator.self)
        let broken: [(String, (inout SetIndicator) -> Void)] = [
            ("values", { $0.values = [] }),
            (
                "values",
                {
                    $0.values = Array(repeating: $0.values[0], count: 501).enumerated().map { index, value in
                        var value = value
                        value.indicator = "n\(index)"
                        return value
                    }
                }
            ),
            ("values[1]", { $0.values[1] = $0.values[0] }),
            ("values[0].indicator", { $0.values[0].indicator = "Population" }),
            ("values[0].unit", { $0.values[0].unit = "" }),
            ("values[1].source", { $0.values[1].source = "a\nb" }),
            ("values[0].expectedVersion", { $0.values[0].expectedVersion = -1 }),
            ("reason", { $0.reason = String(repeating: "ž", count: 251) }), ("reason", { $0.reason = " " }),
        ]
        for (field, breaking) in broken {
            var command = golden
            breaking(&command)
            let problem = #expect(throws: Problem.self) { try command.validate() }
            #expect(problem?.fields?.keys.sorted() == [field])
        }
    }

    @Test func aCircleLiesOnTheEarthAndHasOnePage() {
        for near in [
            Near(latitude: 91, longitude: 0, radiusMetres: 1), Near(latitude: 0, longitude: 181, radiusMetres: 1),
            Near(latitude: .nan, longitude: 0, radiusMetres: 1), Near(latitude: 0, longitude: 0, radiusMetres: 0),
            Near(latitude: 0, longitude: 0, radiusMetres: 1_000_001),
        ] {
            #expect(throws: Problem.self) { try FindCities(near: near).validate() }
        }
        let near = Near(latitude: 46.5, longitude: 16.2, radiusMetres: 1_000)
        #expect(throws: Never.self) { try FindCities(near: near).validate() }
        #expect(throws: Problem.self) { try FindCities(after: "lendava", near: near).validate() }
        #expect(throws: Problem.self) { try FindCities(limit: 101).validate() }
        #expect(throws: Never.self) { try FindCitiesGeoJSON(limit: 500).validate() }
        #expect(throws: Problem.self) { try FindCitiesGeoJSON(limit: 501).validate() }
    }
}
