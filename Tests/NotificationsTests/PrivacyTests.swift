import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import notifications

/// Export and erasure of a person.
@Suite struct PrivacyTests {
    @Test func everythingThatIsKnownIsGivenOutAndErasedWithItsFiles() async throws {
        try await Stage.with { stage in
            let (ana, other) = (UUID(), UUID())
            for person in [ana, other] {
                try await stage.setContact(person)
                try await stage.register(person)
                try await stage.register(person)
            }
            _ = try await stage.bench.run(stage.mails)
            // One is made and not delivered yet.
            try await stage.register(ana)
            let data = ContactsAndMails(folder: stage.folder.path)
            let given = try await stage.bench.export(ana, of: NotificationsService.self, from: data)
            #expect(given.findings.map { "\($0.category) \($0.count)" } == ["contact 1", "notifications 3"])
            #expect(given.records["contact"]?.first?["name"] == "Ana Novak")
            #expect(given.records["notifications"]?.allSatisfy { $0["body"]?.isEmpty == false } == true)

            let before = try stage.files()
            #expect(before.count == 4)
            let erased = try await stage.bench.erase(ana, of: NotificationsService.self, from: data)
            #expect(erased.findings.map { "\($0.category) \($0.count)" } == ["contact 1", "notifications 3"])
            #expect(try stage.files().count == 2)
            let left = try await stage.stored()
            #expect(left.count == 2)
            // The other person's are untouched, and there is nothing more to be had.
            let again = try await stage.bench.export(ana, of: NotificationsService.self, from: data)
            #expect(again.findings.isEmpty && again.records.isEmpty)
            let others = try await stage.bench.export(other, of: NotificationsService.self, from: data)
            #expect(others.findings.map(\.count) == [1, 2])
        }
    }

    @Test func anErasureThatIsLostAfterTheFilesIsRepeated() async throws {
        try await Stage.with { stage in
            let ana = UUID()
            try await stage.setContact(ana)
            try await stage.register(ana)
            _ = try await stage.bench.run(stage.mails)
            for name in try stage.files().keys {
                try FileManager.default.removeItem(at: stage.folder.appending(path: name))
            }
            let data = ContactsAndMails(folder: stage.folder.path)
            let erased = try await stage.bench.erase(ana, of: NotificationsService.self, from: data)
            #expect(erased.findings.map(\.count) == [1, 1])
            let twice = try await stage.bench.erase(ana, of: NotificationsService.self, from: data)
            #expect(twice.findings.isEmpty)
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        let id = UUID()
        let statements: [any Statement] = [
            ReadContactOfPerson(personId: id), ReadNotificationsOfPerson(personId: id),
            EraseNotificationsOfPerson(personId: id), EraseContactOfPerson(personId: id),
        ]
        let mistakes = try await withHandlerBench(Notifications.schema) { try await $0.mistakes(in: statements) }
        #expect(mistakes.isEmpty, "\(mistakes)")
    }
}
