import FoundationEssentials
import Testing

@testable import notifications

@Suite struct ContactBookTests {
    private let person = UUID()
    private let ana = Contact(email: "ana@posta.example", name: "Ana", language: .sl)

    @Test func theVersionGrowsWithEachChangeOnly() {
        var book = ContactBook([])
        #expect(book.set(ana, of: person) == .kept(version: 1))
        #expect(book.set(ana, of: person) == .kept(version: 1))
        var moved = ana
        moved.email = "ana@drugje.example"
        #expect(book.set(moved, of: person) == .kept(version: 2))
        #expect(book.set(ana, of: person) == .kept(version: 3))
        #expect(book.changes == [.init(personId: person, version: 3, contact: ana)])
        #expect(book.contact(of: person) == ana)
    }

    @Test func whatIsThereAlreadyIsNoChange() {
        var book = ContactBook([.init(personId: person, version: 7, contact: ana)])
        #expect(book.set(ana, of: person) == .kept(version: 7))
        #expect(book.changes == [])
    }

    @Test func anAddressThatIsNoneChangesNothing() {
        var book = ContactBook([.init(personId: person, version: 7, contact: ana)])
        var wrong = ana
        wrong.email = "ana@posta..example"
        #expect(book.set(wrong, of: person) == .refused)
        #expect(book.changes == [])
        #expect(book.contact(of: person) == ana)
    }

    @Test func somebodyKnownByIdOnlyHasNoContact() {
        #expect(ContactBook([.init(personId: person, version: 0, contact: nil)]).contact(of: person) == nil)
        #expect(ContactBook([]).contact(of: person) == nil)
    }
}
