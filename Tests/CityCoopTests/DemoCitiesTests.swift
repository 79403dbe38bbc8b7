import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

/// The seventeen cities that the demo registers.
@Suite struct DemoCitiesTests {
    private let cities: [CityFacts]

    init() throws {
        cities = try JSONDecoder().decode([CityFacts].self, from: Data(PackageResources.cities_json))
    }

    @Test func thereAreSeventeenEachItsOwn() {
        #expect(cities.count == 17)
        #expect(Set(cities.map(\.cityId)).count == 17)
        #expect(Set(cities.map(\.slug)).count == 17)
        #expect(Set(cities.map(\.geoNamesId)).count == 17)
        #expect(Set(cities.map(\.lau)).count == 17)
        #expect(cities.filter { $0.country == "AT" }.count == 8)
        #expect(cities.filter { $0.country == "SI" }.count == 9)
    }

    @Test func eachKeepsTheContract() {
        for city in cities {
            #expect(throws: Never.self, "\(city.slug)") { try RegisterCity(city).validate() }
        }
    }

    @Test func theTrapsOfTheDataAreAvoided() throws {
        func city(_ slug: String) throws -> CityFacts { try #require(cities.first { $0.slug == slug }) }
        // The zero of a Slovenian code counts.
        #expect(try city("lenart").lau == "058")
        #expect(try city("beltinci").lau == "002")
        // A code that nobody read in a source says so.
        #expect(cities.filter { $0.lauVerified == false }.map(\.slug) == ["friedberg", "hartberg", "weiz"])
        // Lendava has two official names.
        let official = try city("lendava").names.filter { $0.kind == .official }
        #expect(official.map(\.language) == ["sl", "hu"])
        #expect(try city("bad-radkersburg").names.first { $0.language == "hu" }?.kind == .historic)
        // A figure that nobody read in a source says so.
        #expect(try !city("ptuj").population.verified && city("ptuj").population.date == nil)
        #expect(try city("feldbach").population.verified)
        #expect(cities.allSatisfy { $0.population.verified == ($0.population.date != nil) })
        #expect(cities.allSatisfy { $0.population.scope == .municipality && $0.currency == "EUR" })
        // The region: nobody swapped latitude and longitude.
        #expect(cities.allSatisfy { (46.4...47.5).contains($0.position.latitude) })
        #expect(cities.allSatisfy { (15.6...16.5).contains($0.position.longitude) })
        #expect(cities.allSatisfy { $0.timeZone == ($0.country == "AT" ? "Europe/Vienna" : "Europe/Ljubljana") })
    }
}
