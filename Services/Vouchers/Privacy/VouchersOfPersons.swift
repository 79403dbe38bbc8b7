import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// What is known of a person here: on which vouchers their opaque id stands, so that they are told what happens to them.
///
/// A voucher is a document of the books: the reference is kept for seven years from the end of the year of its issue, and
/// removed from older ones. The name behind it is gone with notifications' part.
struct VouchersOfPersons: PersonalData {
    static let legalBasis = "BAO § 132: seven years from the end of the year"

    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] {
        let (vouchers, benefits) = try await transaction.execute(
            ReadVouchersOfPerson(personId: personId), ReadBenefitsOfPerson(personId: personId))
        let categories = [PersonalCategory("vouchers", vouchers)]
        return benefits.isEmpty ? categories : categories + [PersonalCategory("benefits", benefits)]
    }

    /// None: a reference that a backup brings back is kept or removed by its age, not because of the backup.
    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID] { [] }

    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        let (unnamed, kept, forgotten, benefits) = try await transaction.execute(
            UnnameVouchers(personId: personId), CountKeptVouchers(personId: personId),
            ForgetBenefits(personId: personId), CountKeptBenefits(personId: personId))
        var findings = [PersonFinding("vouchers", Int64(unnamed.count), .erased)]
        if let kept = kept.first, kept.count > 0 {
            findings.append(
                PersonFinding(
                    "vouchers", kept.count, .kept, legalBasis: Self.legalBasis, until: kept.until.map { Timestamp($0) })
            )
        }
        if !forgotten.isEmpty { findings.append(PersonFinding("benefits", Int64(forgotten.count), .erased)) }
        if let kept = benefits.first, kept.count > 0 {
            findings.append(
                PersonFinding(
                    "benefits", kept.count, .kept, legalBasis: Self.legalBasis, until: kept.until.map { Timestamp($0) })
            )
        }
        return findings
    }
}

/// Reads the vouchers with a person's id, the oldest first.
struct ReadVouchersOfPerson: Statement {
    static let sql = """
        SELECT voucher_id, issuer_city_id, currency, value, balance, status, issued_at FROM voucher WHERE person_id = $1
        ORDER BY issued_at
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        [
            "voucherId": try columns.next(UUID.self).text, "issuerCityId": try columns.next(UUID.self).text,
            "currency": try columns.next(String.self), "value": "\(try columns.next(Int64.self))",
            "balance": "\(try columns.next(Int64.self))", "status": try columns.next(String.self),
            "issuedAt": Timestamp(try columns.next(Date.self)).description,
        ]
    }
}

/// When the books need a voucher no longer.
private enum Retention {
    static let until = "date_trunc('year', issued_at, 'UTC') + interval '8 years'"
}

/// Removes a person's id from vouchers that the books need no longer; returns a row for each.
struct UnnameVouchers: Statement {
    static let sql = """
        UPDATE voucher SET person_id = NULL WHERE person_id = $1 AND \(Retention.until) <= now() RETURNING 1::integer
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Counts the vouchers that keep a person's id, and reads until when the last of them does.
struct CountKeptVouchers: Statement {
    struct Row: Sendable {
        var count: Int64
        var until: Date?
    }

    static let sql = "SELECT count(*), max(\(Retention.until)) FROM voucher WHERE person_id = $1"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(count: try columns.next(), until: try columns.next())
    }
}
