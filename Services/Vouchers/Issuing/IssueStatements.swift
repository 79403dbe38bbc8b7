import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Locks issue ids against another command under the same id, and reads what was issued under them.
struct ReadIssues: Statement {
    struct Row: Sendable {
        var issueId: UUID
        var voucherId: UUID
        var issuerCityId: UUID
        var value: Money
        var personId: UUID?
        var programmeId: UUID?
        var validUntil: Day?
        var sealedCode: [UInt8]?
    }

    static let sql = """
        SELECT issue_id, voucher_id, issuer_city_id, value, voucher.currency, person_id, programme_id, valid_until,
            CASE WHEN code_until > clock_timestamp() THEN sealed_code END
        FROM issue JOIN voucher USING (voucher_id) LEFT JOIN terms USING (terms_id) WHERE issue_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            issueId: try columns.next(), voucherId: try columns.next(), issuerCityId: try columns.next(),
            value: Money(try columns.next(), try columns.next()), personId: try columns.next(),
            programmeId: try columns.next(), validUntil: try columns.next(CalendarDate?.self).map { Day($0) },
            sealedCode: try columns.next())
    }
}

/// Writes what was issued under which id, with the codes encrypted, for as long as the answer may be repeated.
struct WriteIssues: Statement {
    static let sql = """
        INSERT INTO issue (issue_id, voucher_id, sealed_code, code_until)
        SELECT id, voucher, code, $4 FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS new (id, voucher, code)
        """
    var ids: [UUID]
    var vouchers: [UUID]
    var sealedCodes: [[UInt8]]
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(vouchers)
        parameters.add(sealedCodes)
        parameters.add(until)
    }
}

/// Forgets codes that may not be shown any more.
struct ForgetCodes: Statement {
    static let sql = """
        UPDATE issue SET sealed_code = NULL WHERE issue_id IN (
            SELECT issue_id FROM issue WHERE sealed_code IS NOT NULL AND code_until <= clock_timestamp()
            ORDER BY issue_id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING 1::integer
        """

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
