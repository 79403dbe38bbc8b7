import Contracts
import FoundationEssentials
import Messaging
public import Postgres

// The SQL of runs: their rows, and what they take in.

extension SettlementState: PostgresValue {}
extension StatementOutcome: PostgresValue {}

/// How a run stands in its row.
enum RunColumns {
    /// In the order in which ``Columns/run()`` reads them.
    static let names = "run_id, from_day, until_day, state, execute_on, prepared_at, closed_at"
}

extension Columns {
    /// Reads ``RunColumns/names``.
    mutating func run() throws -> SettlementRun {
        let id: UUID = try next()
        let (from, until): (CalendarDate, CalendarDate) = (try next(), try next())
        return SettlementRun(
            runId: id, period: Period(from: Day(from), until: Day(until)), state: try next(),
            executeOn: try next(CalendarDate?.self).map { Day($0) },
            preparedAt: try next(Date?.self).map { Timestamp($0) }, closedAt: try next(Date?.self).map { Timestamp($0) }
        )
    }
}

/// Locks and reads these runs, those that are not closed, and the last that is.
struct LockRuns: Statement {
    static let sql = """
        SELECT \(RunColumns.names) FROM settlement_run
        WHERE run_id = ANY ($1) OR state <> 'closed'
            OR until_day = (SELECT max(until_day) FROM settlement_run WHERE state = 'closed')
        ORDER BY run_id FOR UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> SettlementRun {
        try columns.run()
    }
}

/// Locks the run that there is work for; none if another instance is at it.
struct TakeRunInWork: Statement {
    static let sql = """
        SELECT \(RunColumns.names) FROM settlement_run
        WHERE state <> 'closed' AND state <> 'prepared' LIMIT 1 FOR UPDATE SKIP LOCKED
        """

    static func row(_ columns: inout Columns) throws -> SettlementRun {
        try columns.run()
    }
}

/// Reads a run.
struct ReadRun: Statement {
    static let sql = "SELECT \(RunColumns.names) FROM settlement_run WHERE run_id = $1"
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> SettlementRun {
        try columns.run()
    }
}

/// Reads a page of runs, the latest first.
struct ReadRuns: Statement {
    static let sql = """
        SELECT \(RunColumns.names) FROM settlement_run WHERE $1::date IS NULL OR until_day < $1
        ORDER BY until_day DESC LIMIT $2
        """
    var after: Day?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after?.date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> SettlementRun {
        try columns.run()
    }
}

/// Writes a new run.
struct WriteRun: Statement {
    static let sql = """
        INSERT INTO settlement_run (run_id, from_day, until_day, state, made_at) VALUES ($1, $2, $3, $4, $5)
        """
    var run: SettlementRun
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(run.runId)
        parameters.add(run.period.from.date)
        parameters.add((run.period.until ?? run.period.from).date)
        parameters.add(run.state)
        parameters.add(now)
    }
}

/// Moves a run to another state; what is absent stays as it is.
struct MoveRun: Statement {
    static let sql = """
        UPDATE settlement_run SET state = $2, execute_on = coalesce($3, execute_on), prepared_at = coalesce($4, prepared_at),
            closed_at = coalesce($5, closed_at)
        WHERE run_id = $1
        """
    var runId: UUID
    var state: SettlementState
    var executeOn: Day?
    var preparedAt: Date?
    var closedAt: Date?

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(state)
        parameters.add(executeOn?.date)
        parameters.add(preparedAt)
        parameters.add(closedAt)
    }
}

/// Where runs look: from a little before the last closed one's end, because nothing comes later than a session's time-outs let it.
private enum Gathering {
    static let from = """
        (SELECT coalesce(max(until_day)::timestamp AT TIME ZONE 'UTC' - interval '2 days', '-infinity')
            FROM settlement_run WHERE state = 'closed')
        """
    static let until = "$2::date::timestamp AT TIME ZONE 'UTC'"
}

/// Assigns redemptions that no run has to a run; returns how many.
///
/// `OFFSET 0` has each row look itself up in the index. Without it the plan made while no line was there joined by comparing all
/// with all, and a connection keeps its plans.
struct AssignRedemptions: Statement {
    static let sql = """
        WITH assigned AS (
            INSERT INTO settlement_line (kind, line_id, run_id, merchant_id, city_id, issuer_city_id, currency, amount,
                happened_at)
            SELECT 'redemption', redemption_id, $1, redemption.merchant_id, redemption.city_id, voucher.issuer_city_id,
                voucher.currency, redemption.amount, redeemed_at
            FROM redemption JOIN voucher USING (voucher_id)
            WHERE redeemed_at >= \(Gathering.from) AND redeemed_at < \(Gathering.until) AND NOT EXISTS (
                SELECT FROM settlement_line AS line WHERE line.kind = 'redemption' AND line.line_id = redemption_id OFFSET 0)
            LIMIT $3
            RETURNING 1)
        SELECT count(*) FROM assigned
        """
    var run: SettlementRun
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(run.runId)
        parameters.add((run.period.until ?? run.period.from).date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Assigns reversals that no run has to a run; returns how many.
struct AssignReversals: Statement {
    static let sql = """
        WITH assigned AS (
            INSERT INTO settlement_line (kind, line_id, run_id, merchant_id, city_id, issuer_city_id, currency, amount,
                happened_at)
            SELECT 'reversal', reversal_id, $1, reversal.merchant_id, reversal.city_id, voucher.issuer_city_id,
                voucher.currency, -reversal.amount, reversed_at
            FROM reversal JOIN voucher USING (voucher_id)
            WHERE reversed_at >= \(Gathering.from) AND reversed_at < \(Gathering.until) AND NOT EXISTS (
                SELECT FROM settlement_line AS line WHERE line.kind = 'reversal' AND line.line_id = reversal_id OFFSET 0)
            LIMIT $3
            RETURNING 1)
        SELECT count(*) FROM assigned
        """
    var run: SettlementRun
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(run.runId)
        parameters.add((run.period.until ?? run.period.from).date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Assigns what earlier runs and banks have left to a run.
struct AssignCarries: Statement {
    static let sql = "UPDATE settlement_carry SET into_run_id = $1 WHERE into_run_id IS NULL"
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }
}
