import Contracts
import FoundationEssentials
import Postgres

/// Takes the turn of checking, and sets what holds until the end of the transaction: it only reads, and may take its time.
struct BeginCheck: Statement {
    static let sql = """
        SELECT pg_try_advisory_xact_lock(hashtext('vouchers'), hashtext('find-ledger-mistakes')),
            set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true),
            set_config('work_mem', '64MB', true), set_config('max_parallel_workers_per_gather', '0', true)
        """
    var milliseconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add("\(Int64(milliseconds))")
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        let isOurs: Bool = try columns.next()
        for _ in 0..<4 { _ = try columns.next(String.self) }
        return isOurs
    }
}

/// A statement whose rows say what is wrong: rule, thing, currency, what should stand there and what does.
protocol FindingStatement: Statement where Row == FindLedgerMistakes.Finding {}

extension FindingStatement {
    static func row(_ columns: inout Columns) throws -> FindLedgerMistakes.Finding {
        FindLedgerMistakes.Finding(
            check: try columns.next(), subject: try columns.next(), currency: try columns.next(),
            expected: try columns.next(), found: try columns.next())
    }
}

// MARK: The journal by month

/// Finds when the first entry from a time on was posted.
struct FindJournalStart: Statement {
    static let sql = "SELECT min(posted_at) FROM posting WHERE posted_at >= $1 HAVING min(posted_at) IS NOT NULL"
    var from: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
    }

    static func row(_ columns: inout Columns) throws -> Date {
        try columns.next()
    }
}

/// Finds entries that do not sum to zero, and those that stand in the journal twice.
struct CheckEntries: FindingStatement {
    static let sql = """
        SELECT CASE WHEN sum(amount) <> 0 THEN 'entry-unbalanced' ELSE 'entry-booked-twice' END,
            cause || ' ' || cause_id, currency, 0::bigint, sum(amount)::bigint
        FROM posting WHERE posted_at >= $1 AND posted_at < $2
        GROUP BY cause, cause_id, currency HAVING sum(amount) <> 0 OR min(posted_at) <> max(posted_at)
        ORDER BY cause, cause_id LIMIT $3
        """
    var from: Date
    var until: Date
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
        parameters.add(max)
    }
}

/// Finds causes that changed what is owed to holders as they must not.
///
/// Liabilities are issued - redeemed + reversed - expired - refunded, and nothing else.
struct CheckCauses: FindingStatement {
    static let sql = """
        SELECT 'owed-changed-by-cause', cause, currency, 0::bigint, -sum(amount)::bigint
        FROM posting WHERE posted_at >= $1 AND posted_at < $2 AND account IN (\(OwedBy.accounts))
        GROUP BY cause, currency
        HAVING CASE
            WHEN cause IN (\(OwedBy.issue), \(OwedBy.reversal)) THEN sum(amount) > 0
            WHEN cause IN (\(OwedBy.redemption), \(OwedBy.expiry), \(OwedBy.refund)) THEN sum(amount) < 0
            WHEN cause IN ('hold', 'release', 'replacement', 'exchange') THEN sum(amount) <> 0
            ELSE true END
        ORDER BY cause, currency LIMIT $3
        """
    var from: Date
    var until: Date
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
        parameters.add(max)
    }
}

