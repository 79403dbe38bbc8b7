import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// What is set for pairs of cities, against a table of days.
@Suite struct AcceptanceTests {
    private static let days = (0..<16).map { Day(number: 20_000 + $0) }

    @Test func everyDayHasWhatWasSetLastForIt() {
        var generator = SeededGenerator(seed: 51)
        for _ in 0..<500 {
            let pair = CityPair(issuerCityId: UUID(), acceptingCityId: UUID())
            var acceptances = Acceptances(cities: [pair.issuerCityId, pair.acceptingCityId], known: [])
            var known = PairAcceptance(pair: pair)
            var table = Self.days.map { _ in Bool?.none }
            for _ in 0..<12 {
                let from = Int.random(in: 0..<15, using: &generator)
                let until = Bool.random(using: &generator) ? nil : Int.random(in: from + 1..<16, using: &generator)
                let period = Period(from: Self.days[from], until: until.map { Self.days[$0] })
                let decision = SetAcceptance.Decision.allCases[Int.random(in: 0..<3, using: &generator)]
                let command = SetAcceptance(
                    issuerCityId: pair.issuerCityId, acceptingCityId: pair.acceptingCityId, period: period,
                    decision: decision, expectedVersion: known.version)
                for (index, day) in Self.days.enumerated() where period.contains(day) {
                    table[index] = decision == .rule ? nil : decision == .allow
                }
                switch acceptances.set(command) {
                case .changed(let acceptance):
                    #expect(acceptance.version == known.version + 1 && acceptance.edges != known.edges)
                    known = acceptance
                    #expect(acceptances.set(command) == .repeated(known))
                case .repeated(let acceptance): #expect(acceptance == known)
                case .refused(let problem): Issue.record("\(problem)")
                }
                let said = Self.days.map { day in known.edges.filter { $0.period.contains(day) }.map(\.allows) }
                #expect(said.allSatisfy { $0.count <= 1 }, "no day has two edges")
                #expect(said.map(\.first) == table)
                #expect(known.edges.map(\.period.from) == known.edges.map(\.period.from).sorted())
            }
            var stale = SetAcceptance(
                issuerCityId: pair.issuerCityId, acceptingCityId: pair.acceptingCityId,
                period: Period(from: Self.days[0]), decision: .allow, expectedVersion: known.version + 1)
            #expect(acceptances.set(stale) == .refused(.versionDiffers(known.version)))
            stale.acceptingCityId = UUID()
            #expect(acceptances.set(stale) == .refused(RegistryRefusalReason.cityUnknown.problem))
        }
    }

    @Test func membersTakeOneAnothersVouchersAndEdgesDecideFirst() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = ["lenart", "ormoz", "ptuj"].map { sampleCity($0) }.sorted { $0.cityId < $1.cityId }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            let ids = cities.map(\.cityId)
            let members = ids.dropLast().map { SetMembership(cityId: $0, state: .active, from: Self.days[2]) }
            _ = try await bench.run(SetMemberships(), members)
            func set(
                _ pair: (Int, Int), _ decision: SetAcceptance.Decision, from: Int, until: Int?, version: Int64
            ) async throws -> HandlerBench.Outcome {
                let period = Period(from: Self.days[from], until: until.map { Self.days[$0] })
                let command = SetAcceptance(
                    issuerCityId: ids[pair.0], acceptingCityId: ids[pair.1], period: period, decision: decision,
                    expectedVersion: version)
                return try await bench.run(SetAcceptances(), [command])
            }
            let denied = try await set((0, 1), .deny, from: 4, until: 6, version: 0)
            let event = try #require(try denied.events(AcceptanceChanged.self).first)
            #expect(event.sequence == 1 && event.edges.map(\.allows) == [false])
            #expect(try denied.reply(to: SetAcceptance.self).edges == event.edges)
            #expect(try await set((0, 1), .deny, from: 4, until: 6, version: 0).events.isEmpty)
            #expect(try await set((0, 1), .allow, from: 9, until: nil, version: 0).problem()?.code == "version-differs")
            _ = try await set((0, 1), .allow, from: 9, until: nil, version: 1)
            _ = try await set((0, 2), .allow, from: 5, until: nil, version: 0)

            func accepted(_ day: Int, limit: Int = 1) async throws -> [String] {
                var (found, after): ([String], CityPair?) = ([], nil)
                repeat {
                    let query = FindAcceptance(day: Self.days[day], limit: limit, after: after)
                    let page = try await bench.ask(FindAcceptanceOnDay(), query)
                    #expect(page.accepted.count <= limit)
                    found += page.accepted.map {
                        "\(ids.firstIndex(of: $0.issuerCityId) ?? -1)>\(ids.firstIndex(of: $0.acceptingCityId) ?? -1) "
                            + "\($0.because.rawValue) \($0.version)"
                    }
                    after = page.next
                } while after != nil
                return found
            }
            #expect(try await accepted(1) == [])
            #expect(try await accepted(3) == ["0>1 members 2", "1>0 members 0"])
            #expect(try await accepted(5) == ["0>2 allowed 1", "1>0 members 0"])
            #expect(try await accepted(5, limit: 2) == accepted(5))
            #expect(try await accepted(10) == ["0>1 allowed 2", "0>2 allowed 1", "1>0 members 0"])
            let third = try await bench.ask(
                FindAcceptanceOnDay(), FindAcceptance(day: Self.days[10], acceptingCityId: ids[2]))
            #expect(third.accepted.map(\.issuerCityId) == [ids[0]] && third.next == nil)
        }
    }
}
