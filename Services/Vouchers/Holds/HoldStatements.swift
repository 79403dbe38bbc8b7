import Contracts
import FoundationEssentials
import Messaging
public import Postgres

// The SQL of holds. A command names a hold, and the lock is that of its voucher: so the voucher's id, which never changes, is read
// first, then the voucher is locked, and what depends on the lock is read after it.

/// Reads which vouchers these holds are of; what becomes of a hold is read again under the lock.
struct ReadVouchersOfHolds: Statement {
    static let sql = "SELECT hold_id, voucher_id FROM hold WHERE hold_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> HeldVoucher {
        HeldVoucher(holdId: try columns.next(), voucherId: try columns.next())
    }
}

/// Reads which open holds are over, those first that have been so the longest.
struct ReadDueHolds: Statement {
    static let sql = """
        SELECT hold_id, voucher_id FROM hold WHERE state = 'open' AND expires_at <= $1 ORDER BY expires_at LIMIT $2
        """
    var now: Date
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(now)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> HeldVoucher {
        HeldVoucher(holdId: try columns.next(), voucherId: try columns.next())
    }
}

/// A hold and the voucher to lock for it.
struct HeldVoucher: Hashable, Sendable {
    var holdId: UUID
    var voucherId: UUID
}

/// Reads holds.
struct ReadHolds: Statement {
    static let sql = """
        SELECT hold_id, voucher_id, merchant_id, city_id, amount, currency, captured, released, state, hold.balance,
            content_key_id, content, held_at, expires_at, closed_at
        FROM hold JOIN voucher USING (voucher_id) WHERE hold_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Hold {
        let (id, voucher): (UUID, UUID) = (try columns.next(), try columns.next())
        let (merchant, city): (UUID, UUID) = (try columns.next(), try columns.next())
        let amount = Money(try columns.next(), try columns.next())
        let (captured, released): (Int64, Int64) = (try columns.next(), try columns.next())
        let state: HoldState = try columns.next()
        let balance = Money(try columns.next(), amount.currency)
        let content = RedemptionContent(keyID: Int(try columns.next(Int32.self)), digest: try columns.next())
        return Hold(
            holdId: id, voucherId: voucher, merchantId: merchant, cityId: city, amount: amount, captured: captured,
            released: released, state: state, balance: balance, content: content,
            heldAt: Timestamp(try columns.next(Date.self)), expiresAt: Timestamp(try columns.next(Date.self)),
            closedAt: try columns.next(Date?.self).map { Timestamp($0) })
    }
}

extension HoldState: PostgresValue {}

/// Reads the refusals that were recorded under these hold ids.
struct ReadHoldRefusals: Statement {
    static let sql = "SELECT hold_id, content_key_id, content, reason FROM hold_refusal WHERE hold_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> EarlierHold {
        EarlierHold(
            holdId: try columns.next(),
            content: RedemptionContent(keyID: Int(try columns.next(Int32.self)), digest: try columns.next()),
            refused: try columns.next())
    }
}

/// Writes holds.
struct WriteHolds: Statement {
    static let sql = """
        INSERT INTO hold (hold_id, voucher_id, merchant_id, city_id, amount, captured, released, state, balance,
            content_key_id, content, held_at, expires_at, closed_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::text[], $9::bigint[], $10::integer[], $11::bytea[], $12::timestamptz[], $13::timestamptz[],
            $14::timestamptz[])
        """
    var holds: [Hold]

    func bind(_ parameters: inout Parameters) {
        parameters.add(holds.map(\.holdId))
        parameters.add(holds.map(\.voucherId))
        parameters.add(holds.map(\.merchantId))
        parameters.add(holds.map(\.cityId))
        parameters.add(holds.map(\.amount.amount))
        parameters.add(holds.map(\.captured))
        parameters.add(holds.map(\.released))
        parameters.add(holds.map(\.state.rawValue))
        parameters.add(holds.map(\.balance.amount))
        parameters.add(holds.map { Int32($0.content.keyID) })
        parameters.add(holds.map(\.content.digest))
        parameters.add(holds.map(\.heldAt.date))
        parameters.add(holds.map(\.expiresAt.date))
        parameters.add(holds.map { $0.closedAt?.date })
    }
}

/// Writes what became of holds whose vouchers are locked.
struct WriteHoldChanges: Statement {
    static let sql = """
        UPDATE hold SET captured = changed.captured, released = changed.released, state = changed.state,
            closed_at = changed.closed_at
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
            AS changed (id, captured, released, state, closed_at)
        WHERE hold_id = changed.id
        """
    var holds: [Hold]

    func bind(_ parameters: inout Parameters) {
        parameters.add(holds.map(\.holdId))
        parameters.add(holds.map(\.captured))
        parameters.add(holds.map(\.released))
        parameters.add(holds.map(\.state.rawValue))
        parameters.add(holds.map { $0.closedAt?.date })
    }
}

/// Records refusals of holds.
struct WriteHoldRefusals: Statement {
    static let sql = """
        INSERT INTO hold_refusal (hold_id, merchant_id, voucher_id, reason, content_key_id, content, refused_at)
        SELECT *, $7 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bytea[])
        """
    var refusals: [HoldRefusal]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(refusals.map(\.holdId))
        parameters.add(refusals.map(\.merchantId))
        parameters.add(refusals.map(\.voucherId))
        parameters.add(refusals.map(\.reason.rawValue))
        parameters.add(refusals.map { Int32($0.content.keyID) })
        parameters.add(refusals.map(\.content.digest))
        parameters.add(now)
    }
}

extension MessageTransaction {
    /// Locks the vouchers of holds, and reads both under the lock.
    mutating func lock(_ held: [HeldVoucher]) async throws -> (vouchers: [Voucher], holds: [Hold]) {
        let vouchers = Set(held.map(\.voucherId)).sorted()
        let (_, locked, holds) = try await execute(
            LockVouchersByID(ids: vouchers), ReadVouchersByID(ids: vouchers),
            ReadHolds(ids: held.map(\.holdId).sorted()))
        return (locked, holds)
    }

    /// Writes what a batch has changed of holds and their vouchers.
    mutating func write(_ changes: HoldBook.Changes, at now: Date) {
        write(changes.book, at: now)
        if !changes.added.isEmpty { write(WriteHolds(holds: changes.added)) }
        if !changes.changed.isEmpty { write(WriteHoldChanges(holds: changes.changed)) }
    }
}
