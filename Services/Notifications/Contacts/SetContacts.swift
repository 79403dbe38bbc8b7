import Contracts
import Messaging

/// Keeps how people can be reached, and tells them what has waited for that.
struct SetContacts: Handler {
    static let access: AccessRule<SetContact> = .administrators
    let newsroom: Newsroom

    func handle(_ batch: Batch<SetContact>, in transaction: inout MessageTransaction) async throws {
        var (book, waiting) = try await newsroom.openBook(of: batch.messages.map(\.personId), in: &transaction)
        for request in batch.messages {
            switch book.set(request.message) {
            case .kept(let version):
                transaction.answer(request, with: .init(personId: request.personId, version: version))
            case .refused:
                transaction.refuse(request, .invalid(["email": "is not an address"]))
            }
        }
        transaction.write(WriteContacts(book.changes))
        newsroom.render(waiting, for: book, in: &transaction)
    }
}

extension ContactBook {
    /// Sets the contact of a command; one in a language that nobody writes in is refused by the contract before.
    fileprivate mutating func set(_ command: SetContact) -> Outcome {
        let contact = Contact(
            email: command.email, name: command.name, language: Language(rawValue: command.language) ?? .de)
        return set(contact, of: command.personId)
    }
}
