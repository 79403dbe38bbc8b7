import Contracts
import Messaging
import Postgres

/// Finds programmes, of one city or all, page by page: `vouchers.find-programmes.v1`.
struct FindProgrammesOfCities: QueryHandler {
    static let access: AccessRule<FindProgrammes> = .everyone
    /// Programmes on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(
        _ query: FindProgrammes, from asker: Asker, reading database: Pool
    ) async throws -> FindProgrammes.Reply {
        let limit = query.limit ?? Self.pageDefault
        let found = try await database.execute(SearchProgrammes(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        return FindProgrammes.Reply(programmes: page, next: found.count > limit ? page.last?.programmeId : nil)
    }
}

/// Tells a programme and all terms that it ever had: `vouchers.get-programme.v1`.
struct GetProgrammeByID: QueryHandler {
    static let access: AccessRule<GetProgramme> = .everyone
    /// Terms on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: GetProgramme, from asker: Asker, reading database: Pool) async throws -> GetProgramme.Reply {
        let limit = query.limit ?? Self.pageDefault
        let (found, versions) = try await database.execute(
            ReadProgrammes(ids: [query.programmeId]),
            ReadTermsVersions(programmeId: query.programmeId, before: query.after ?? .max, max: limit + 1))
        guard let programme = found.first else { throw Problem.programmeUnknown }
        let page = Array(versions.prefix(limit))
        return GetProgramme.Reply(
            programme: programme, versions: page, next: versions.count > limit ? page.last?.number : nil)
    }
}
