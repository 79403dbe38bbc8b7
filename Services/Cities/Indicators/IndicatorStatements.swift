public import Contracts
import FoundationEssentials
public import Postgres

extension IndicatorStatus: PostgresScalar {}

extension DecimalNumber: PostgresScalar {
    /// For checking statements without a row.
    public static var sample: DecimalNumber? { DecimalNumber("0") }
}

/// A row holds days that are none of the four periods.
struct NoPeriod: Error {}

extension IndicatorPeriod {
    /// The days of it in the columns that follow.
    init(_ columns: inout Columns) throws {
        let (first, last): (CalendarDate, CalendarDate) = (try columns.next(), try columns.next())
        guard let period = IndicatorPeriod(from: first.components, through: last.components) else { throw NoPeriod() }
        self = period
    }

    var firstDate: CalendarDate? { CalendarDate(year: firstDay.year, month: firstDay.month, day: firstDay.day) }
    var lastDate: CalendarDate? { CalendarDate(year: lastDay.year, month: lastDay.month, day: lastDay.day) }
}

extension IndicatorFigure {
    /// The columns that ``init(_:)`` reads.
    static let columns = "value::text, unit, source, status"

    init(_ columns: inout Columns) throws {
        value = try columns.next()
        unit = try columns.next()
        source = try columns.next()
        status = try columns.next()
    }
}

/// Keys as columns.
struct IndicatorKeyColumns: Sendable {
    var keys: [IndicatorKey]

    /// Binds city, indicator, first day, last day.
    func bind(_ parameters: inout Parameters) {
        parameters.add(keys.map(\.cityId))
        parameters.add(keys.map(\.indicator))
        parameters.add(keys.map(\.period.firstDate))
        parameters.add(keys.map(\.period.lastDate))
    }
}

/// Locks the values with these keys, which come sorted, and reads them.
///
/// A locked row is read as it is after the wait.
struct LockIndicators: Statement {
    static let sql = """
        SELECT city_id, indicator, first_day, last_day, version, \(IndicatorFigure.columns)
        FROM unnest($1::uuid[], $2::text[], $3::date[], $4::date[])
                AS asked (city_id, indicator, first_day, last_day)
            JOIN indicator_value USING (city_id, indicator, first_day, last_day)
        ORDER BY city_id, indicator COLLATE "C", first_day, last_day FOR UPDATE OF indicator_value
        """
    var keys: [IndicatorKey]

    func bind(_ parameters: inout Parameters) {
        IndicatorKeyColumns(keys: keys).bind(&parameters)
    }

    static func row(_ columns: inout Columns) throws -> PresentIndicator {
        let (cityId, indicator): (UUID, String) = (try columns.next(), try columns.next())
        let key = IndicatorKey(cityId: cityId, indicator: indicator, period: try IndicatorPeriod(&columns))
        return PresentIndicator(key: key, version: try columns.next(), figure: try IndicatorFigure(&columns))
    }
}

/// Adds versions.
struct InsertIndicatorRevisions: Statement {
    static let sql = """
        INSERT INTO indicator_revision (city_id, indicator, first_day, last_day, version, value, unit, source, status,
            set_at, set_by, reason)
        SELECT city_id, indicator, first_day, last_day, version, value::numeric, unit, source, status, set_at, set_by,
            reason
        FROM unnest($1::uuid[], $2::text[], $3::date[], $4::date[], $5::bigint[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::timestamptz[], $11::text[], $12::text[])
            AS new (city_id, indicator, first_day, last_day, version, value, unit, source, status, set_at, set_by,
                reason)
        """
    var revisions: [IndicatorRevision]

    func bind(_ parameters: inout Parameters) {
        IndicatorKeyColumns(keys: revisions.map(\.key)).bind(&parameters)
        parameters.add(revisions.map(\.version))
        parameters.add(revisions.map(\.figure.value))
        parameters.add(revisions.map(\.figure.unit))
        parameters.add(revisions.map(\.figure.source))
        parameters.add(revisions.map(\.figure.status))
        parameters.add(revisions.map(\.setAt))
        parameters.add(revisions.map(\.setBy))
        parameters.add(revisions.map(\.reason))
    }
}

