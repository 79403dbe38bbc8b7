import Contracts
import Messaging
import Postgres

/// Lists grants, page by page in the order of ids: `cities.find-grants.v1`.
struct FindGrantsOfUsers: QueryHandler {
    static let access: AccessRule<FindGrants> = .administrators

    /// Grants on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindGrants, from asker: Asker, reading database: Pool) async throws -> FindGrants.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(
            ReadGrantPage(user: query.userId, after: query.after, max: limit + 1))
        let page = Array(found.prefix(limit))
        return FindGrants.Reply(grants: page, next: found.count > limit ? page.last?.grant.grantId : nil)
    }
}
