import Contracts
import FoundationEssentials
import Postgres

extension VoucherChange.Kind: PostgresValue {}
extension Account.Kind: PostgresValue {}

/// Reads which of these vouchers are blocked.
struct ReadBlocks: Statement {
    static let sql = "SELECT voucher_id, status, blocked_at FROM block WHERE voucher_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> VoucherBlock {
        VoucherBlock(
            voucherId: try columns.next(), status: try columns.next(),
            blockedAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Writes that vouchers are blocked.
struct WriteBlocks: Statement {
    static let sql = """
        INSERT INTO block (voucher_id, status, blocked_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[])
        """
    var blocks: [VoucherBlock]

    func bind(_ parameters: inout Parameters) {
        parameters.add(blocks.map(\.voucherId))
        parameters.add(blocks.map(\.status.rawValue))
        parameters.add(blocks.map(\.blockedAt.date))
    }
}

/// Forgets that vouchers were blocked.
struct DeleteBlocks: Statement {
    static let sql = "DELETE FROM block WHERE voucher_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// How a change stands in its row.
private enum ChangeColumns {
    static let names = "change_id, kind, voucher_id, new_voucher_id, amount, currency, changed_at"
}

extension Columns {
    fileprivate mutating func voucherChange() throws -> VoucherChange {
        VoucherChange(
            changeId: try next(), kind: try next(), voucherId: try next(), newVoucherId: try next(),
            amount: Money(try next(), try next()), changedAt: Timestamp(try next(Date.self)))
    }
}

/// Reads what was done under these ids.
struct ReadVoucherChanges: Statement {
    static let sql = "SELECT \(ChangeColumns.names) FROM voucher_change WHERE change_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> VoucherChange {
        try columns.voucherChange()
    }
}

/// Reads what was done with a voucher, or made it; the newest first.
struct ReadChangesOfVoucher: Statement {
    static let sql = """
        SELECT \(ChangeColumns.names) FROM voucher_change WHERE voucher_id = $1 OR new_voucher_id = $1
        ORDER BY changed_at DESC, change_id DESC LIMIT $2
        """
    var voucherId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(voucherId)
        parameters.add(GetVoucher.linesMax)
    }

    static func row(_ columns: inout Columns) throws -> VoucherChange {
        try columns.voucherChange()
    }
}

/// Writes what was done under which id.
struct InsertVoucherChanges: Statement {
    static let sql = """
        INSERT INTO voucher_change (change_id, kind, voucher_id, new_voucher_id, amount, currency, changed_at)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[], $7::timestamptz[])
        """
    var changes: [VoucherChange]

    func bind(_ parameters: inout Parameters) {
        parameters.add(changes.map(\.changeId))
        parameters.add(changes.map(\.kind.rawValue))
        parameters.add(changes.map(\.voucherId))
        parameters.add(changes.map(\.newVoucherId))
        parameters.add(changes.map(\.amount.amount))
        parameters.add(changes.map(\.amount.currency))
        parameters.add(changes.map(\.changedAt.date))
    }
}

/// Reads for which of these vouchers money is given.
struct ReadRedeemableForCash: Statement {
    static let sql = """
        SELECT voucher_id FROM voucher JOIN terms USING (terms_id) WHERE voucher_id = ANY ($1) AND redeemable_for_cash
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads which of these vouchers were given away by a city or an employer, and have terms that give no money for that.
///
/// What was replaced or exchanged stands for the voucher that was given; terms stay the same on the way.
struct ReadGiftsWithoutCash: Statement {
    static let sql = """
        WITH RECURSIVE origin (asked_id, voucher_id) AS (
            SELECT id, id FROM unnest($1::uuid[]) AS asked (id)
            UNION
            SELECT asked_id, earlier.voucher_id FROM origin JOIN (
                SELECT new_voucher_id, voucher_id FROM voucher_change WHERE new_voucher_id IS NOT NULL
                UNION ALL SELECT new_voucher_id, voucher_id FROM exchange) AS earlier
                ON earlier.new_voucher_id = origin.voucher_id)
        SELECT DISTINCT asked_id FROM origin JOIN voucher USING (voucher_id) JOIN voucher_order USING (order_id)
            JOIN terms ON terms.terms_id = voucher.terms_id
        WHERE purpose IN ('birth-grant', 'school-start', 'employee-benefit') AND NOT gifts_redeemable_for_cash
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads from which accounts these vouchers were sold or given away; none for what stands for another voucher.
struct ReadPayers: Statement {
    struct Row: Sendable {
        var voucherId: UUID
        var payer: Account.Kind
    }

    // The lines of an entry are posted at one time, by which the other ones are found.
    static let sql = """
        SELECT DISTINCT sale.owner_id, payer.account
        FROM posting AS sale JOIN posting AS payer
            ON payer.posted_at = sale.posted_at AND payer.cause_id = sale.cause_id AND payer.cause = 'issue'
        WHERE sale.owner_id = ANY ($1) AND sale.account IN ('voucher', 'voucher-held') AND sale.cause = 'issue'
            AND payer.account IN ('issuer-cash', 'promotion-cost')
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(voucherId: try columns.next(), payer: try columns.next())
    }
}
