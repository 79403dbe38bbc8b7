import Contracts
import Messaging
import Postgres

/// Gets one city by its id or its slug: `cities.get-city.v1`.
struct GetCityBySlugOrID: QueryHandler {
    static let access: AccessRule<GetCity> = .everyone

    func answer(_ query: GetCity, from asker: Asker, reading database: Pool) async throws -> GetCity.Reply {
        let found = try await database.execute(
            ReadCities(ids: query.cityId.map { [$0] } ?? [], slugs: query.slug.map { [$0] } ?? []))
        guard let city = found.first else { throw RegistryRefusalReason.cityUnknown.problem }
        return GetCity.Reply(city: city.facts, version: city.version)
    }
}
