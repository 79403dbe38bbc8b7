import Contracts
import FoundationEssentials
import Glibc
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

    @Test(arguments: [
        ("Ormosz", ["ormoz"]), ("Lendwa", ["lendava"]), ("Lendavka", ["lendava"]), ("Ljutomir", ["ljutomer"]),
        ("Fürstenfed", ["fuerstenfeld"]), ("Murasombat", ["murska-sobota"]), ("Mursk Sobta", ["murska-sobota"]),
        ("Felsöregete", ["gornja-radgona"]), ("atlantis", []), ("Graz", []), ("xyzzy", []),
    ])
    func aTypingErrorFindsWhatIsLikeIt(typed: String, slugs: [String]) async throws {
        try await withCities { bench in
            let reply = try await bench.ask(FindCitiesByName(), FindCities(text: typed))
            #expect(reply.cities.map(\.slug) == slugs)
            #expect(reply.isSimilar == (slugs.isEmpty ? nil : true) && reply.next == nil)
            let elsewhere = try await bench.ask(FindCitiesByName(), FindCities(text: typed, country: "HU"))
            #expect(elsewhere.cities.isEmpty)
        }
    }

    @Test func whatIsLikestComesFirstAndThePageIsBounded() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let names = ["Radkersburg", "Radkersborg", "Radkersdorf", "Rotkersburg"]
            let slugs = ["d", "c", "b", "a"]
            _ = try await bench.run(
                RegisterCities(),
                zip(slugs, names).map { slug, name in
                    var city = sampleCity(slug, name: name)
                    city.names.removeLast()
                    return RegisterCity(city)
                })
            let all = try await bench.ask(FindCitiesByName(), FindCities(text: "Radkersburk"))
            #expect(all.cities.prefix(2).map(\.slug) == ["d", "c"] && all.isSimilar == true)
            let first = try await bench.ask(FindCitiesByName(), FindCities(text: "Radkersburk", limit: 1))
            #expect(first.cities.map(\.slug) == ["d"] && first.next == nil)
            // Beyond the last part match there is nothing like it either.
            let behind = try await bench.ask(FindCitiesByName(), FindCities(text: "Radkersburg", after: "d"))
            #expect(behind.cities.isEmpty && behind.isSimilar == nil)
        }
    }

    /// The distance on a sphere, computed another way: the angle between two vectors.
    private func metres(_ one: Position, _ other: Position) -> Double {
        func vector(_ point: Position) -> [Double] {
            let (latitude, longitude) = (point.latitude * .pi / 180, point.longitude * .pi / 180)
            return [cos(latitude) * cos(longitude), cos(latitude) * sin(longitude), sin(latitude)]
        }
        let (a, b) = (vector(one), vector(other))
        let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        let sine = (cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]).squareRoot()
        return 6_371_008.8 * atan2(sine, a[0] * b[0] + a[1] * b[1] + a[2] * b[2])
    }

    @Test func whatIsNearComesByDistance() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            var generator = SeededGenerator(seed: 11)
            let cities = (1...40).map { number in
                var city = sampleCity("city-" + String(repeating: "x", count: number))
                city.position = Position(
                    latitude: .random(in: -90...90, using: &generator),
                    longitude: .random(in: -180...180, using: &generator))
                // Some lie close together.
                if number % 2 == 0 {
                    city.position = Position(
                        latitude: .random(in: 46...47, using: &generator),
                        longitude: .random(in: 15...17, using: &generator))
                }
                return city
            }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            for (latitude, longitude, radius) in [
                (46.5, 16.2, 50_000), (46.5, 16.2, 1_000_000), (0, 180, 1_000_000), (90, 0, 1_000_000),
                (-10, -179.9, 1_000_000), (46.5, 16.2, 1),
            ] {
                let near = Near(latitude: latitude, longitude: longitude, radiusMetres: radius)
                let point = Position(latitude: latitude, longitude: longitude)
                let wanted = cities.map { ($0.slug, metres($0.position, point)) }.filter { $0.1 <= Double(radius) }
                    .sorted { $0.1 < $1.1 }
                let reply = try await bench.ask(FindCitiesByName(), FindCities(limit: 100, near: near))
                #expect(reply.cities.map(\.slug) == wanted.map(\.0))
                let distances = try #require(reply.distancesMetres)
                #expect(zip(distances, wanted).allSatisfy { abs(Double($0) - $1.1) <= 1 })
                #expect(distances.count == wanted.count && reply.next == nil)
                let nearest = try await bench.ask(FindCitiesByName(), FindCities(limit: 3, near: near))
                #expect(nearest.cities == Array(reply.cities.prefix(3)))
            }
        }
    }

    @Test func nearGoesWithTextAndCountryAndTypingErrors() async throws {
        try await withCities { bench in
            let here = Near(latitude: 46.4121, longitude: 16.1522, radiusMetres: 1_000)
            let exact = try await bench.ask(FindCitiesByName(), FindCities(text: "Ormo", near: here))
            #expect(exact.cities.map(\.slug) == ["ormoz"] && exact.distancesMetres == [0] && exact.isSimilar == nil)
            let similar = try await bench.ask(FindCitiesByName(), FindCities(text: "Ormosz", near: here))
            #expect(similar.cities.map(\.slug) == ["ormoz"] && similar.distancesMetres == [0])
            #expect(similar.isSimilar == true)
            let austrian = try await bench.ask(FindCitiesByName(), FindCities(country: "AT", near: here))
            #expect(austrian.cities.map(\.slug) == ["fuerstenfeld"])
            let far = Near(latitude: 0, longitude: 0, radiusMetres: 1_000)
            let none = try await bench.ask(FindCitiesByName(), FindCities(text: "Ormosz", near: far))
            #expect(none.cities.isEmpty && none.distancesMetres == [])
        }
    }

    @Test func aMapGetsAFeatureCollectionInPages() async throws {
        try await withCities { bench in
            var features: [Feature<FindCitiesGeoJSON.Properties>] = []
            var after: String?
            repeat {
                let page = try await bench.ask(FindCitiesForMaps(), FindCitiesGeoJSON(limit: 4, after: after))
                features += page.features
                after = page.next
            } while after != nil
            let cities = Self.cities.sorted { $0.slug < $1.slug }
            #expect(features.map(\.id) == cities.map(\.cityId))
            #expect(features.map(\.properties.names) == cities.map(\.names))
            #expect(features.allSatisfy { $0.geometry.coordinates == [16.1522, 46.4121] }, "longitude comes first")
            let similar = try await bench.ask(FindCitiesForMaps(), FindCitiesGeoJSON(text: "Ormosz"))
            #expect(similar.features.map(\.properties.slug) == ["ormoz"])
        }
    }

    @Test func aPageIsCutBeforeItIsTooLargeAMessage() async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            let cities = (1...30).map { number in
                var city = sampleCity("city-" + String(repeating: "x", count: number))
                // 800 bytes each: four to a letter.
                let name = String(repeating: "𐐷", count: 200)
                city.names = (0..<20).map { _ in CityName(language: "sl", name: name, kind: .official) }
                return city
            }
            _ = try await bench.run(RegisterCities(), cities.map { RegisterCity($0) })
            var found: [UUID] = []
            var mapped: [UUID] = []
            var after: String?
            repeat {
                let page = try await bench.ask(FindCitiesByName(), FindCities(limit: 100, after: after))
                #expect(try JSONEncoder().encode(page).count < 257 << 10 && page.cities.count > 1)
                found += page.cities.map(\.cityId)
                after = page.next
            } while after != nil
            repeat {
                let page = try await bench.ask(FindCitiesForMaps(), FindCitiesGeoJSON(limit: 500, after: after))
                #expect(try JSONEncoder().encode(page).count < 257 << 10 && page.features.count > 1)
                mapped += page.features.map(\.id)
                after = page.next
            } while after != nil
            #expect(found == cities.map(\.cityId) && mapped == found)
        }
    }
}
