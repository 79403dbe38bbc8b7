import Contracts
import FoundationEssentials
import Postgres

/// A city, and how far it is from the point that was asked about.
struct FoundCity: Sendable {
    var city: RegisteredCity
    var metres: Double?

    /// To the next metre.
    var distanceMetres: Int? { metres.flatMap { Int(exactly: $0.rounded()) } }
}

/// Looks for cities: the one search behind lists and maps.
struct CitySearch: Sendable {
    /// A page as JSON stays well below what a message may be.
    static let pageBytesMax = 256 << 10
    /// So many fit whatever they are, and need not be measured: a city is below 21 KiB, with 20 names of 200 characters.
    static let citiesThatFit = 12

    var text: String?
    var country: String?
    var near: Near?
    var after: String?
    var limit: Int

    /// What was found.
    struct Found: Sendable {
        var cities: [FoundCity] = []
        /// There is more behind the last of them.
        var hasMore = false
        /// They are like what was typed, and none has it in a name.
        var isSimilar = false
    }

    /// Looks for parts of names first, and for similar names if there are none.
    func run(reading database: Pool) async throws -> Found {
        let key = text.flatMap(CityNames.searchKey)
        // Nothing but signs was typed: no name has a part like that.
        if text != nil && key == nil { return Found() }
        let exact = try await exactly(key, database)
        guard let key, exact.cities.isEmpty, after == nil else { return exact }
        let similar = try await database.execute(
            SearchSimilarCities(key: key, country: country, near: near, max: limit))
        return Found(cities: similar, isSimilar: !similar.isEmpty)
    }

    private func exactly(_ key: String?, _ database: Pool) async throws -> Found {
        if let near {
            return Found(
                cities: try await database.execute(
                    SearchCitiesNear(key: key, country: country, near: near, max: limit)))
        }
        let found = try await database.execute(
            SearchCities(key: key, country: country, after: after, max: limit + 1))
        return Found(cities: found.prefix(limit).map { FoundCity(city: $0) }, hasMore: found.count > limit)
    }
}

extension CitySearch.Found {
    /// The cities as what is sent of each, as many as fit, and the slug behind which the next page begins.
    func page<Sent: Encodable>(_ sent: (FoundCity) -> Sent) throws -> (sent: [Sent], next: String?) {
        var page = cities.map(sent)
        if page.count > CitySearch.citiesThatFit {
            let encoder = JSONEncoder()
            var bytes = 0
            let fitting = try page.prefix { city in
                bytes += try encoder.encode(city).count
                return bytes <= CitySearch.pageBytesMax
            }
            page = Array(fitting)
        }
        let isCut = page.count < cities.count
        let isInPages = !isSimilar && cities.first?.metres == nil
        return (page, isInPages && (hasMore || isCut) ? cities[page.count - 1].city.facts.slug : nil)
    }
}
