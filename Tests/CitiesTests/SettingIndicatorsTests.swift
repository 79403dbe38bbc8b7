import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Setting and finding indicators on a real database.
@Suite struct SettingIndicatorsTests {
    private func withCities(
        _ count: Int = 1, _ body: (HandlerBench, [UUID]) async throws -> Void
    ) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = (0..<count).map { sampleCity("city" + String(repeating: "x", count: $0)) }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            try await body(bench, cities.map(\.cityId).sorted())
        }
    }

    @Test func aRevisionLeavesTheEarlierValueInTheHistory() async throws {
        try await withCities { bench, cities in
            let first = try await bench.run(
                SetIndicators(),
                [SetIndicator(cityId: cities[0], values: [try sampleValue("12.50", .final)])], user: "editor")
            #expect(try first.reply(to: SetIndicator.self) == SetIndicator.Reply(set: 1, unchanged: 0))
            #expect(try first.events(IndicatorSet.self).map(\.version) == [1])
            #expect(first.events.map(\.sequence) == [1])

            let unexplained = SetIndicator(cityId: cities[0], values: [try sampleValue("12.5", .final)])
            var explained = unexplained
            explained.reason = "rounded by the office"
            let outcome = try await bench.run(SetIndicators(), [unexplained, explained, explained], user: "other")
            #expect(outcome.problem(0)?.code == "reason-missing")
            #expect(outcome.problem(0)?.fields?.keys.sorted() == ["values[0]"])
            #expect(try outcome.reply(1, to: SetIndicator.self) == SetIndicator.Reply(set: 1, unchanged: 0))
            #expect(try outcome.reply(2, to: SetIndicator.self) == SetIndicator.Reply(set: 0, unchanged: 1))
            #expect(try outcome.events(IndicatorSet.self).map(\.value.rawValue) == ["12.5"])

            let found = try await bench.ask(FindIndicatorValues(), FindIndicators(cityId: cities[0]))
            #expect(found.values.map(\.value.rawValue) == ["12.5"] && found.values.map(\.version) == [2])
            let history = try await bench.ask(
                GetIndicatorRevisions(),
                GetIndicatorHistory(cityId: cities[0], indicator: "population", period: found.values[0].period))
            #expect(history.revisions.map(\.value.rawValue) == ["12.5", "12.50"])
            #expect(history.revisions.map(\.setBy) == ["other", "editor"])
            #expect(history.revisions.map(\.reason) == ["rounded by the office", nil])
            #expect(history.next == nil)
        }
    }

    @Test func manyVersionsComeInPages() async throws {
        try await withCities { bench, cities in
            for chunk in [0..<40, 40..<75] {
                _ = try await bench.run(
                    SetIndicators(),
                    try chunk.map { SetIndicator(cityId: cities[0], values: [try sampleValue(String($0))]) })
            }
            let period = try #require(IndicatorPeriod("2024"))
            var found: [String] = []
            var after: Int64?
            repeat {
                let page = try await bench.ask(
                    GetIndicatorRevisions(),
                    GetIndicatorHistory(
                        cityId: cities[0], indicator: "population", period: period, limit: 25, after: after))
                #expect(page.revisions.count == 25)
                found += page.revisions.map(\.value.rawValue)
                after = page.next
            } while after != nil
            #expect(found == (0..<75).reversed().map(String.init))
        }
    }

    @Test func valuesAreFoundByCityIndicatorAndPeriodInPages() async throws {
        try await withCities(3) { bench, cities in
            let periods = ["2023", "2023-Q4", "2024", "2024-Q1", "2024-Q3", "2024-03", "2024-03-01", "2025-01"]
            var keys: [IndicatorKey] = []
            for city in cities {
                let values = try ["population", "shops-open"].flatMap { indicator in
                    try periods.map { try sampleValue("1", indicator: indicator, period: $0) }
                }
                keys += values.map { $0.key(in: city) }
                _ = try await bench.run(SetIndicators(), [SetIndicator(cityId: city, values: values.shuffled())])
            }
            keys.sort()
            let (from, until) = (IndicatorPeriod("2024-Q1"), IndicatorPeriod("2024"))
            let queries: [(FindIndicators, (IndicatorKey) -> Bool)] = [
                (FindIndicators(), { _ in true }),
                (FindIndicators(cityId: cities[1]), { $0.cityId == cities[1] }),
                (FindIndicators(indicator: "shops-open"), { $0.indicator == "shops-open" }),
                (FindIndicators(from: from, until: until), { $0.period.year == 2024 }),
                (
                    FindIndicators(cityId: cities[2], until: IndicatorPeriod("2024-Q1")),
                    { $0.cityId == cities[2] && $0.period.lastDay <= (2024, 3, 31) }
                ),
                (FindIndicators(cityId: UUID()), { _ in false }),
            ]
            for (query, isWanted) in queries {
                let wanted = keys.filter(isWanted)
                for limit in [1, 5, 100] {
                    var query = query
                    query.limit = limit
                    var found: [IndicatorKey] = []
                    repeat {
                        let page = try await bench.ask(FindIndicatorValues(), query)
                        #expect(page.values.count <= limit)
                        found += page.values.map(\.key)
                        query.after = page.next
                    } while query.after != nil
                    #expect(found == wanted)
                }
            }
        }
    }

    @Test func everyPeriodAndNumberComesBackAsItWas() async throws {
        try await withCities { bench, cities in
            let numbers = ["0", "-0.5", "0.10", "999999999999999999", "123456789.123456789", "-1", "0.000000001"]
            let periods = ["0001", "2024-Q3", "2024-02", "2024-02-29", "9999-12-31", "2024", "1999-Q4"]
            let values = try zip(numbers, periods).map { try sampleValue($0, period: $1) }
            _ = try await bench.run(SetIndicators(), [SetIndicator(cityId: cities[0], values: values)])
            let found = try await bench.ask(FindIndicatorValues(), FindIndicators()).values
            let written = values.sorted { $0.period < $1.period }
            #expect(found.map(\.period) == written.map(\.period))
            #expect(found.map(\.value) == written.map(\.value))
        }
    }

    @Test func fiveHundredValuesAreOneCommand() async throws {
        try await withCities { bench, cities in
            let values = try (0..<500).map { try sampleValue("1", indicator: "n\($0)") }
            let outcome = try await bench.run(SetIndicators(), [SetIndicator(cityId: cities[0], values: values)])
            #expect(try outcome.reply(to: SetIndicator.self).set == 500)
            #expect(try outcome.events(IndicatorSet.self).count == 500)
            let again = try await bench.run(SetIndicators(), [SetIndicator(cityId: cities[0], values: values)])
            #expect(try again.reply(to: SetIndicator.self).unchanged == 500 && again.events.isEmpty)
        }
    }

    @Test func twoInstancesThatSetOneValueMakeTwoVersions() async throws {
        try await withCities { bench, cities in
            for round in 0..<10 {
                let indicator = "n\(round)"
                func set(_ value: String) throws -> [SetIndicator] {
                    let values = [
                        try sampleValue(value, indicator: "other"), try sampleValue(value, indicator: indicator),
                    ]
                    return [SetIndicator(cityId: cities[0], values: values)]
                }
                async let one = bench.run(SetIndicators(), try set("1"))
                async let other = bench.run(SetIndicators(), try set("2"))
                let events = try await one.events(IndicatorSet.self) + other.events(IndicatorSet.self)
                #expect(events.filter { $0.indicator == indicator }.map(\.version).sorted() == [1, 2])
                let present = try await bench.ask(FindIndicatorValues(), FindIndicators(indicator: indicator))
                let last = events.first { $0.indicator == indicator && $0.version == 2 }
                #expect(present.values.map(\.value) == [last?.value])
            }
        }
    }

    @Test func whatIsNotThereIsRefused() async throws {
        try await withCities { bench, cities in
            let outcome = try await bench.run(
                SetIndicators(), [SetIndicator(cityId: UUID(), values: [try sampleValue("1")])])
            #expect(outcome.problem()?.code == "city-unknown" && outcome.events.isEmpty)
            let period = try #require(IndicatorPeriod("2024"))
            let problem = await #expect(throws: Problem.self) {
                try await bench.ask(
                    GetIndicatorRevisions(),
                    GetIndicatorHistory(cityId: cities[0], indicator: "population", period: period))
            }
            #expect(problem?.code == "indicator-unknown")
        }
    }
}
