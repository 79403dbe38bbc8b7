import Contracts
import FoundationEssentials
import Postgres

/// Writes entries into the journal, line by line.
struct WritePostings: Statement {
    static let sql = """
        INSERT INTO posting (cause, cause_id, account, owner_id, counterparty_id, amount, currency, posted_at)
        SELECT *, $8 FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[])
        """
    var entries: [LedgerEntry]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        let lines = entries.flatMap { entry in entry.postings.map { (entry.cause, $0) } }
        parameters.add(lines.map(\.0.kind.rawValue))
        parameters.add(lines.map(\.0.id))
        parameters.add(lines.map(\.1.account.kind.rawValue))
        parameters.add(lines.map(\.1.account.owner))
        parameters.add(lines.map(\.1.account.counterparty))
        parameters.add(lines.map(\.1.amount))
        parameters.add(lines.map(\.1.currency))
        parameters.add(now)
    }
}

/// How vouchers came to be, as SQL.
enum VouchersMade {
    /// How many were made without an issue in the journal: printed stock that is not sold yet, and what stands for another voucher.
    static let withoutIssue = """
        (SELECT coalesce(sum(made), 0) FROM voucher_order WHERE is_stock)
            - (SELECT coalesce(sum(vouchers), 0) FROM stock_sale)
            + (SELECT count(new_voucher_id) FROM voucher_change) + (SELECT count(*) FROM exchange)
        """
}

/// Sums the ledger: what is in the figures by day, and what the journal has since, in one statement, so of one moment.
struct SumLedger: Statement {
    /// What was booked by one cause into one kind of account in one currency; nothing where nothing was booked at all.
    struct Row: Sendable {
        /// Up to when the journal is in the figures.
        var postedUntil: Date
        /// How many lines the journal has since, counted up to the most that are read.
        var linesSince: Int64
        var vouchersWithoutIssue: Int64
        var key: BookingKey?
        var amount: Int64
        var lines: Int64
    }

    // The time is known when the statement is planned, so that only what is later is looked at; what counts is the row.
    static let sql = """
        WITH since AS (
            SELECT cause, account, currency, sum(amount) AS amount, count(*) AS lines FROM (
                SELECT cause, account, currency, amount FROM posting
                WHERE posted_at >= $1 AND posted_at >= (SELECT posted_until FROM report_progress) LIMIT $2) AS line
            GROUP BY cause, account, currency),
        booked AS (
            SELECT cause, account, currency, sum(amount) AS amount, sum(lines) AS lines
            FROM (
                SELECT cause, account, currency, amount, lines FROM booked_day
                UNION ALL SELECT cause, account, currency, amount, lines FROM since) AS part
            GROUP BY cause, account, currency)
        SELECT posted_until, coalesce((SELECT sum(lines) FROM since), 0)::bigint,
            (\(VouchersMade.withoutIssue))::bigint, cause, account, currency, coalesce(amount, 0)::bigint,
            coalesce(lines, 0)::bigint
        FROM report_progress LEFT JOIN booked ON true
        """
    /// A time up to which the journal was in the figures earlier.
    var from: Date
    var linesMax: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(linesMax)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        let (postedUntil, linesSince, vouchers): (Date, Int64, Int64) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let (cause, account, currency): (String?, String?, String?) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        var key: BookingKey?
        if let cause, let account, let currency {
            key = BookingKey(cause: cause, account: account, currency: currency)
        }
        return Row(
            postedUntil: postedUntil, linesSince: linesSince, vouchersWithoutIssue: vouchers, key: key,
            amount: try columns.next(), lines: try columns.next())
    }
}

/// Counts the vouchers in the newest lines of the journal whose balance or held part is not what all their lines say.
struct CheckMovedVouchers: Statement {
    static let sql = """
        SELECT count(*)
        FROM (
            SELECT DISTINCT owner_id FROM (
                SELECT owner_id FROM posting WHERE account IN (\(OwedBy.accounts)) ORDER BY posted_at DESC LIMIT $1) AS newest)
            AS moved
        CROSS JOIN LATERAL (
            SELECT -sum(amount) AS owed, coalesce(-sum(amount) FILTER (WHERE account = 'voucher-held'), 0) AS held
            FROM posting WHERE posting.owner_id = moved.owner_id AND account IN (\(OwedBy.accounts))) AS journal
        LEFT JOIN voucher ON voucher_id = moved.owner_id
        WHERE (owed, journal.held) IS DISTINCT FROM (balance::numeric, voucher.held::numeric)
        """
    var linesMax: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(linesMax)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
