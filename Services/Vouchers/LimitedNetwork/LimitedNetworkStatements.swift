import Contracts
import FoundationEssentials
import Messaging
public import Postgres

extension LimitedNetworkLevel: PostgresValue {}

/// Takes the count in hand if it is not of today, or older than a few minutes: returns until which day it goes.
///
/// Another instance that has it in hand is passed over.
struct TakeIssuedCount: Statement {
    static let sql = """
        SELECT day FROM issued_day_progress WHERE day < $1 OR counted_at < now() - make_interval(secs => $2)
        FOR UPDATE SKIP LOCKED
        """
    var today: Day
    var ageMaxSeconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(today.date)
        parameters.add(ageMaxSeconds)
    }

    static func row(_ columns: inout Columns) throws -> Day {
        Day(try columns.next(CalendarDate.self))
    }
}

/// Counts what was issued on some days from the journal.
struct CountIssued: Statement {
    static let sql = """
        INSERT INTO issued_day (day, issuer_city_id, currency, amount)
        SELECT (posted_at AT TIME ZONE 'UTC')::date, owner_id, currency, sum(amount)::bigint FROM posting
        WHERE posted_at >= $1 AND posted_at < $2 AND cause = 'issue' AND account IN ('issuer-cash', 'promotion-cost')
        GROUP BY 1, 2, 3
        ON CONFLICT (day, issuer_city_id, currency) DO UPDATE SET amount = excluded.amount
        WHERE issued_day.amount <> excluded.amount
        """
    var from: Day
    /// The last of the days.
    var through: Day

    func bind(_ parameters: inout Parameters) {
        parameters.add(from.beginning)
        parameters.add(through.advanced(by: 1).beginning)
    }
}

/// Notes until which day it is counted.
struct NoteIssuedCount: Statement {
    static let sql = "UPDATE issued_day_progress SET day = $1, counted_at = now()"
    var day: Day

    func bind(_ parameters: inout Parameters) {
        parameters.add(day.date)
    }
}

/// Reads until which day it is counted.
struct ReadIssuedCount: Statement {
    static let sql = "SELECT day FROM issued_day_progress"

    static func row(_ columns: inout Columns) throws -> Day {
        Day(try columns.next(CalendarDate.self))
    }
}

/// Sums what cities of known countries have issued, one or all of them, after a day.
struct SumIssued: Statement {
    static let sql = """
        SELECT issuer_city_id, country, sum(amount)::bigint, currency FROM issued_day
            JOIN city ON city.city_id = issuer_city_id
        WHERE day > $1 AND country IS NOT NULL AND ($2::uuid IS NULL OR issuer_city_id = $2)
        GROUP BY issuer_city_id, country, currency
        """
    var after: Day
    var issuerCityId: UUID?

    func bind(_ parameters: inout Parameters) {
        parameters.add(after.date)
        parameters.add(issuerCityId)
    }

    static func row(_ columns: inout Columns) throws -> IssuedSum {
        IssuedSum(
            issuerCityId: try columns.next(), country: try columns.next(),
            issued: Money(try columns.next(), try columns.next()))
    }
}

/// Reads the limits of all countries: there are a few.
struct ReadNetworkLimits: Statement {
    static let sql = "SELECT country, amount, currency, warn_percent FROM limited_network_limit"

    static func row(_ columns: inout Columns) throws -> NetworkLimit {
        NetworkLimit(
            country: try columns.next(), limit: Money(try columns.next(), try columns.next()),
            warnPercent: Int(try columns.next(Int32.self)))
    }
}

/// Reads the levels that were noted.
struct ReadNetworkLevels: Statement {
    static let sql = "SELECT country, issuer_city_id, level FROM limited_network_state"

    static func row(_ columns: inout Columns) throws -> NotedLevel {
        NotedLevel(
            scope: NetworkScope(country: try columns.next(), issuerCityId: try columns.next()),
            level: try columns.next())
    }
}

/// Notes levels.
struct WriteNetworkLevels: Statement {
    static let sql = """
        INSERT INTO limited_network_state (country, issuer_city_id, level)
        SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[])
        ON CONFLICT (country, issuer_city_id) DO UPDATE SET level = excluded.level
        """
    var levels: [NetworkScope: LimitedNetworkLevel]

    func bind(_ parameters: inout Parameters) {
        parameters.add(levels.map(\.key.country))
        parameters.add(levels.map(\.key.issuerCityId))
        parameters.add(levels.map(\.value.rawValue))
    }
}

extension Day {
    /// Its first moment in UTC.
    fileprivate var beginning: Date { Date(timeIntervalSince1970: Double(number) * 86_400) }
}
