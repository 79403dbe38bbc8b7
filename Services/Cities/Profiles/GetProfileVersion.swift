import Contracts
import Messaging
import Postgres

/// Gets the profile that everybody is shown, or a named version: `cities.get-profile.v1`.
struct GetProfileVersion: QueryHandler {
    static let access = AccessRule<GetProfile>.everyone

    func answer(_ query: GetProfile, from asker: Asker, reading database: Pool) async throws -> GetProfile.Reply {
        let found = try await database.execute(ReadProfile(cityId: query.cityId, version: query.version))
        guard let profile = found.first else { throw Problem.profileUnknown }
        return profile.reply
    }
}
