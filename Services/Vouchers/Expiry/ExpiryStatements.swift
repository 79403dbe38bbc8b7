import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Locks vouchers whose printed validity is over, those first that ended first; passes over what others have in hand.
struct TakeExpired: Statement {
    static let sql = """
        SELECT voucher_id FROM voucher WHERE status = 'active' AND valid_until < $1 ORDER BY valid_until LIMIT $2
        FOR UPDATE SKIP LOCKED
        """
    var day: Day
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(day.date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Locks vouchers past their limitation of which nothing is held, those first that ended first; passes over what others have in
/// hand.
struct TakeLapsed: Statement {
    static let sql = """
        SELECT voucher_id FROM voucher WHERE NOT lapsed AND lapses_after < $1 AND held = 0 ORDER BY lapses_after LIMIT $2
        FOR UPDATE SKIP LOCKED
        """
    var day: Day
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(day.date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Notes that what was left of vouchers has been booked away.
struct MarkLapsed: Statement {
    static let sql = "UPDATE voucher SET lapsed = true WHERE voucher_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Reads the terms of the vouchers with these lookups.
struct ReadTermsOfVouchers: Statement {
    static let sql = """
        SELECT \(TermsColumns.names) FROM terms JOIN programme USING (programme_id)
        WHERE terms_id IN (SELECT voucher.terms_id FROM voucher WHERE lookup = ANY ($1))
        """
    var lookups: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(lookups)
    }

    static func row(_ columns: inout Columns) throws -> Terms {
        try columns.terms()
    }
}

/// Reads what was exchanged under these ids, with the code as long as it may be shown.
struct ReadExchanges: Statement {
    struct Row: Sendable {
        var exchangeId: UUID
        var voucherId: UUID
        var newVoucherId: UUID
        var issuerCityId: UUID
        var value: Money
        var validUntil: Day?
        var sealedCode: [UInt8]?
    }

    static let sql = """
        SELECT exchange_id, exchange.voucher_id, new_voucher_id, issuer_city_id, value, currency, valid_until,
            CASE WHEN code_until > clock_timestamp() THEN sealed_code END
        FROM exchange JOIN voucher ON voucher.voucher_id = new_voucher_id WHERE exchange_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            exchangeId: try columns.next(), voucherId: try columns.next(), newVoucherId: try columns.next(),
            issuerCityId: try columns.next(), value: Money(try columns.next(), try columns.next()),
            validUntil: try columns.next(CalendarDate?.self).map { Day($0) }, sealedCode: try columns.next())
    }
}

/// Writes what was exchanged under which id, with the codes encrypted, for as long as the answer may be repeated.
struct WriteExchanges: Statement {
    static let sql = """
        INSERT INTO exchange (exchange_id, voucher_id, new_voucher_id, amount, sealed_code, code_until, exchanged_at)
        SELECT *, $6, $7 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[])
        """
    var exchanges: [ExchangedVoucher]
    var sealedCodes: [[UInt8]]
    var until: Date
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(exchanges.map(\.exchangeId))
        parameters.add(exchanges.map(\.old.voucherId))
        parameters.add(exchanges.map(\.new.voucherId))
        parameters.add(exchanges.map(\.value.amount))
        parameters.add(sealedCodes)
        parameters.add(until)
        parameters.add(now)
    }
}

/// Forgets codes that may not be shown any more.
struct ForgetExchangeCodes: Statement {
    static let sql = """
        UPDATE exchange SET sealed_code = NULL WHERE exchange_id IN (
            SELECT exchange_id FROM exchange WHERE sealed_code IS NOT NULL AND code_until <= clock_timestamp()
            ORDER BY exchange_id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        """
}
