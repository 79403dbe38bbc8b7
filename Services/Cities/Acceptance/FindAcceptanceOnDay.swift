import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells which cities take whose vouchers on a day: `cities.find-acceptance.v1`.
///
/// The rule is asked for every pair: there are a few dozen cities.
struct FindAcceptanceOnDay: QueryHandler {
    static let access = AccessRule<FindAcceptance>.everyone

    /// Pairs on a page unless the query says otherwise.
    static let pageDefault = 25
    /// Rows read by one statement.
    static let readMax = 500

    func answer(
        _ query: FindAcceptance, from asker: Asker, reading database: Pool
    ) async throws -> FindAcceptance.Reply {
        let memberships = try await Self.memberships(database)
        let set = try await Self.acceptances(database)
        let rule = AcceptanceRule(
            active: Dictionary(memberships.map { ($0.cityId, $0.history.active) }) { first, _ in first },
            edges: set.mapValues(\.edges))
        let limit = query.limit ?? Self.pageDefault
        let cities = Set(memberships.map(\.cityId) + set.keys.flatMap { [$0.issuerCityId, $0.acceptingCityId] })
            .sorted()
        var accepted: [FindAcceptance.Reply.Accepted] = []
        var last: CityPair?
        for pair in Self.pairs(of: cities, query) {
            let answer = rule.accepts(
                issuer: pair.issuerCityId, acceptor: pair.acceptingCityId, issued: query.day, on: query.day)
            guard answer.isAcceptance else { continue }
            if accepted.count == limit, let last { return FindAcceptance.Reply(accepted: accepted, next: last) }
            accepted.append(
                FindAcceptance.Reply.Accepted(pair, because: answer, version: set[pair]?.version ?? 0))
            last = pair
        }
        return FindAcceptance.Reply(accepted: accepted, next: nil)
    }

    /// The pairs that the query is about, in their order; one is made at a time.
    private static func pairs(of cities: [UUID], _ query: FindAcceptance) -> some Sequence<CityPair> {
        let issuers = query.issuerCityId.map { [$0] } ?? cities
        let acceptors = query.acceptingCityId.map { [$0] } ?? cities
        return issuers.lazy.flatMap { issuer in
            acceptors.lazy.map { CityPair(issuerCityId: issuer, acceptingCityId: $0) }
        }
        .filter { pair in pair.issuerCityId != pair.acceptingCityId && query.after.map { $0 < pair } ?? true }
    }

    private static func memberships(_ database: Pool) async throws -> [CityMembership] {
        var all: [CityMembership] = []
        while true {
            let page = try await database.execute(ReadMembershipPage(after: all.last?.cityId, max: readMax))
            all += page
            if page.count < readMax { return all }
        }
    }

    private static func acceptances(_ database: Pool) async throws -> [CityPair: PairAcceptance] {
        var all: [PairAcceptance] = []
        while true {
            let page = try await database.execute(ReadAcceptancePage(after: all.last?.pair, max: readMax))
            all += page
            if page.count < readMax { break }
        }
        return Dictionary(all.map { ($0.pair, $0) }) { first, _ in first }
    }
}
