import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import notifications

@Suite struct TellingTests {
    @Test func everyEventBecomesItsText() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person, language: "en")
            let newsroom = stage.newsroom
            let issued = VoucherIssued(
                issueId: UUID(), voucherId: UUID(), issuerCityId: UUID(), value: Money(5_000, "EUR"), personId: person,
                issuedAt: Samples.evening)
            _ = try await stage.bench.run(TellVoucherIssued(newsroom: newsroom), [issued], user: "vouchers")
            let redeemed = Self.redeemed(by: person)
            _ = try await stage.bench.run(TellVoucherRedeemed(newsroom: newsroom), [redeemed], user: "vouchers")
            let facts = Stage.facts(person)
            _ = try await stage.bench.run(TellPersonWaitlisted(newsroom: newsroom), [.init(facts)], user: "events")
            _ = try await stage.bench.run(TellPersonPromoted(newsroom: newsroom), [.init(facts)], user: "events")
            _ = try await stage.bench.run(TellPersonRegistered(newsroom: newsroom), [.init(facts)], user: "events")
            let stored = try await stage.stored()
            #expect(stored.map(\.state) == Array(repeating: "rendered", count: 5))
            #expect(
                stored.map(\.template) == [
                    .voucherIssued, .voucherRedeemed, .eventWaitlisted, .eventPromoted, .eventRegistered,
                ])
            #expect(
                stored.map(\.subject) == [
                    "Your voucher for €50.00", "Paid with your voucher: €12.50",
                    "Waiting list: Pumpkin Festival & Market", "You have moved up: Pumpkin Festival & Market",
                    "Registration confirmed: Pumpkin Festival & Market",
                ])
        }
    }

    private static func redeemed(by person: UUID?, _ id: UUID = UUID()) -> VoucherRedeemed {
        VoucherRedeemed(
            redemptionId: id, voucherId: UUID(), issuerCityId: UUID(), merchantId: UUID(), cityId: UUID(),
            amount: Money(1_250, "EUR"), balance: Money(0, "EUR"), personId: person, redeemedAt: Samples.evening)
    }

    @Test func aBatchTellsEverybodyOnce() async throws {
        try await Stage.with { stage in
            let (ana, bea) = (UUID(), UUID())
            try await stage.setContact(ana)
            let same = UUID()
            // Another message about the same redemption, a repeat in the same batch, nobody, somebody unknown.
            let batch = [
                Self.redeemed(by: ana, same), Self.redeemed(by: ana, same), Self.redeemed(by: nil),
                Self.redeemed(by: bea), Self.redeemed(by: ana),
            ]
            let handler = TellVoucherRedeemed(newsroom: stage.newsroom)
            _ = try await stage.bench.run(handler, batch, user: "vouchers")
            _ = try await stage.bench.run(handler, [batch[0]], user: "vouchers")
            #expect(try await stage.stored().map(\.state) == ["rendered", "no-contact", "rendered"])
        }
    }

    @Test func nobodyIsToldOfABatchWithoutPersons() async throws {
        try await Stage.with { stage in
            let handler = TellVoucherRedeemed(newsroom: stage.newsroom)
            _ = try await stage.bench.run(handler, [Self.redeemed(by: nil)], user: "vouchers")
            #expect(try await stage.stored() == [])
        }
    }

    @Test func aContactThatComesLaterLosesNothing() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.register(person)
            try await stage.register(person)
            #expect(try await stage.stored().map(\.state) == ["no-contact", "no-contact"])
            #expect(try await stage.bench.run(stage.mails).outcome.events.isEmpty)
            try await stage.setContact(person, language: "hu")
            #expect(
                try await stage.stored().map { [$0.state, $0.language, $0.subject] }
                    == Array(
                        repeating: ["rendered", "hu", "Jelentkezését rögzítettük: Tökfesztivál és vásár"], count: 2))
            #expect(try await stage.bench.run(stage.mails).outcome.events(NotificationDelivered.self).count == 2)
            #expect(try stage.files().count == 2)
        }
    }

    @Test func aContactAndAnEventAtTheSameTimeMeetEachOther() async throws {
        try await Stage.with { stage in
            // Whichever comes first, no notification may be left waiting once both are done.
            for round in 0..<40 {
                let person = UUID()
                // Also where the person is known by id already.
                if round.isMultiple(of: 2) { try await stage.register(person) }
                async let contact: Void = stage.setContact(person)
                async let event: Void = stage.register(person)
                _ = try await (contact, event)
            }
            #expect(try await stage.stored().map(\.state) == Array(repeating: "rendered", count: 60))
        }
    }

    @Test func aTextStaysAsItWasRendered() async throws {
        try await Stage.with { stage in
            let person = UUID()
            try await stage.setContact(person, language: "de")
            try await stage.register(person)
            let before = try await stage.stored()
            try await stage.setContact(person, "Ana Zdaj", language: "sl")
            #expect(try await stage.stored() == before)
        }
    }

    @Test func setContactAnswersWithTheVersion() async throws {
        try await Stage.with { stage in
            let person = UUID()
            let handler = SetContacts(newsroom: stage.newsroom)
            var command = SetContact(personId: person, email: "a@b.example", name: "Ana", language: "sl")
            let first = try await stage.bench.run(handler, [command, command])
            #expect(try first.reply(0, to: SetContact.self) == .init(personId: person, version: 1))
            #expect(try first.reply(1, to: SetContact.self) == .init(personId: person, version: 1))
            #expect(try await stage.bench.run(handler, [command]).reply(to: SetContact.self).version == 1)
            command.language = "de"
            #expect(try await stage.bench.run(handler, [command]).reply(to: SetContact.self).version == 2)
            command.email = "a@-b.example"
            let refused = try await stage.bench.run(handler, [command])
            #expect(refused.problem() == .invalid(["email": "is not an address"]))
            #expect(refused.events.isEmpty)
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        let waiting = Occasion(template: .eventPromoted, occasionId: UUID(), personId: UUID(), facts: [:])
        var added = AddNotifications(channel: "x")
        added.append(UUID(), waiting, facts: [], nil, nil)
        let entry = ContactBook.Entry(
            personId: UUID(), version: 1, contact: Contact(email: "a@b.example", name: "Ana", language: .sl))
        try await withHandlerBench(Notifications.schema) { bench in
            let statements: [any Statement] = [
                AddPersons(personIds: []), LockPersons(personIds: []), ReadContacts(personIds: []),
                WriteContacts([entry]), added, ReadWaiting(personIds: [], channel: "x"), WriteRendered(),
                TakeRendered(max: 1), MarkDelivered(ids: []), MarkUndeliverable(ids: []),
            ]
            let mistakes = try await bench.mistakes(in: statements)
            #expect(mistakes == [])
        }
    }
}
