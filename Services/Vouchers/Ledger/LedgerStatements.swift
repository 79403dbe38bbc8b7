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

/// Replays the journal: the sums of each kind of account in each currency.
struct SumPostings: Statement {
    static let sql = """
        SELECT account, currency, sum(amount)::bigint FROM posting GROUP BY account, currency ORDER BY account, currency
        """

    static func row(_ columns: inout Columns) throws -> GetLedger.Reply.Line {
        GetLedger.Reply.Line(account: try columns.next(), currency: try columns.next(), sum: try columns.next())
    }
}

/// Counts vouchers, redemptions, and vouchers whose balance is not what the journal says.
struct CheckBalances: Statement {
    struct Row: Sendable {
        var vouchers: Int64
        var redemptions: Int64
        var differing: Int64
    }

    static let sql = """
        SELECT (SELECT count(*) FROM voucher), (SELECT count(*) FROM redemption), (
            SELECT count(*) FROM voucher
            FULL JOIN (
                SELECT owner_id, -sum(amount) AS owed, -coalesce(sum(amount) FILTER (WHERE account = 'voucher-held'), 0) AS held
                FROM posting WHERE account IN ('voucher', 'voucher-held') GROUP BY owner_id) AS journal
                ON journal.owner_id = voucher_id
            WHERE (coalesce(balance, -1), coalesce(voucher.held, -1)) IS DISTINCT FROM (coalesce(owed, 0), coalesce(journal.held, 0)))
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(vouchers: try columns.next(), redemptions: try columns.next(), differing: try columns.next())
    }
}
