import Contracts
import Messaging
import Postgres

/// Tells what each city was on a day, page by page in the order of slugs: `cities.find-members.v1`.
struct FindMembersOnDay: QueryHandler {
    static let access = AccessRule<FindMembers>.everyone

    /// Cities on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindMembers, from asker: Asker, reading database: Pool) async throws -> FindMembers.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(
            SearchMembers(day: query.day, state: query.state, after: query.after, max: limit + 1))
        let page = Array(found.prefix(limit))
        return FindMembers.Reply(members: page, next: found.count > limit ? page.last?.slug : nil)
    }
}