/// Writes the present versions, which come sorted by key, each once.
struct WriteIndicators: Statement {
    static let sql = """
        INSERT INTO indicator_value (city_id, indicator, first_day, last_day, version, value, unit, source, status,
            set_at)
        SELECT city_id, indicator, first_day, last_day, version, value::numeric, unit, source, status, set_at
        FROM unnest($1::uuid[], $2::text[], $3::date[], $4::date[], $5::bigint[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::timestamptz[])
            AS new (city_id, indicator, first_day, last_day, version, value, unit, source, status, set_at)
        ON CONFLICT (city_id, indicator, first_day, last_day) DO UPDATE
        SET version = excluded.version, value = excluded.value, unit = excluded.unit, source = excluded.source,
            status = excluded.status, set_at = excluded.set_at
        """
    var revisions: [IndicatorRevision]

    func bind(_ parameters: inout Parameters) {
        IndicatorKeyColumns(keys: revisions.map(\.key)).bind(&parameters)
        parameters.add(revisions.map(\.version))
        parameters.add(revisions.map(\.figure.value))
        parameters.add(revisions.map(\.figure.unit))
        parameters.add(revisions.map(\.figure.source))
        parameters.add(revisions.map(\.figure.status))
        parameters.add(revisions.map(\.setAt))
    }
}

/// Finds present values in the order of keys.
///
/// Where nothing is asked for, the bounds are the least and the greatest there is: one plan serves every query, and begins
/// to read at the cursor.
struct SearchIndicators: Statement {
    static let sql = """
        SELECT city_id, indicator, first_day, last_day, \(IndicatorFigure.columns), version, set_at
        FROM indicator_value
        WHERE (city_id, indicator, first_day, last_day) > ($1, $2, $3, $4)
            AND city_id BETWEEN $5 AND $6
            AND ($7::text IS NULL OR indicator = $7)
            AND first_day >= $8 AND last_day <= $9
        ORDER BY city_id, indicator, first_day, last_day LIMIT $10
        """
    var query: FindIndicators
    var max: Int

    private static let least = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    private static let greatest = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
    private static let firstDay = CalendarDate(year: 1, month: 1, day: 1)
    private static let lastDay = CalendarDate(year: 9999, month: 12, day: 31)

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.after?.cityId ?? Self.least)
        parameters.add(query.after?.indicator ?? "")
        parameters.add(query.after?.period.firstDate ?? Self.firstDay)
        parameters.add(query.after?.period.lastDate ?? Self.firstDay)
        parameters.add(query.cityId ?? Self.least)
        parameters.add(query.cityId ?? Self.greatest)
        parameters.add(query.indicator)
        parameters.add(query.from?.firstDate ?? Self.firstDay)
        parameters.add(query.until?.lastDate ?? Self.lastDay)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FindIndicators.Value {
        let (cityId, indicator): (UUID, String) = (try columns.next(), try columns.next())
        let period = try IndicatorPeriod(&columns)
        let figure = try IndicatorFigure(&columns)
        return FindIndicators.Value(
            cityId: cityId, indicator: indicator, period: period, value: figure.value, unit: figure.unit,
            source: figure.source, status: figure.status, version: try columns.next(),
            setAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Reads versions of a value, the newest first.
struct ReadIndicatorRevisions: Statement {
    static let sql = """
        SELECT version, \(IndicatorFigure.columns), set_at, set_by, reason FROM indicator_revision
        WHERE city_id = $1 AND indicator = $2 AND first_day = $3 AND last_day = $4 AND version < $5
        ORDER BY version DESC LIMIT $6
        """
    var key: IndicatorKey
    var before: Int64
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(key.cityId)
        parameters.add(key.indicator)
        parameters.add(key.period.firstDate)
        parameters.add(key.period.lastDate)
        parameters.add(before)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> GetIndicatorHistory.Revision {
        let version: Int64 = try columns.next()
        let figure = try IndicatorFigure(&columns)
        return GetIndicatorHistory.Revision(
            version: version, value: figure.value, unit: figure.unit, source: figure.source, status: figure.status,
            setAt: Timestamp(try columns.next(Date.self)), setBy: try columns.next(), reason: try columns.next())
    }
}
