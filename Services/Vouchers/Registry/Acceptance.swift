import Contracts
import FoundationEssentials
import Messaging
import Postgres

// Whose vouchers are taken where: the copies of the registry's memberships and acceptance, and how they are read.

/// Keeps the copy of when cities are active members: `cities.membership-changed.v1`.
struct KeepMemberships: Handler {
    func handle(_ batch: Batch<MembershipChanged>, in transaction: inout MessageTransaction) async throws {
        transaction.write(CopyMemberships(memberships: batch.newest(of: \.cityId)))
    }
}

/// Keeps the copy of what is set for pairs of cities: `cities.acceptance-changed.v1`.
struct KeepAcceptance: Handler {
    func handle(_ batch: Batch<AcceptanceChanged>, in transaction: inout MessageTransaction) async throws {
        transaction.write(CopyAcceptance(pairs: batch.newest(of: \.pair)))
    }
}

/// A city of which it is known when it is an active member.
struct KnownMembership: Hashable, Sendable {
    var cityId: UUID
    var active: [Period]
}

/// A pair of cities that something is set for.
struct KnownAcceptance: Hashable, Sendable {
    var pair: CityPair
    var edges: [AcceptanceEdge]
}

extension AcceptanceRule {
    /// The rule over what the copies know.
    init(memberships: [KnownMembership], acceptance: [KnownAcceptance]) {
        self.init(
            active: Dictionary(memberships.map { ($0.cityId, $0.active) }) { first, _ in first },
            edges: Dictionary(acceptance.map { ($0.pair, $0.edges) }) { first, _ in first })
    }
}

/// Reads when cities are active members: all of them, because there are a few dozen, and which ones a batch is about is known
/// only when its vouchers have been read.
struct ReadMemberships: Statement {
    static let sql = "SELECT city_id, active_from, active_until FROM membership"

    static func row(_ columns: inout Columns) throws -> KnownMembership {
        KnownMembership(cityId: try columns.next(), active: try columns.periods())
    }
}

/// Reads what is set for the cities of these merchants, whoever issued.
struct ReadAcceptance: Statement {
    static let sql = """
        SELECT issuer_city_id, accepting_city_id, from_days, until_days, allows FROM acceptance
        WHERE accepting_city_id IN (SELECT city_id FROM merchant WHERE merchant_id = ANY ($1))
        """
    var merchants: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants)
    }

    static func row(_ columns: inout Columns) throws -> KnownAcceptance {
        let pair = CityPair(issuerCityId: try columns.next(), acceptingCityId: try columns.next())
        let periods = try columns.periods()
        let allows: [Bool] = try columns.next()
        return KnownAcceptance(
            pair: pair, edges: zip(periods, allows).map { AcceptanceEdge(period: $0, allows: $1) })
    }
}

/// Keeps the newer version of each city's membership.
struct CopyMemberships: Statement {
    static let sql = """
        INSERT INTO membership (city_id, active_from, active_until, version)
        SELECT id, starts::date[], ends::date[], version
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS new (id, starts, ends, version)
        ON CONFLICT (city_id) DO UPDATE SET active_from = excluded.active_from, active_until = excluded.active_until,
            version = excluded.version
        WHERE membership.version < excluded.version
        """
    var memberships: [MembershipChanged]

    func bind(_ parameters: inout Parameters) {
        let active = memberships.map(\.history.active)
        parameters.add(memberships.map(\.cityId))
        parameters.add(active.map { PeriodColumns.starts($0) })
        parameters.add(active.map { PeriodColumns.ends($0) })
        parameters.add(memberships.map(\.version))
    }
}

/// Keeps the newer version of what is set for each pair of cities.
struct CopyAcceptance: Statement {
    static let sql = """
        INSERT INTO acceptance (issuer_city_id, accepting_city_id, from_days, until_days, allows, version)
        SELECT issuer, acceptor, starts::date[], ends::date[], allows::boolean[], version
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[])
            AS new (issuer, acceptor, starts, ends, allows, version)
        ON CONFLICT (accepting_city_id, issuer_city_id) DO UPDATE SET from_days = excluded.from_days,
            until_days = excluded.until_days, allows = excluded.allows, version = excluded.version
        WHERE acceptance.version < excluded.version
        """
    var pairs: [AcceptanceChanged]

    func bind(_ parameters: inout Parameters) {
        let periods = pairs.map { $0.edges.map(\.period) }
        parameters.add(pairs.map(\.issuerCityId))
        parameters.add(pairs.map(\.acceptingCityId))
        parameters.add(periods.map { PeriodColumns.starts($0) })
        parameters.add(periods.map { PeriodColumns.ends($0) })
        parameters.add(pairs.map { PeriodColumns.array($0.edges.map { "\($0.allows)" }) })
        parameters.add(pairs.map(\.version))
    }
}

/// Reads how much is in the copy of the memberships.
struct MeasureMemberships: ExtentStatement {
    static let sql = "SELECT \(columns) FROM membership"
}

/// Reads how much is in the copy of what is set for pairs.
struct MeasureAcceptance: ExtentStatement {
    static let sql = "SELECT \(columns) FROM acceptance"
}

/// Periods as two columns of dates.
///
/// One parameter is an array over the rows already, so the dates of a row are written as the text of an array.
private enum PeriodColumns {
    /// How an open period ends.
    static let open = Day(number: .max)

    static func starts(_ periods: [Period]) -> String { array(periods.map(\.from.description)) }
    static func ends(_ periods: [Period]) -> String { array(periods.map { ($0.until ?? open).description }) }
    static func array(_ texts: [String]) -> String { "{\(texts.joined(separator: ","))}" }
}

extension Columns {
    fileprivate mutating func periods() throws -> [Period] {
        let (starts, ends): ([CalendarDate], [CalendarDate]) = (try next(), try next())
        return zip(starts, ends).map { start, end in
            Period(from: Day(start), until: Day(end) == PeriodColumns.open ? nil : Day(end))
        }
    }
}