/// Finds days whose figures are not what the journal says, as far as it is in them.
struct CheckDays: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT (posted_at AT TIME ZONE 'UTC')::date AS day, currency, -sum(amount) AS owed,
                -sum(amount) FILTER (WHERE cause IN (\(OwedBy.issue))) AS issued,
                sum(amount) FILTER (WHERE cause IN (\(OwedBy.redemption))) AS redeemed,
                -sum(amount) FILTER (WHERE cause IN (\(OwedBy.reversal))) AS reversed,
                -sum(amount) FILTER (WHERE account = 'voucher-held') AS held
            FROM posting
            WHERE posted_at >= $1 AND posted_at < $2 AND posted_at < (SELECT posted_until FROM report_progress)
                AND account IN (\(OwedBy.accounts))
            GROUP BY 1, 2),
        kept AS (
            SELECT day, currency, sum(issued - redeemed + reversed - expired - refunded + moved) AS owed,
                sum(issued) AS issued, sum(redeemed) AS redeemed, sum(reversed) AS reversed, sum(newly_held) AS held
            FROM liability_day
            WHERE day >= ($1 AT TIME ZONE 'UTC')::date AND day < ($2 AT TIME ZONE 'UTC')::date
            GROUP BY 1, 2),
        flows AS (
            SELECT day, currency, sum(redeemed) AS redeemed, sum(reversed) AS reversed
            FROM redemption_day
            WHERE day >= ($1 AT TIME ZONE 'UTC')::date AND day < ($2 AT TIME ZONE 'UTC')::date
            GROUP BY 1, 2)
        SELECT 'day-differs', day || ' ' || part, currency, expected::bigint, found::bigint
        FROM journal FULL JOIN kept USING (day, currency) FULL JOIN flows USING (day, currency)
        CROSS JOIN LATERAL (VALUES
            ('owed', journal.owed, kept.owed), ('issued', journal.issued, kept.issued),
            ('redeemed', journal.redeemed, kept.redeemed), ('reversed', journal.reversed, kept.reversed),
            ('held', journal.held, kept.held), ('redeemed-by-city', journal.redeemed, flows.redeemed),
            ('reversed-by-city', journal.reversed, flows.reversed)) AS compared (part, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY day, part, currency LIMIT $3
        """
    var from: Date
    var until: Date
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
        parameters.add(max)
    }
}

/// Finds days on which something else was booked than is kept of them, as far as the journal is in the figures.
struct CheckBookedDays: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT (posted_at AT TIME ZONE 'UTC')::date AS day, cause, account, currency, sum(amount) AS amount,
                count(*) AS lines
            FROM posting
            WHERE posted_at >= $1 AND posted_at < $2 AND posted_at < (SELECT posted_until FROM report_progress)
            GROUP BY 1, 2, 3, 4),
        kept AS (
            SELECT day, cause, account, currency, amount, lines FROM booked_day
            WHERE day >= ($1 AT TIME ZONE 'UTC')::date AND day < ($2 AT TIME ZONE 'UTC')::date)
        SELECT 'day-differs', concat_ws(' ', day, part, cause, account), CASE part WHEN 'booked' THEN currency END,
            expected::bigint, found::bigint
        FROM journal FULL JOIN kept USING (day, cause, account, currency)
        CROSS JOIN LATERAL (VALUES
            ('booked', journal.amount, kept.amount::numeric), ('lines', journal.lines::numeric, kept.lines::numeric))
            AS compared (part, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY day, part, cause, account LIMIT $3
        """
    var from: Date
    var until: Date
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
        parameters.add(max)
    }
}

// MARK: Vouchers and redemptions by ranges of ids

