import Contracts
import FoundationEssentials
import Postgres

// The SQL of reversals. A command names a redemption, and the lock is that of its voucher, whose id never changes: it is read
// first, then the voucher is locked, and what depends on the lock is read after it.

/// Reads which vouchers these redemptions were of.
struct ReadVouchersOfRedemptions: Statement {
    struct Row: Sendable {
        var redemptionId: UUID
        var voucherId: UUID
    }

    static let sql = "SELECT redemption_id, voucher_id FROM redemption WHERE redemption_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(redemptionId: try columns.next(), voucherId: try columns.next())
    }
}

/// Reads redemptions with what was taken back of them.
struct ReadReversibleRedemptions: Statement {
    static let sql = """
        SELECT redemption_id, voucher_id, merchant_id, city_id, amount, currency, reversed
        FROM redemption JOIN voucher USING (voucher_id) WHERE redemption_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> ReversibleRedemption {
        ReversibleRedemption(
            redemptionId: try columns.next(), voucherId: try columns.next(), merchantId: try columns.next(),
            cityId: try columns.next(), amount: Money(try columns.next(), try columns.next()),
            reversed: try columns.next())
    }
}

/// Reads the reversals that were made under these ids.
struct ReadReversals: Statement {
    static let sql = """
        SELECT reversal_id, redemption_id, voucher_id, merchant_id, city_id, currency, amount, remaining, reversed_at
        FROM reversal JOIN voucher USING (voucher_id) WHERE reversal_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Reversal {
        let (id, redemption, voucher): (UUID, UUID, UUID) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let (merchant, city): (UUID, UUID) = (try columns.next(), try columns.next())
        let currency: String = try columns.next()
        return Reversal(
            reversalId: id, redemptionId: redemption, voucherId: voucher, merchantId: merchant, cityId: city,
            amount: Money(try columns.next(), currency), remaining: Money(try columns.next(), currency),
            reversedAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Writes reversals.
struct WriteReversals: Statement {
    static let sql = """
        INSERT INTO reversal (reversal_id, redemption_id, voucher_id, merchant_id, city_id, amount, remaining, reversed_at)
        SELECT *, $8 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[])
        """
    var reversals: [Reversal]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(reversals.map(\.reversalId))
        parameters.add(reversals.map(\.redemptionId))
        parameters.add(reversals.map(\.voucherId))
        parameters.add(reversals.map(\.merchantId))
        parameters.add(reversals.map(\.cityId))
        parameters.add(reversals.map(\.amount.amount))
        parameters.add(reversals.map(\.remaining.amount))
        parameters.add(now)
    }
}

/// Writes what was taken back of redemptions whose vouchers are locked.
struct WriteReversed: Statement {
    static let sql = """
        UPDATE redemption SET reversed = changed.reversed
        FROM unnest($1::uuid[], $2::bigint[]) AS changed (id, reversed) WHERE redemption_id = changed.id
        """
    var redemptions: [ReversibleRedemption]

    func bind(_ parameters: inout Parameters) {
        parameters.add(redemptions.map(\.redemptionId))
        parameters.add(redemptions.map(\.reversed))
    }
}
