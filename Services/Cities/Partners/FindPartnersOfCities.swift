import Contracts
import Messaging
import Postgres

/// Finds partner organisations, of one city or all, page by page: `cities.find-partners.v1`.
struct FindPartnersOfCities: QueryHandler {
    static let access = AccessRule<FindPartners>.everyone

    /// Organisations on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindPartners, from asker: Asker, reading database: Pool) async throws -> FindPartners.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(
            SearchPartners(cityId: query.cityId, after: query.after, max: limit + 1))
        let page = found.prefix(limit)
        return FindPartners.Reply(
            partners: page.map { FindPartners.Reply.Found(partner: $0.facts, version: $0.version) },
            next: found.count > limit ? page.last?.facts.partnerId : nil)
    }
}
