import Contracts
import FoundationEssentials
public import Postgres

extension Lockout.Scope: PostgresValue {}

/// How a row of the throttle is read.
private enum ThrottleColumns {
    static let names = "scope, subject, forgotten_at, lockout_id, wrong_codes, locked_at, locked_until, is_told"
}

extension Columns {
    fileprivate mutating func throttleRow() throws -> ThrottleRow {
        let key = ThrottleKey(scope: try next(), subject: try next())
        let forgottenAt = Timestamp(try next(Date.self))
        let (id, count): (UUID?, Int32?) = (try next(), try next())
        let (from, until): (Date?, Date?) = (try next(), try next())
        var row = ThrottleRow(key: key, forgottenAt: forgottenAt, isTold: try next())
        if let id, let count, let from, let until {
            row.lockout = Lockout(
                lockoutId: id, scope: key.scope, userId: key.scope == .principal ? key.subject : nil,
                merchantId: key.scope == .merchant ? UUID(text: key.subject) : nil, wrongCodes: Int(count),
                from: Timestamp(from), until: Timestamp(until))
        }
        return row
    }
}

/// Locks the rows of these keys in their order, makes those that are not there, and reads them as they are after the wait, with
/// the time of the database at which each was locked.
struct LockThrottle: Statement {
    /// A row that is locked.
    struct Locked: Sendable {
        var row: ThrottleRow
        var lockedAt: Timestamp
    }

    static let sql = """
        INSERT INTO throttle (scope, subject, forgotten_at)
        SELECT scope, subject, $3 FROM unnest($1::text[], $2::text[]) AS tried (scope, subject)
        ON CONFLICT (scope, subject) DO UPDATE SET forgotten_at = throttle.forgotten_at
        RETURNING \(ThrottleColumns.names), clock_timestamp()
        """
    var keys: [ThrottleKey]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(keys.map(\.scope.rawValue))
        parameters.add(keys.map(\.subject))
        parameters.add(now)
    }

    static func row(_ columns: inout Columns) throws -> Locked {
        Locked(row: try columns.throttleRow(), lockedAt: Timestamp(try columns.next(Date.self)))
    }
}

extension [LockThrottle.Locked] {
    /// The time at which wrong codes are counted: after the wait for all locks, so that no count is before one that was waited for,
    /// and a lockout comes no try early.
    ///
    /// - Parameter time: When the transaction began; a test may put that into the future.
    func countedAt(notBefore time: Date) -> Timestamp {
        reduce(Timestamp(time)) { Swift.max($0, $1.lockedAt) }
    }
}

/// Writes rows that are locked.
struct WriteThrottle: Statement {
    static let sql = """
        UPDATE throttle SET forgotten_at = counted.forgotten_at, lockout_id = counted.lockout_id,
            wrong_codes = counted.wrong_codes, locked_at = counted.locked_at, locked_until = counted.locked_until,
            is_told = counted.is_told
        FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::uuid[], $5::integer[], $6::timestamptz[],
            $7::timestamptz[], $8::boolean[])
            AS counted (scope, subject, forgotten_at, lockout_id, wrong_codes, locked_at, locked_until, is_told)
        WHERE throttle.scope = counted.scope AND throttle.subject = counted.subject
        """
    var rows: [ThrottleRow]

    func bind(_ parameters: inout Parameters) {
        parameters.add(rows.map(\.key.scope.rawValue))
        parameters.add(rows.map(\.key.subject))
        parameters.add(rows.map(\.forgottenAt.date))
        parameters.add(rows.map { $0.lockout?.lockoutId })
        parameters.add(rows.map { $0.lockout.map { Int32(clamping: $0.wrongCodes) } })
        parameters.add(rows.map { $0.lockout?.from.date })
        parameters.add(rows.map { $0.lockout?.until.date })
        parameters.add(rows.map(\.isTold))
    }
}

/// Reads what is not forgotten yet.
struct ReadThrottle: Statement {
    static let sql = "SELECT \(ThrottleColumns.names) FROM throttle WHERE forgotten_at > clock_timestamp()"

    static func row(_ columns: inout Columns) throws -> ThrottleRow {
        try columns.throttleRow()
    }
}

/// Takes the lockouts that were not said yet.
struct TakeUntoldLockouts: Statement {
    static let sql = """
        UPDATE throttle SET is_told = true WHERE lockout_id IN (
            SELECT lockout_id FROM throttle WHERE NOT is_told ORDER BY lockout_id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING \(ThrottleColumns.names)
        """

    static func row(_ columns: inout Columns) throws -> Lockout? {
        try columns.throttleRow().lockout
    }
}

/// Locks lockouts by their ids, and reads them.
struct LockLockouts: Statement {
    static let sql = """
        SELECT \(ThrottleColumns.names) FROM throttle WHERE lockout_id = ANY ($1) ORDER BY scope, subject FOR UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> ThrottleRow {
        try columns.throttleRow()
    }
}

/// Reads who is locked out now, everybody or the merchants of a city.
struct ReadLockouts: Statement {
    static let sql = """
        SELECT \(ThrottleColumns.names) FROM throttle
        WHERE forgotten_at > clock_timestamp() AND locked_until > clock_timestamp()
            AND ($1::uuid IS NULL
                OR scope = 'merchant' AND subject IN (SELECT merchant_id::text FROM merchant WHERE city_id = $1))
        ORDER BY locked_until DESC, scope, subject LIMIT $2
        """
    var cityId: UUID?

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityId)
        parameters.add(FindLockouts.lockoutsMax)
    }

    static func row(_ columns: inout Columns) throws -> Lockout? {
        try columns.throttleRow().lockout
    }
}
