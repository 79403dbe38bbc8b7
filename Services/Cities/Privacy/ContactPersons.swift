import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// The merchants that name a person as the one to speak to.
///
/// After an erasure they name nobody: each is revised as if an editor had done it, so that every copy of it hears of a new
/// version and the audit has a row.
struct ContactPersons: Sendable {
    /// Merchants that are revised together.
    static let pageMax = 500

    let accounts: BankAccounts

    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> PersonalCategory {
        PersonalCategory("merchants", try await transaction.execute(ReadMerchantsOfContact(personId: personId)))
    }

    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID] {
        try await transaction.execute(ListContactPersons(after: last, max: max))
    }

    /// No merchant gets this person as its contact before the transaction ends: who says so is a ``PersonalMessage`` or
    /// asks for the tombstones.
    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> PersonFinding {
        var count = 0
        var last: UUID?
        repeat {
            let ids = try await transaction.execute(
                LockMerchantsOfContact(personId: personId, after: last, max: Self.pageMax))
            let known = try await transaction.execute(ReadMerchants(ids: ids))
            var merchants = MerchantDecisions(accounts: accounts, known: known)
            for merchant in merchants.unname(personId) {
                transaction.publish(merchant.event, because: cause)
                count += 1
            }
            transaction.write(merchants)
            last = ids.count == Self.pageMax ? ids.last : nil
        } while last != nil
        return PersonFinding("merchants", Int64(count), .erased)
    }
}

/// Reads the merchants that name a person, as they are given out.
struct ReadMerchantsOfContact: Statement {
    static let sql = """
        SELECT merchant_id, city_id, name FROM merchant WHERE contact_person_id = $1 ORDER BY merchant_id
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        [
            "merchantId": try columns.next(UUID.self).text, "cityId": try columns.next(UUID.self).text,
            "name": try columns.next(String.self),
        ]
    }
}

/// Locks the merchants that name a person against other changes, page by page, and returns their ids.
struct LockMerchantsOfContact: Statement {
    static let sql = """
        SELECT merchant_id FROM merchant WHERE contact_person_id = $1 AND ($2::uuid IS NULL OR merchant_id > $2)
        ORDER BY merchant_id LIMIT $3 FOR UPDATE
        """
    var personId: UUID
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Lists the persons whom merchants name, in the order of their ids.
struct ListContactPersons: Statement {
    static let sql = """
        SELECT DISTINCT contact_person_id FROM merchant
        WHERE contact_person_id IS NOT NULL AND ($1::uuid IS NULL OR contact_person_id > $1)
        ORDER BY contact_person_id LIMIT $2
        """
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}
