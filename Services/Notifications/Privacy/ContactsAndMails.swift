import Contracts
import FoundationEssentials
import Messaging
import Postgres
import ServiceKit

/// What is known of a person here: the contact, every text that was made for them, and the files of their mails.
struct ContactsAndMails: PersonalData {
    private let folder: DurableFolder

    /// - Parameter folder: Where mails are put.
    init(folder: String) {
        self.folder = DurableFolder(path: folder)
    }

    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] {
        let (contacts, notifications) = try await transaction.execute(
            ReadContactOfPerson(personId: personId), ReadNotificationsOfPerson(personId: personId))
        return [PersonalCategory("contact", contacts), PersonalCategory("notifications", notifications)]
    }

    /// The texts go first: a delivery that has some in hand is waited for, and then its files are there to be removed.
    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        let (notifications, contacts) = try await transaction.execute(
            EraseNotificationsOfPerson(personId: personId), EraseContactOfPerson(personId: personId))
        if !notifications.isEmpty { try await folder.remove(notifications.map { "\($0.text).eml" }) }
        return [
            PersonFinding("contact", Int64(contacts.count { $0 }), .erased),
            PersonFinding("notifications", Int64(notifications.count), .erased),
        ]
    }
}
