import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import cities

/// Finding merchants by words, with typing errors, and on the map, on a real database.
@Suite struct MerchantFindingTests {
    private let city = sampleCity("ormoz")
    private let other = sampleCity("weiz")

    /// Names, and how many metres north of the middle they are.
    private let names = [
        ("Pekarna Ana", 0), ("Bäckerei Größing", 900), ("Cukrászda Győri", 1_900), ("Frizerski salon Žana", 3_000),
        ("Mesarija Kovač", 10_000), ("Gostilna Pri Lipi", 40_000),
    ]
    private let middle = Position(latitude: 46.4121, longitude: 16.1522)

    private func withMerchants(_ body: (HandlerBench) async throws -> Void) async throws {
        try await withHandlerBench(CitiesDefinition.schema) { bench in
            _ = try await bench.run(RegisterCities(), [RegisterCity(city), RegisterCity(other)])
            let commands = names.enumerated().map { index, entry in
                var facts = sampleMerchant(
                    in: index < 4 ? city.cityId : other.cityId, name: entry.0,
                    position: Position(
                        latitude: middle.latitude + Double(entry.1) / 111_195, longitude: middle.longitude))
                facts.category = index == 0 ? "10.71" : "47.\(20 + index)"
                return RegisterMerchant(facts)
            }
            _ = try await bench.run(RegisterMerchants(), commands)
            try await body(bench)
        }
    }

    private func find(_ query: FindMerchants, _ bench: HandlerBench) async throws -> [String] {
        try await bench.ask(FindMerchantsByName(), query).merchants.map(\.merchant.name)
    }

    @Test(arguments: [
        ("pekarna", ["Pekarna Ana"]), ("PEKARNA ana", ["Pekarna Ana"]), ("ekar", ["Pekarna Ana"]),
        ("baeckerei", ["Bäckerei Größing"]), ("Backerei", ["Bäckerei Größing"]), ("groessing", ["Bäckerei Größing"]),
        ("gyori", ["Cukrászda Győri"]), ("zana", ["Frizerski salon Žana"]), ("kovac", ["Mesarija Kovač"]),
        ("pekrna", ["Pekarna Ana"]), ("cukraszdda", ["Cukrászda Győri"]), ("mesrija", ["Mesarija Kovač"]),
        ("gostlina", ["Gostilna Pri Lipi"]), ("%", []), ("_", []), ("zqx", []), ("elektronika", []),
    ])
    func wordsAreFoundAlsoWithTypingErrors(text: String, expected: [String]) async throws {
        try await withMerchants { bench in
            let found = try await find(FindMerchants(text: text), bench)
            #expect(found == expected)
        }
    }

    @Test func whatIsNearComesNearestFirstPageByPage() async throws {
        try await withMerchants { bench in
            let near = FindMerchants.Near(
                latitude: middle.latitude, longitude: middle.longitude, radiusMetres: 10_500)
            var (found, after): ([FindMerchants.Found], String?) = ([], nil)
            repeat {
                let page = try await bench.ask(
                    FindMerchantsByName(), FindMerchants(near: near, limit: 2, after: after))
                #expect(page.merchants.count <= 2)
                found += page.merchants
                after = page.next
            } while after != nil
            #expect(found.map(\.merchant.name) == names.prefix(5).map(\.0))
            for (merchant, name) in zip(found, names) {
                #expect(abs((merchant.distanceMetres ?? -1_000) - name.1) <= 2, "\(name.0)")
                #expect(merchant.branchId == merchant.merchant.branches.first?.branchId)
            }
            let closer = FindMerchants.Near(latitude: middle.latitude, longitude: middle.longitude, radiusMetres: 950)
            #expect(try await find(FindMerchants(text: "grosing", near: closer), bench) == ["Bäckerei Größing"])
        }
    }

    @Test func cityCategoryAndClosingLimitWhatIsFound() async throws {
        try await withMerchants { bench in
            let all = try await bench.ask(FindMerchantsByName(), FindMerchants()).merchants
            let sorted = [
                "Bäckerei Größing", "Cukrászda Győri", "Frizerski salon Žana", "Gostilna Pri Lipi", "Mesarija Kovač",
                "Pekarna Ana",
            ]
            #expect(all.map(\.merchant.name) == sorted)
            #expect(try await find(FindMerchants(cityId: other.cityId), bench) == [sorted[3], sorted[4]])
            #expect(try await find(FindMerchants(category: "10"), bench) == ["Pekarna Ana"])
            #expect(try await find(FindMerchants(category: "47.21"), bench) == ["Bäckerei Größing"])
            let close = CloseMerchant(
                merchantId: all[0].merchant.merchantId, cityId: city.cityId, from: try #require(Day("2020-01-01")))
            _ = try await bench.run(CloseMerchants(accounts: .sample), [close])
            #expect(try await find(FindMerchants(openOnly: true), bench) == Array(sorted.dropFirst()))
            #expect(try await find(FindMerchants(), bench) == sorted)
        }
    }

    @Test func pagesFollowOneAnotherInTheOrderOfNames() async throws {
        try await withMerchants { bench in
            for limit in 1...7 {
                var (found, after): ([String], String?) = ([], nil)
                repeat {
                    let page = try await bench.ask(FindMerchantsByName(), FindMerchants(limit: limit, after: after))
                    #expect((1...limit).contains(page.merchants.count))
                    found += page.merchants.map(\.merchant.name)
                    after = page.next
                } while after != nil
                #expect(found.count == 6 && Set(found) == Set(names.map(\.0)))
            }
            #expect(try await find(FindMerchants(after: "nothing"), bench) == [])
        }
    }

    @Test func branchesAreFeaturesOfAMap() async throws {
        try await withMerchants { bench in
            var (features, after): ([FindMerchantsGeoJSON.Feature], UUID?) = ([], nil)
            repeat {
                let page = try await bench.ask(MapMerchants(), FindMerchantsGeoJSON(limit: 4, after: after))
                #expect(page.type == "FeatureCollection")
                features += page.features
                after = page.next
            } while after != nil
            #expect(Set(features.map(\.properties.name)) == Set(names.map(\.0)))
            #expect(features.allSatisfy { $0.type == "Feature" && $0.geometry.coordinates[0] == middle.longitude })
            let some = try await bench.ask(MapMerchants(), FindMerchantsGeoJSON(cityId: other.cityId, category: "47"))
            #expect(Set(some.features.map(\.properties.name)) == ["Mesarija Kovač", "Gostilna Pri Lipi"])
        }
    }
}
