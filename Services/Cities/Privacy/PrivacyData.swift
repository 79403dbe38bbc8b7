import Contracts
import FoundationEssentials
import Messaging

/// What is known of a person here: the requests that were made about them, and what was given out for these.
///
/// The rows of requests stay after an erasure, as the proof that it was done; whom they were for is a keyed hash in them.
struct PrivacyData: PersonalData {
    let seal: Seal

    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] {
        let requests = try await transaction.execute(ReadRequestsOfPerson(personKeys: seal.personKeys(personId)))
        return [PersonalCategory("privacy-requests", requests)]
    }

    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        let keys = seal.personKeys(personId)
        let (exports, requests) = try await transaction.execute(
            EraseExports(personKeys: keys), ReadRequestsOfPerson(personKeys: keys))
        transaction.write(UnnameExportRequests(personKeys: keys))
        return [
            PersonFinding("given-out", Int64(exports.count), .erased),
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
