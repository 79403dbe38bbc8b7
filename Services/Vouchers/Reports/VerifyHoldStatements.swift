import FoundationEssentials
import Postgres

/// Finds where a range of so many holds ends; nothing if it is the last.
struct FindHoldBound: Statement {
    static let sql = "SELECT hold_id FROM hold WHERE hold_id > $1 ORDER BY hold_id OFFSET $2 LIMIT 1"
    var above: UUID
    var count: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(above)
        parameters.add(count)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Counts a range of holds.
struct CountHolds: Statement {
    static let sql = "SELECT count(*) FROM hold WHERE hold_id > $1 AND hold_id <= $2"
    var above: UUID
    var upTo: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(above)
        parameters.add(upTo)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Finds holds that are not what the journal and their redemptions say, and entries and redemptions of holds that are not there.
struct CheckHolds: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT cause_id AS hold_id, min(currency) AS currency,
                -sum(amount) FILTER (WHERE cause = 'hold' AND account = 'voucher-held') AS booked,
                sum(amount) FILTER (WHERE cause = 'release' AND account = 'voucher-held') AS freed,
                array_agg(owner_id) AS owners
            FROM posting WHERE cause IN ('hold', 'release') AND cause_id > $1 AND cause_id <= $2 GROUP BY cause_id),
        spent AS (
            SELECT hold_id, sum(amount) AS captured, array_agg(voucher_id) AS vouchers, array_agg(merchant_id) AS merchants
            FROM redemption WHERE hold_id > $1 AND hold_id <= $2 GROUP BY hold_id),
        present AS (
            SELECT hold_id, voucher_id, merchant_id, amount, hold.captured, released, captured + released AS ended, state
            FROM hold WHERE hold_id > $1 AND hold_id <= $2)
        SELECT rule, hold_id::text, currency, expected::bigint, found::bigint
        FROM present FULL JOIN journal USING (hold_id) FULL JOIN spent USING (hold_id)
        CROSS JOIN LATERAL (VALUES
            ('hold-booked', amount, booked), ('hold-released', released, freed),
            ('hold-captured', present.captured, spent.captured),
            ('hold-ended', CASE WHEN state = 'open' THEN least(ended, amount - 1) ELSE amount END, ended),
            ('hold-accounts', 0, CASE WHEN owners <@ ARRAY[voucher_id] AND coalesce(vouchers <@ ARRAY[voucher_id], true)
                AND coalesce(merchants <@ ARRAY[merchant_id], true) OR present.amount IS NULL OR owners IS NULL THEN 0
                ELSE 1 END)) AS compared (rule, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $3
        """
    var above: UUID
    var upTo: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(above)
        parameters.add(upTo)
        parameters.add(max)
    }
}

/// Finds vouchers of which something else is held than is open of their holds.
struct CheckVoucherHolds: FindingStatement {
    static let sql = """
        SELECT 'voucher-holds', voucher_id::text, currency, coalesce(open, 0)::bigint, coalesce(held, 0)
        FROM (SELECT voucher_id, currency, held FROM voucher WHERE voucher_id > $1 AND voucher_id <= $2) AS present
        FULL JOIN (
            SELECT voucher_id, sum(amount - captured - released) AS open FROM hold
            WHERE voucher_id > $1 AND voucher_id <= $2 GROUP BY voucher_id) AS holds USING (voucher_id)
        WHERE coalesce(open, 0) <> coalesce(held, 0)
        ORDER BY voucher_id LIMIT $3
        """
    var above: UUID
    var upTo: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(above)
        parameters.add(upTo)
        parameters.add(max)
    }
}
