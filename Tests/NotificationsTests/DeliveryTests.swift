import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import notifications

@Suite struct DeliveryTests {
    @Test func whatIsDeliveredIsSaidAndIsAFile() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person, "Žiga Češnjevar")
            try await stage.register(person)
            let (hasMore, outcome) = try await stage.bench.run(stage.mails)
            #expect(!hasMore)
            let event = try #require(try outcome.events(NotificationDelivered.self).first)
            #expect(event.personId == person)
            #expect(event.template == "event-registered")
            #expect(event.language == "sl")
            #expect(event.channel == "mail-folder")
            let files = try stage.files()
            let bytes = try #require(files["\(event.notificationId.uuidString.lowercased()).eml"])
            let mail = try MailReader(bytes)
            #expect(try MailReader.encodedWords(mail["To"] ?? "") == "Žiga Češnjevar <ana@posta.example>")
            #expect(mail.body.hasPrefix("Pozdravljeni, Žiga Češnjevar!\n\nVaša prijava je potrjena.\n"))
            #expect(try await stage.stored().map(\.state) == ["delivered"])
            // Nobody is told twice.
            #expect(try await stage.bench.run(stage.mails).outcome.events.isEmpty)
        }
    }

    @Test func aCrashBetweenFileAndCommitWritesTheSameFileAgain() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person)
            try await stage.register(person)
            _ = try await stage.bench.run(stage.mails, end: .undone)
            let before = try stage.files()
            #expect(before.count == 1)
            #expect(try await stage.stored().map(\.state) == ["rendered"])
            // The contact may change meanwhile: what was rendered is what is sent.
            try await stage.setContact(person, "Somebody Else", language: "de")
            let outcome = try await stage.bench.run(stage.mails).outcome
            #expect(try outcome.events(NotificationDelivered.self).count == 1)
            #expect(try stage.files() == before)
        }
    }

    @Test func anotherWorkerPassesOverWhatOneHasInHand() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person)
            try await stage.register(person)
            try await stage.register(person)
            try await stage.bench.database.withTransaction { transaction in
                let held = try await transaction.execute(TakeRendered(max: 1))
                let others = try await stage.bench.run(stage.mails).outcome.events(NotificationDelivered.self)
                #expect(others.count == 1)
                #expect(others.first?.notificationId != held.first?.notificationId)
            }
            #expect(try await stage.stored().map(\.state).sorted() == ["delivered", "rendered"])
        }
    }

    @Test func twoWorkersAtOnceDeliverEachOnce() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person)
            let events = (0..<300).map { _ in PersonRegistered(Stage.facts(person)) }
            _ = try await stage.bench.run(TellPersonRegistered(newsroom: stage.newsroom), events, user: "events")
            async let one = Self.deliverAll(stage)
            async let other = Self.deliverAll(stage)
            let delivered = try await one + other
            #expect(delivered.count == 300)
            #expect(Set(delivered.map(\.notificationId)).count == 300)
            let names = delivered.map { "\($0.notificationId.uuidString.lowercased()).eml" }
            #expect(Set(try stage.files().keys) == Set(names))
        }
    }

    private static func deliverAll(_ stage: Stage) async throws -> [NotificationDelivered] {
        var delivered: [NotificationDelivered] = []
        while true {
            let (hasMore, outcome) = try await stage.bench.run(stage.mails)
            delivered += try outcome.events(NotificationDelivered.self)
            if !hasMore { return delivered }
        }
    }

    @Test func aFolderThatIsGoneLosesNothing() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person)
            try await stage.register(person)
            try FileManager.default.removeItem(at: stage.folder)
            await #expect(throws: (any Error).self) { try await stage.bench.run(stage.mails) }
            #expect(try await stage.stored().map(\.state) == ["rendered"])
            try FileManager.default.createDirectory(at: stage.folder, withIntermediateDirectories: true)
            _ = try await stage.bench.run(stage.mails)
            #expect(try stage.files().count == 1)
        }
    }

    @Test func anAddressThatIsNoneHoldsUpNobody() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person)
            try await stage.register(person)
            _ = try await stage.bench.database.execute(BreakAddresses())
            try await stage.register(person)
            let outcome = try await stage.bench.run(stage.mails).outcome
            #expect(try outcome.events(NotificationDelivered.self).count == 1)
            #expect(try await stage.stored().map(\.state) == ["undeliverable", "delivered"])
        }
    }

    @Test func textsAreForgottenInTimeAndNobodyIsToldTwice() async throws {
        try await Stage.with { stage in
            let (person, registration) = (UUID(), UUID())
            try await stage.setContact(person)
            try await stage.register(person, registration)
            _ = try await stage.bench.run(stage.mails)
            try await stage.register(person)
            _ = try await stage.bench.database.execute(AgeTexts())
            #expect(try await !stage.bench.run(ForgetTexts(retention: .seconds(2 * 86_400))).hasMore)
            #expect(try await stage.stored().allSatisfy { $0.subject?.isEmpty == false }, "not yet")
            _ = try await stage.bench.run(ForgetTexts(retention: .seconds(86_400)))
            let stored = try await stage.stored()
            #expect(stored.map(\.state) == ["delivered", "rendered"])
            #expect(stored[0].subject?.isEmpty == true)
            #expect(stored[1].subject?.isEmpty == false, "it is still to be sent")
            try await stage.register(person, registration)
            #expect(try await stage.stored() == stored)
        }
    }

    private struct AgeTexts: Statement {
        static let sql = "UPDATE notification SET rendered_at = rendered_at - interval '30 hours'"
    }

    private struct BreakAddresses: Statement {
        static let sql = "UPDATE notification SET recipient_email = 'nobody'"
    }
}
