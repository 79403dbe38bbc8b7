import Contracts
import FoundationEssentials
import Messaging

/// Turns occasions into notifications: rendered where the person's contact is known, kept as facts where it is not yet.
///
/// Everything happens under a lock on the person, so that an event and the contact which it needs cannot miss each other:
/// whichever comes second finds what the first has left.
struct Newsroom: Sendable {
    /// How people are reached today.
    static let channel = "mail-folder"

    let renderer: Renderer

    /// Remembers what people are to be told; what was remembered before is left as it is.
    func tell(
        _ occasions: [(Occasion, traceparent: String?)], at now: Date, in transaction: inout MessageTransaction
    ) async throws {
        guard !occasions.isEmpty else { return }
        let persons = sorted(occasions.map(\.0.personId))
        let (_, _, entries) = try await transaction.execute(
            AddPersons(personIds: persons), LockPersons(personIds: persons), ReadContacts(personIds: persons))
        let book = ContactBook(entries)
        var added = AddNotifications(channel: Newsroom.channel)
        for (occasion, traceparent) in occasions {
            let rendering = book.contact(of: occasion.personId).map {
                Rendering(occasion.template, occasion.facts, for: $0, by: renderer)
            }
            added.append(
                .version7(at: now), occasion, facts: [UInt8](try JSONEncoder().encode(occasion.facts)), traceparent,
                rendering)
        }
        transaction.write(added)
    }

    /// Locks people, and then reads their contacts and what waits for them.
    func openBook(
        of persons: [UUID], in transaction: inout MessageTransaction
    ) async throws -> (ContactBook, waiting: [ReadWaiting.Row]) {
        let persons = sorted(persons)
        let (_, _, entries, waiting) = try await transaction.execute(
            AddPersons(personIds: persons), LockPersons(personIds: persons), ReadContacts(personIds: persons),
            ReadWaiting(personIds: persons, channel: Newsroom.channel))
        return (ContactBook(entries), waiting)
    }

    /// Sorts ids, for two batches that lock people in different order deadlock.
    ///
    /// Text and bytes of an id have the same order.
    private func sorted(_ persons: [UUID]) -> [UUID] {
        Set(persons).sorted { $0 < $1 }
    }

    /// Renders what has waited for a contact that is there now.
    func render(
        _ waiting: [ReadWaiting.Row], for book: ContactBook, in transaction: inout MessageTransaction
    ) {
        var rendered = WriteRendered()
        for row in waiting {
            guard let contact = book.contact(of: row.personId) else { continue }
            // Facts that an older version wrote, and this one cannot read, show as missing in the text.
            let facts = (try? JSONDecoder().decode(Facts.self, from: Data(row.facts))) ?? [:]
            rendered.append(row.notificationId, Rendering(row.template, facts, for: contact, by: renderer))
        }
        if !rendered.isEmpty { transaction.write(rendered) }
    }
}

/// A text and whom it is for, as they are stored and sent.
struct Rendering: Sendable {
    var contact: Contact
    var text: RenderedText

    init(_ template: Template, _ facts: Facts, for contact: Contact, by renderer: Renderer) {
        self.contact = contact
        text = renderer.render(template, in: contact.language, for: contact.name, facts)
    }
}
