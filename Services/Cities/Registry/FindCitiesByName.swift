import Contracts
import Messaging
import Postgres

/// Finds cities by a part of any of their names, page by page in the order of slugs: `cities.find-cities.v1`.
struct FindCitiesByName: QueryHandler {
    static let access: AccessRule<FindCities> = .everyone
    /// Cities on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindCities, from asker: Asker, reading database: Pool) async throws -> FindCities.Reply {
        let key = query.text.flatMap(CityNames.searchKey)
        // Nothing but signs was typed: no name has a part like that.
        if query.text != nil && key == nil { return FindCities.Reply(cities: [], next: nil) }
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(
            SearchCities(key: key, country: query.country, after: query.after, max: limit + 1))
        let page = found.prefix(limit).map(\.facts)
        return FindCities.Reply(cities: page, next: found.count > limit ? page.last?.slug : nil)
    }
}
