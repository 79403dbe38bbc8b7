public import Contracts
import FoundationEssentials
import Messaging
public import Postgres

extension MembershipState: PostgresScalar {}

extension CityMembership {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        membership.city_id,
        ARRAY(SELECT from_day FROM membership_entry AS e WHERE e.city_id = membership.city_id ORDER BY from_day),
        ARRAY(SELECT state FROM membership_entry AS e WHERE e.city_id = membership.city_id ORDER BY from_day), version
        """

    init(_ columns: inout Columns) throws {
        cityId = try columns.next()
        let days: [CalendarDate] = try columns.next()
        let states: [MembershipState] = try columns.next()
        history = MembershipHistory(zip(days, states).map { MembershipEntry(from: Day($0), state: $1) })
        version = try columns.next()
    }
}

/// Reads the memberships of cities.
struct ReadMemberships: Statement {
    static let sql = "SELECT \(CityMembership.columns) FROM membership WHERE city_id = ANY ($1)"
    var cityIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityIds)
    }

    static func row(_ columns: inout Columns) throws -> CityMembership {
        try CityMembership(&columns)
    }
}

/// Reads memberships in the order of cities, page by page.
struct ReadMembershipPage: Statement {
    static let sql = """
        SELECT \(CityMembership.columns) FROM membership
        WHERE $1::uuid IS NULL OR city_id > $1 ORDER BY city_id LIMIT $2
        """
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> CityMembership {
        try CityMembership(&columns)
    }
}

/// Finds what cities were on a day, in the order of slugs.
struct SearchMembers: Statement {
    static let sql = """
        SELECT city_id, slug, state, from_day FROM city CROSS JOIN LATERAL (
            SELECT state, from_day FROM membership_entry AS e
            WHERE e.city_id = city.city_id AND from_day <= $1 ORDER BY from_day DESC LIMIT 1) AS entry
        WHERE ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR slug > $3)
        ORDER BY slug LIMIT $4
        """
    var day: Day
    var state: MembershipState?
    var after: String?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(day.date)
        parameters.add(state)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FindMembers.Reply.Member {
        FindMembers.Reply.Member(
            cityId: try columns.next(), slug: try columns.next(), state: try columns.next(),
            since: Day(try columns.next(CalendarDate.self)))
    }
}

/// Writes the versions of memberships whose cities are locked, and deletes their entries before their present ones are inserted.
struct WriteMemberships: Statement {
    static let sql = """
        WITH gone AS (DELETE FROM membership_entry WHERE city_id = ANY ($1))
        INSERT INTO membership (city_id, version) SELECT * FROM unnest($1::uuid[], $2::bigint[])
        ON CONFLICT (city_id) DO UPDATE SET version = excluded.version
        """
    var memberships: [CityMembership]

    func bind(_ parameters: inout Parameters) {
        parameters.add(memberships.map(\.cityId))
        parameters.add(memberships.map(\.version))
    }
}

/// Inserts the entries of memberships.
struct InsertMembershipEntries: Statement {
    static let sql = """
        INSERT INTO membership_entry (city_id, from_day, state) SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[])
        """
    private var entries: [(cityId: UUID, entry: MembershipEntry)]

    init(memberships: [CityMembership]) {
        entries = memberships.flatMap { membership in membership.history.entries.map { (membership.cityId, $0) } }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(entries.map(\.cityId))
        parameters.add(entries.map(\.entry.from.date))
        parameters.add(entries.map(\.entry.state))
    }
}
