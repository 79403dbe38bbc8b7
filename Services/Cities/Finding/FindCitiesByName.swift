import Contracts
import Messaging
import Postgres

/// Finds cities by their names, by country, and near a point: `cities.find-cities.v1`.
struct FindCitiesByName: QueryHandler {
    static let access: AccessRule<FindCities> = .everyone
    /// Cities on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindCities, from asker: Asker, reading database: Pool) async throws -> FindCities.Reply {
        let found = try await CitySearch(
            text: query.text, country: query.country, near: query.near, after: query.after,
            limit: query.limit ?? Self.pageDefault
        ).run(reading: database)
        let (cities, next) = try found.page(\.city.facts)
        let distances = query.near.map { _ in found.cities.prefix(cities.count).compactMap(\.distanceMetres) }
        return FindCities.Reply(
            cities: cities, next: next, isSimilar: found.isSimilar ? true : nil, distancesMetres: distances)
    }
}

/// Finds cities for a map: `cities.find-cities-geojson.v1`.
struct FindCitiesForMaps: QueryHandler {
    static let access: AccessRule<FindCitiesGeoJSON> = .everyone
    /// Cities on a page unless the query says otherwise.
    static let pageDefault = 100

    func answer(
        _ query: FindCitiesGeoJSON, from asker: Asker, reading database: Pool
    ) async throws -> FindCitiesGeoJSON.Reply {
        let found = try await CitySearch(
            text: query.text, country: query.country, near: query.near, after: query.after,
            limit: query.limit ?? Self.pageDefault
        ).run(reading: database)
        let (features, next) = try found.page { found in
            let facts = found.city.facts
            return Feature(
                id: facts.cityId, at: facts.position,
                properties: FindCitiesGeoJSON.Properties(
                    slug: facts.slug, names: facts.names, country: facts.country, population: facts.population,
                    distanceMetres: found.distanceMetres))
        }
        return FeatureCollection(features: features, next: next)
    }
}