/// Finds where a range of so many vouchers ends; nothing if it is the last.
struct FindVoucherBound: Statement {
    static let sql = "SELECT voucher_id FROM voucher WHERE voucher_id > $1 ORDER BY voucher_id OFFSET $2 LIMIT 1"
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

/// Counts a range of vouchers.
struct CountVouchers: Statement {
    static let sql = "SELECT count(*) FROM voucher WHERE voucher_id > $1 AND voucher_id <= $2"
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

/// Finds vouchers whose balance or held part is not what the journal says, and entries of vouchers that are not there.
struct CheckVouchers: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT owner_id, currency, -sum(amount) AS owed,
                coalesce(-sum(amount) FILTER (WHERE account = 'voucher-held'), 0) AS held
            FROM posting WHERE account IN (\(OwedBy.accounts)) AND owner_id > $1 AND owner_id <= $2
            GROUP BY owner_id, currency),
        present AS (
            SELECT voucher_id, currency, value, balance, held FROM voucher WHERE voucher_id > $1 AND voucher_id <= $2)
        SELECT rule, coalesce(voucher_id, owner_id)::text, coalesce(present.currency, journal.currency), expected::bigint,
            found
        FROM present FULL JOIN journal ON owner_id = voucher_id AND journal.currency = present.currency
        CROSS JOIN LATERAL (VALUES
            ('voucher-balance', coalesce(owed, 0), balance), ('voucher-held', coalesce(journal.held, 0), present.held),
            ('voucher-above-value', least(balance, value), balance),
            ('voucher-below-held', greatest(balance, present.held), balance)) AS compared (rule, expected, found)
        WHERE expected IS DISTINCT FROM found
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

/// Finds where a range of so many redemptions ends; nothing if it is the last.
struct FindRedemptionBound: Statement {
    static let sql = """
        SELECT redemption_id FROM redemption WHERE redemption_id > $1 ORDER BY redemption_id OFFSET $2 LIMIT 1
        """
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

/// Counts a range of redemptions.
struct CountRedemptions: Statement {
    static let sql = "SELECT count(*) FROM redemption WHERE redemption_id > $1 AND redemption_id <= $2"
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

/// Finds redemptions without an entry of their amount between their voucher and their merchant, and entries without one.
struct CheckRedemptions: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT cause_id, min(currency) AS currency,
                coalesce(sum(amount) FILTER (WHERE account IN (\(OwedBy.accounts))), 0) AS spent,
                coalesce(sum(amount) FILTER (WHERE account = 'voucher-held'), 0) AS captured,
                coalesce(-sum(amount) FILTER (WHERE account = 'merchant-payable'), 0) AS payable,
                array_agg(owner_id) AS owners
            FROM posting WHERE cause IN (\(OwedBy.redemption)) AND cause_id > $1 AND cause_id <= $2
            GROUP BY cause_id),
        present AS (
            SELECT redemption_id, voucher_id, merchant_id, amount, reversed,
                CASE WHEN hold_id IS NULL THEN 0 ELSE amount END AS of_hold
            FROM redemption WHERE redemption_id > $1 AND redemption_id <= $2)
        SELECT rule, coalesce(redemption_id, cause_id)::text, currency, expected::bigint, found::bigint
        FROM present FULL JOIN journal ON cause_id = redemption_id
        CROSS JOIN LATERAL (VALUES
            ('redemption-spent', amount, coalesce(spent, 0)), ('redemption-payable', amount, coalesce(payable, 0)),
            ('redemption-held', coalesce(of_hold, captured), coalesce(captured, of_hold)),
            ('redemption-accounts', 0, CASE WHEN redemption_id IS NULL OR owners <@ ARRAY[voucher_id, merchant_id]
                OR owners IS NULL THEN 0 ELSE 1 END),
            ('redemption-reversed-too-much', least(reversed, amount), reversed)) AS compared (rule, expected, found)
        WHERE expected IS DISTINCT FROM found
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

// MARK: What was taken back, and the figures

/// Finds vouchers and merchants whose reversals are not what their redemptions say was taken back.
struct CheckReversals: FindingStatement {
    static let sql = """
        SELECT rule, owner::text, NULL::text, sum(kept)::bigint, sum(booked)::bigint
        FROM (
            SELECT 'reversal-voucher' AS rule, voucher_id AS owner, reversed AS kept, 0 AS booked
            FROM redemption WHERE reversed > 0
            UNION ALL SELECT 'reversal-merchant', merchant_id, reversed, 0 FROM redemption WHERE reversed > 0
            UNION ALL SELECT 'reversal-voucher', owner_id, 0, -amount FROM posting
            WHERE cause IN (\(OwedBy.reversal)) AND account IN (\(OwedBy.accounts))
            UNION ALL SELECT 'reversal-merchant', owner_id, 0, amount FROM posting
            WHERE cause IN (\(OwedBy.reversal)) AND account = 'merchant-payable') AS taken
        GROUP BY rule, owner HAVING sum(kept) <> sum(booked)
        ORDER BY rule, owner LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Counts the rows of the figures.
struct CountLiabilityDays: Statement {
    static let sql = "SELECT count(*) FROM liability_day"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Finds days at whose end was not owed what was owed before and what moved on them.
struct CheckRunningSums: FindingStatement {
    static let sql = """
        SELECT 'day-sum', day || ' ' || issuer_city_id || ' ' || to_char(cohort, 'YYYY-MM') || ' ' || part, currency,
            expected::bigint, found
        FROM (
            SELECT *, lag(owed, 1, 0::bigint) OVER earlier AS owed_before, lag(held, 1, 0::bigint) OVER earlier AS held_before
            FROM liability_day
            WINDOW earlier AS (PARTITION BY issuer_city_id, currency, cohort ORDER BY day)) AS days
        CROSS JOIN LATERAL (VALUES
            ('owed', owed_before + issued - redeemed + reversed - expired - refunded + moved, owed),
            ('held', held_before + newly_held, held)) AS compared (part, expected, found)
        WHERE expected <> found
        ORDER BY 2 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds cities and months of issue whose figures, with what the journal has since, are not what their vouchers say.
struct CheckOwed: FindingStatement {
    static let sql = """
        SELECT 'owed-by-city', issuer_city_id || ' ' || to_char(cohort, 'YYYY-MM'), currency, sum(present)::bigint,
            sum(kept)::bigint
        FROM (
            (SELECT DISTINCT ON (issuer_city_id, currency, cohort) issuer_city_id, currency, cohort, owed AS kept,
                0::numeric AS present
            FROM liability_day ORDER BY issuer_city_id DESC, currency DESC, cohort DESC, day DESC)
            UNION ALL
            SELECT issuer_city_id, posting.currency, date_trunc('month', issued_at AT TIME ZONE 'UTC')::date, -sum(amount), 0
            FROM posting JOIN voucher ON voucher_id = owner_id
            WHERE posted_at >= (SELECT posted_until FROM report_progress) AND account IN (\(OwedBy.accounts))
            GROUP BY 1, 2, 3
            UNION ALL
            SELECT issuer_city_id, currency, date_trunc('month', issued_at AT TIME ZONE 'UTC')::date, 0, sum(balance)
            FROM voucher GROUP BY 1, 2, 3) AS side
        GROUP BY issuer_city_id, currency, cohort HAVING sum(present) <> sum(kept)
        ORDER BY issuer_city_id, cohort LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds out whether there are as many vouchers as were made by all that makes some.
struct CheckVoucherCount: FindingStatement {
    static let sql = """
        SELECT 'voucher-count', 'vouchers', NULL::text, made::bigint, present
        FROM (
            SELECT (SELECT count(*) FROM voucher) AS present, \(VouchersMade.withoutIssue)
                + (SELECT coalesce(sum(lines), 0) FROM booked_day WHERE cause = 'issue' AND account = 'voucher')
                + (SELECT count(*) FROM posting WHERE posted_at >= (SELECT posted_until FROM report_progress)
                    AND cause = 'issue' AND account = 'voucher') AS made) AS counted
        WHERE made <> present
        """
}
