import Contracts
import FoundationEssentials

/// How a person can be reached.
struct Contact: Equatable, Sendable {
    var email: String
    var name: String
    var language: Language
}

/// The contacts of some people, locked, and what becomes of them.
struct ContactBook: Sendable {
    /// A person and the contact, if anybody has said one.
    struct Entry: Equatable, Sendable {
        var personId: UUID
        /// 0 without a contact; grows with each change.
        var version: Int64
        var contact: Contact?
    }

    /// How a contact was set.
    enum Outcome: Equatable, Sendable {
        /// The contact is as wished, in this version.
        case kept(version: Int64)
        /// The address is none.
        case refused
    }

    private var entries: [UUID: Entry]
    private var changed: Set<UUID> = []

    /// Opens the book at these people.
    init(_ entries: [Entry]) {
        self.entries = Dictionary(entries.map { ($0.personId, $0) }) { first, _ in first }
    }

    /// Those whose contact is another than before.
    var changes: [Entry] {
        changed.compactMap { entries[$0] }.sorted { $0.personId < $1.personId }
    }

    /// The contact of a person, if there is one.
    func contact(of person: UUID) -> Contact? {
        entries[person]?.contact
    }

    /// Sets a contact.
    ///
    /// The same content again is the same version.
    mutating func set(_ contact: Contact, of person: UUID) -> Outcome {
        guard MailAddress(name: contact.name, address: contact.email) != nil else { return .refused }
        var entry = entries[person] ?? Entry(personId: person, version: 0, contact: nil)
        if entry.contact != contact {
            entry.contact = contact
            entry.version += 1
            changed.insert(person)
        }
        entries[person] = entry
        return .kept(version: entry.version)
    }
}
