import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// Who is erased stays erased, whatever comes later and whatever was stored before.
@Suite(.timeLimit(.minutes(1))) struct PrivacyTests {
    @Test func aLateMessageDoesNotBringAnErasedPersonBack() async throws {
        try await withServiceAndClient { service, client in
            let (ana, other) = (UUID(), UUID())
            try await service.running {
                _ = try await client.requester.call(issue(about: ana))
                let erasure = ErasePerson<VouchersService>(requestId: UUID(), personId: ana)
                _ = try await client.requester.call(erasure)
                let late = issue(about: ana)
                let id = UUID.version7()
                #expect(try await problem(of: client, late, id: id).code == "person-erased")
                // A repeat hears the same; others, and messages about nobody, are handled as before, in one batch with it.
                #expect(try await problem(of: client, late, id: id).code == "person-erased")
                try await client.send([issue(about: ana), issue(about: other), issue(), issue(about: ana)])
                try await service.waitForEffects(3)
                // Said again, the erasure finds nothing and is no error.
                _ = try await client.requester.call(erasure)
            }
            #expect(try await service.effects() == 3)
            let open = try await service.failures()
            #expect(open.isEmpty)
        }
    }

    @Test func aParkedMessageIsErasedWithItsPerson() async throws {
        try await withServiceAndClient { service, client in
            service.switches.isBroken = true
            var limits = MessagingLimits.quick
            limits.retryDelays = [.seconds(600)]
            let (ana, other) = (UUID(), UUID())
            let gone = issue(Amount.broken, about: ana)
            let kept = issue(Amount.broken, about: other)
            try await client.send([gone, kept])
            try await service.running(limits) {
                try await eventually("both are parked") { try await service.failures().count == 2 }
                let export = ExportPerson<VouchersService>(requestId: UUID(), personId: ana)
                let given = try await client.requester.call(export)
                #expect(given.findings == [PersonFinding("stored-messages", 1, .found)])
                #expect(given.data?.revealed.contains(gone.issueId.text) == true)
                let erased = try await client.requester.call(
                    ErasePerson<VouchersService>(requestId: UUID(), personId: ana))
                #expect(erased.findings == [PersonFinding("stored-messages", 1, .erased)])
                let left = try await service.failures()
                #expect(left.map(\.messageId) == [kept.issueId.text])
            }
        }
    }

    @Test func aMessageThatWaitsForItsTimeIsErasedWithItsPerson() async throws {
        let none = MigrationSet(name: "none", version: 0, minCompatible: 0, migrations: [])
        try await withHandlerBench(none) { bench in
            let (ana, other) = (UUID(), UUID())
            let records = [issue(about: ana), issue(about: other), issue()].map { command in
                OutgoingRecord(
                    id: .version7(), exchange: .commands, type: IssueVoucher.type.description,
                    body: (try? JSONEncoder.stable(command)) ?? [], hasSecret: false, time: Date())
            }
            let rows = try StoredRecords(records, HandlerBench.seal)
            let due = records.map { _ in Date().addingTimeInterval(3_600) }
            _ = try await bench.database.execute(WriteSchedule(rows: rows, due: due))
            let (findings, _) = try await bench.erase(ana, of: VouchersService.self, from: NoPersonalData())
            #expect(findings == [PersonFinding("stored-messages", 1, .erased)])
            let left = try await bench.database.execute(
                ReadPersonalSchedule(types: [IssueVoucher.type.description], after: records[0].id, max: 10))
            #expect(left.map(\.id) == [records[1].id, records[2].id])
        }
    }

    @Test func anErasureWaitsForWhatIsBegunAndKeepsTheNextAway() async throws {
        let none = MigrationSet(name: "none", version: 0, minCompatible: 0, migrations: [])
        try await withHandlerBench(none, connections: 3) { bench in
            let ana = UUID()
            let persons = try #require(ErasedPersons([issue(about: ana)], HandlerBench.seal))
            try await bench.database.withConnection { connection in
                var begun = Transaction(on: connection)
                let (_, before) = try await begun.execute(persons.hold, persons.tombstones)
                #expect(persons.places(before).isEmpty)
                // The erasure runs into its lock's time-out while the batch is at work.
                await #expect(throws: PostgresError.self) {
                    try await bench.erase(ana, of: VouchersService.self, from: NoPersonalData())
                }
                try await begun.commit()
            }
            _ = try await bench.erase(ana, of: VouchersService.self, from: NoPersonalData())
            let (_, after) = try await bench.database.execute(persons.hold, persons.tombstones)
            #expect(persons.places(after) == [0])
        }
    }

    @Test func aTombstoneOfAnEarlierKeyIsFound() throws {
        let ana = UUID()
        let old = Seal(keys: [("a", [UInt8](repeating: 1, count: 32))])
        let rotated = Seal(keys: [
            ("b", [UInt8](repeating: 2, count: 32)), ("a", [UInt8](repeating: 1, count: 32)),
        ])
        #expect(rotated.personKeys(ana).contains(PersonKeys(ana, old).newest))
        #expect(PersonKeys(ana, rotated).newest != PersonKeys(ana, old).newest)
        #expect(rotated.personKeys(UUID()) != rotated.personKeys(ana))
    }

    @Test func whatIsTooMuchForAMessageIsLeftOutAndCounted() throws {
        let records = (0..<100).map { ["number": "\($0)", "text": String(repeating: "x", count: 1_000)] }
        let report = try PersonalReport([PersonalCategory("texts", records)], bytesMax: 10_000)
        #expect(report.findings.first == PersonFinding("texts", 100, .found))
        #expect(report.findings.last?.category == "left-out")
        let data = try #require(report.data)
        #expect(data.revealed.utf8.count < 12_000)
        let nothing = try PersonalReport([PersonalCategory("texts", [])], bytesMax: 10_000)
        #expect(nothing.findings.isEmpty && nothing.data == nil)
    }
}

private func issue(_ amount: Int64 = Amount.plain, about person: UUID) -> IssueVoucher {
    var command = issue(amount)
    command.personId = person
    return command
}
