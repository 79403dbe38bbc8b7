import Contracts
import FoundationEssentials
import Messaging
public import Postgres

// The SQL of vouchers. Rows are locked and inserted in the order of their ids everywhere: two batches that lock in different
// order deadlock.

/// Locks the vouchers behind these lookups; what depends on the lock is read by a later statement.
struct LockVouchers: Statement {
    static let sql = "SELECT 1::integer FROM voucher WHERE lookup = ANY ($1) ORDER BY voucher_id FOR UPDATE"
    var lookups: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(lookups)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Locks vouchers by their ids; what depends on the lock is read by a later statement.
struct LockVouchersByID: Statement {
    static let sql = "SELECT 1::integer FROM voucher WHERE voucher_id = ANY ($1) ORDER BY voucher_id FOR UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads vouchers by the lookups of their codes.
struct ReadVouchers: Statement {
    static let sql = "SELECT \(VoucherColumns.names) FROM voucher WHERE lookup = ANY ($1)"
    var lookups: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(lookups)
    }

    static func row(_ columns: inout Columns) throws -> Voucher {
        try columns.voucher()
    }
}

/// Reads vouchers by their ids.
struct ReadVouchersByID: Statement {
    static let sql = "SELECT \(VoucherColumns.names) FROM voucher WHERE voucher_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Voucher {
        try columns.voucher()
    }
}

/// How a voucher stands in its row.
enum VoucherColumns {
    /// In the order in which ``Columns/voucher()`` reads them.
    static let names = """
        voucher_id, issuer_city_id, currency, value, balance, held, status, person_id, key_id, lookup, last_four, issued_at,
            terms_id, order_id, valid_until, lapses_after, accepted_in
        """
}

extension Columns {
    /// Reads ``VoucherColumns/names``.
    mutating func voucher() throws -> Voucher {
        Voucher(
            voucherId: try next(), issuerCityId: try next(), currency: try next(), value: try next(),
            balance: try next(), held: try next(), status: try next(), personId: try next(),
            lookup: CodeLookup(keyID: Int(try next(Int32.self)), digest: try next()),
            lastFour: try next(), issuedAt: Timestamp(try next(Date.self)), termsId: try next(), orderId: try next(),
            validUntil: try next(CalendarDate?.self).map { Day($0) },
            lapsesAfter: try next(CalendarDate?.self).map { Day($0) },
            acceptedIn: try next())
    }
}

extension Voucher.Status: PostgresValue {}

/// Writes what became of locked vouchers: money, status, and the lookups of codes that were hashed anew.
///
/// What comes back to a voucher past its limitation lapses again.
struct WriteVoucherChanges: Statement {
    static let sql = """
        UPDATE voucher SET balance = changed.balance, held = changed.held, status = changed.status,
            key_id = changed.key_id, lookup = changed.lookup, lapsed = voucher.lapsed AND changed.balance = 0
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::integer[], $6::bytea[])
            AS changed (id, balance, held, status, key_id, lookup)
        WHERE voucher_id = changed.id
        """
    var vouchers: [Voucher]

    func bind(_ parameters: inout Parameters) {
        parameters.add(vouchers.map(\.voucherId))
        parameters.add(vouchers.map(\.balance))
        parameters.add(vouchers.map(\.held))
        parameters.add(vouchers.map(\.status.rawValue))
        parameters.add(vouchers.map { Int32($0.lookup.keyID) })
        parameters.add(vouchers.map(\.lookup.digest))
    }
}

/// Writes new vouchers.
struct WriteVouchers: Statement {
    // One parameter is an array over the rows already, so the cities of a row are written as the text of an array.
    static let sql = """
        INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, held, status, person_id, key_id, lookup,
            last_four, issued_at, terms_id, order_id, valid_until, lapses_after, accepted_in)
        SELECT id, city, currency, value, balance, held, status, person, key_id, lookup, last_four, issued_at, terms, orders,
            valid_until, lapses_after, accepted_in::uuid[]
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::uuid[],
            $9::integer[], $10::bytea[], $11::text[], $12::timestamptz[], $13::uuid[], $14::uuid[], $15::date[],
            $16::date[], $17::text[])
            AS new (id, city, currency, value, balance, held, status, person, key_id, lookup, last_four, issued_at, terms,
                orders, valid_until, lapses_after, accepted_in)
        """
    var vouchers: [Voucher]

    func bind(_ parameters: inout Parameters) {
        parameters.add(vouchers.map(\.voucherId))
        parameters.add(vouchers.map(\.issuerCityId))
        parameters.add(vouchers.map(\.currency))
        parameters.add(vouchers.map(\.value))
        parameters.add(vouchers.map(\.balance))
        parameters.add(vouchers.map(\.held))
        parameters.add(vouchers.map(\.status.rawValue))
        parameters.add(vouchers.map(\.personId))
        parameters.add(vouchers.map { Int32($0.lookup.keyID) })
        parameters.add(vouchers.map(\.lookup.digest))
        parameters.add(vouchers.map(\.lastFour))
        parameters.add(vouchers.map(\.issuedAt.date))
        parameters.add(vouchers.map(\.termsId))
        parameters.add(vouchers.map(\.orderId))
        parameters.add(vouchers.map { $0.validUntil?.date })
        parameters.add(vouchers.map { $0.lapsesAfter?.date })
        parameters.add(vouchers.map { $0.acceptedIn.map { "{\($0.map(\.text).joined(separator: ","))}" } })
    }
}
