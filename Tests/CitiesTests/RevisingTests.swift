import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Revising cities: nobody overwrites what another wrote meanwhile.
@Suite struct RevisingTests {
    private func revised(_ city: CityFacts) -> CityFacts {
        var city = city
        city.slug += "-ob-dravi"
        city.names = [
            CityName(language: "sl", name: "Ormož ob Dravi", kind: .official),
            CityName(language: "hu", name: "Ormosd", kind: .historic),
        ]
        city.population = Population(
            value: 12_345, date: "2026-01-01", scope: .settlement, verified: true, source: "SURS")
        (city.nutsVersion, city.lauYear, city.lauVerified) = (2024, 2026, false)
        (city.wikidataId, city.unLocode, city.languages) = ("Q15989", "SIORM", ["sl", "hu"])
        return city
    }

    @Test func whatIsRevisedIsReadAgainInFullAndSaid() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let ormoz = sampleCity("ormoz")
            _ = try await bench.run(RegisterCities(), [RegisterCity(ormoz)])
            let command = ReviseCity(revised(ormoz), expectedVersion: 1, reason: "New figures")
            let outcome = try await bench.run(ReviseCities(), [command])
            #expect(try outcome.reply(to: ReviseCity.self) == Registered(id: ormoz.cityId, version: 2))
            #expect(try outcome.events(CityRegistered.self).map(\.city) == [command.city])
            #expect(outcome.events.map(\.sequence) == [2])
            let read = try await bench.ask(GetCityBySlugOrID(), GetCity(slug: "ormoz-ob-dravi"))
            #expect(read.city == command.city && read.version == 2)
            #expect(try await bench.ask(FindCitiesByName(), FindCities(text: "ormosd")).cities == [command.city])
            #expect(try await bench.ask(FindCitiesByName(), FindCities(text: "friedau")).cities.isEmpty)

            let repeated = try await bench.run(ReviseCities(), [command])
            #expect(try repeated.reply(to: ReviseCity.self).version == 2)
            #expect(repeated.events.isEmpty)
            // A city that was registered with every fact is read with every fact.
            var other = revised(sampleCity("ptuj"))
            other.slug = "ptuj"
            _ = try await bench.run(RegisterCities(), [RegisterCity(other)])
            #expect(try await bench.ask(GetCityBySlugOrID(), GetCity(cityId: other.cityId)).city == other)
        }
    }

    @Test func whoHasNotSeenTheLastVersionIsRefused() async throws {
        try await withHandlerBench(CitiesDefinition.schema, connections: 4) { bench in
            let (ormoz, ptuj) = (sampleCity("ormoz"), sampleCity("ptuj"))
            _ = try await bench.run(RegisterCities(), [RegisterCity(ormoz), RegisterCity(ptuj)])
            var stolen = ormoz
            stolen.slug = "ptuj"
            let refused = try await bench.run(
                ReviseCities(),
                [
                    ReviseCity(revised(ormoz), expectedVersion: 2), ReviseCity(stolen, expectedVersion: 1),
                    ReviseCity(sampleCity("weiz"), expectedVersion: 1),
                ])
            #expect((0...2).map { refused.problem($0)?.code } == ["version-differs", "slug-taken", "city-unknown"])
            #expect(refused.problem(0)?.fields == ["expectedVersion": "the present version is 1"])
            #expect(refused.events.isEmpty)

            // Of many editors at once, each sure that it has seen the last version, one wins each time.
            for version in Int64(1)...5 {
                let wins = try await withThrowingTaskGroup(of: Int.self) { group in
                    for editor in 0..<4 {
                        group.addTask {
                            var city = ormoz
                            city.population.value = Int(version) * 10 + editor
                            let outcome = try await bench.run(
                                ReviseCities(), [ReviseCity(city, expectedVersion: version)])
                            return outcome.problem() == nil ? 1 : 0
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(wins == 1)
            }
        }
    }
}
