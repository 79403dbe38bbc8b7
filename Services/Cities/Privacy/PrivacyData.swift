import Contracts
import FoundationEssentials
import Messaging

/// What is known of a person here: the merchants that name them as the one to speak to, the requests that were made about
/// them, and what was given out for these.
///
/// The rows of requests stay after an erasure, as the proof that it was done; whom they were for is a keyed hash in them.
struct PrivacyData: PersonalData {
    let seal: Seal
    let contacts: ContactPersons

    init(seal: Seal, accounts: BankAccounts) {
        self.seal = seal
        contacts = ContactPersons(accounts: accounts)
    }

    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] {
        let merchants = try await contacts.export(personId, in: &transaction)
        let requests = try await transaction.execute(ReadRequestsOfPerson(personKeys: seal.personKeys(personId)))
        return [merchants, PersonalCategory("privacy-requests", requests)]
    }

    /// Those whom merchants name: requests know nobody by an id in the clear, and what was given out is gone after thirty
    /// days in a backup as well.
    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID] {
        try await contacts.persons(after: last, max: max, in: &transaction)
    }

    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        let merchants = try await contacts.erase(personId, because: cause, in: &transaction)
        let keys = seal.personKeys(personId)
        let (exports, requests) = try await transaction.execute(
            EraseExports(personKeys: keys), ReadRequestsOfPerson(personKeys: keys))
        transaction.write(UnnameExportRequests(personKeys: keys))
        return [
            merchants, PersonFinding("given-out", Int64(exports.count), .erased),
            PersonFinding(
                "privacy-requests", Int64(requests.count), .kept, legalBasis: "GDPR art. 5 (2): proof of the erasure"),
        ]
    }
}

/// Forgets what was given out thirty days ago.
struct ForgetOldExports: BackgroundJob {
    static let name = "forget-old-exports"
    static let isWokenByCommits = false

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        transaction.write(ForgetExports())
        return false
    }
}
