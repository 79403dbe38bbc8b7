import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Finding cities on a real database.
@Suite struct FindingTests {
    private static let cities: [CityFacts] = {
        let names = [
            ("fuerstenfeld", "Fürstenfeld"), ("gornja-radgona", "Felsőregede"), ("lendava", "Lendva"),
            ("ljutomer", "Ljutomer"), ("murska-sobota", "Muraszombat"), ("ormoz", "Ormož"),
        ]
        return names.map { slug, name in
            var city = sampleCity(slug, name: name)
            city.names.removeLast()
            if slug == "fuerstenfeld" { (city.country, city.nuts3, city.lau) = ("AT", "AT224", "62267") }
            return city
        }
    }()

    private func withCities(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), Self.cities.shuffled().map { RegisterCity($0) })
            try await body(bench)
        }
    }

    @Test func aPartOfANameIsEnoughInAnySpelling() async throws {
        let wanted = [
            "Ormoz": ["ormoz"], "ORMOŽ": ["ormoz"], "Fuerstenfeld": ["fuerstenfeld"], "Furstenfeld": ["fuerstenfeld"],
            "Felsooregede": ["gornja-radgona"], "gornja": ["gornja-radgona"], "murska sob": ["murska-sobota"],
            "szomb": ["murska-sobota"], "l": ["fuerstenfeld", "gornja-radgona", "lendava", "ljutomer"], "%": [],
            "_": [], "atlantis": [],
        ]
        try await withCities { bench in
            for (text, slugs) in wanted {
                let reply = try await bench.ask(FindCitiesByName(), FindCities(text: text))
                #expect(reply.cities.map(\.slug) == slugs, "\(text)")
                #expect(reply.next == nil)
            }
        }
    }

    @Test func pagesFollowOneAnotherAndEnd() async throws {
        try await withCities { bench in
            for limit in 1...7 {
                var found: [CityFacts] = []
                var after: String?
                repeat {
                    let page = try await bench.ask(FindCitiesByName(), FindCities(limit: limit, after: after))
                    #expect(page.cities.count <= limit && !page.cities.isEmpty)
                    found += page.cities
                    after = page.next
                } while after != nil
                #expect(found == Self.cities.sorted { $0.slug < $1.slug })
            }
        }
    }

    @Test func aCountryLimitsWhatIsFound() async throws {
        try await withCities { bench in
            let austrian = try await bench.ask(FindCitiesByName(), FindCities(country: "AT"))
            #expect(austrian.cities.map(\.slug) == ["fuerstenfeld"])
            let none = try await bench.ask(FindCitiesByName(), FindCities(text: "ormoz", country: "AT"))
            #expect(none.cities.isEmpty)
        }
    }
}
