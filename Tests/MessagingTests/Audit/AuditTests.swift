import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// The audit in a real database: written with the event, sealed by a job, kept from change.
@Suite struct AuditTests {
    @Test func anAuditedEventLeavesARowWithItsCause() async throws {
        try await withAuditBench { bench in
            let commands = (0..<3).map { RegisterMerchant.named("\($0)") }
            let outcome = try await bench.run(SayMerchants(), commands, user: "office")
            let rows = try await bench.audit(of: CitiesService.self)
            #expect(rows.map(\.auditedId) == commands.map(\.merchantId))
            #expect(rows.map(\.bodyHash) == outcome.events.map { AuditHash(of: $0.body) })
            #expect(rows.allSatisfy { $0.eventType == "cities.merchant-registered.v1" && $0.version == 1 })
            #expect(rows.allSatisfy { $0.causeType == "cities.register-merchant.v1" && $0.causeId?.isEmpty == false })
            #expect(rows.allSatisfy { $0.person?.actor == "office" && $0.person?.reason == nil })
        }
    }

    @Test func whatTheServiceDoesByItselfHasNoActor() async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayByItself())
            let row = try #require(try await bench.audit(of: CitiesService.self).first)
            #expect(row.causeType == nil && row.causeId == nil && row.person?.actor == nil)
        }
    }

    @Test func whatIsSaidAgainLeavesNoRow() async throws {
        try await withAuditBench { bench in
            let request = Republish(requestId: UUID(), kind: .merchants)
            let outcome = try await bench.run(SayMerchantsAgain(), [request])
            #expect(outcome.events.count == 1)
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.isEmpty)
        }
    }

    @Test func whatIsUndoneLeavesNoRow() async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayByItself(), end: .undone)
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.isEmpty)
        }
    }

    @Test func thousandsOfRowsAreSealedByTwoAtOnceWhileTheyAreWritten() async throws {
        try await withAuditBench(connections: 4) { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        for round in 0..<8 {
                            let commands = (0..<250).map { RegisterMerchant.named("\(writer) \(round) \($0)") }
                            _ = try await bench.run(SayMerchants(), commands)
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<40 { _ = try await bench.run(SealAudit(service: .cities, max: 100)) }
                    }
                }
                try await group.waitForAll()
            }
            let rows = try await bench.audit(of: CitiesService.self)
            #expect(rows.count == 4_000)
            #expect(Set(rows.map(\.eventId)).count == 4_000)
        }
    }

    @Test func aRowThatIsCommittedLateIsSealedLateAndNotMissed() async throws {
        try await withAuditBench { bench in
            // Its id is made before the others' and committed after them.
            try await bench.database.withConnection { connection in
                var early = MessageTransaction(
                    on: connection, coder: BodyCoder(limits: MessagingLimits()), limits: MessagingLimits())
                try await early.begin()
                early.publish(MerchantRegistered.named("early"))
                _ = try await bench.run(SayMerchants(), [.named("late")])
                let sealed = try await bench.audit(of: CitiesService.self)
                #expect(sealed.count == 1)
                try await early.commit()
            }
            let rows = try await bench.audit(of: CitiesService.self)
            #expect(rows.count == 2)
            #expect(rows[1].eventId < rows[0].eventId)
        }
    }

    @Test func aSealerThatIsLostInTheMiddleLeavesAllToTheNext() async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayMerchants(), (0..<50).map { .named("\($0)") })
            _ = try await bench.run(SealAudit(service: .cities, max: 20))
            _ = try await bench.run(SealAudit(service: .cities, max: 20), end: .undone)
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.count == 50)
        }
    }

    @Test func whileOneSealsTheOtherPasses() async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayMerchants(), [.named("a")])
            try await bench.database.withConnection { connection in
                var sealing = MessageTransaction(
                    on: connection, coder: BodyCoder(limits: MessagingLimits()), limits: MessagingLimits())
                try await sealing.begin()
                _ = try await SealAudit(service: .cities, max: 10).run(in: &sealing)
                let other = try await bench.run(SealAudit(service: .cities, max: 10))
                #expect(!other.hasMore)
                try await sealing.commit()
            }
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.count == 1)
        }
    }

    // MARK: Change

    @Test(arguments: [
        "UPDATE audit SET event_type = 'x'", "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET place = place + 100", "UPDATE audit SET hash = body_hash", "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit SET reason = 'x', salt = NULL, actor = NULL",
        """
        INSERT INTO audit (event_id, event_type, audited_id, at, body_hash, person_hash, place, hash)
        VALUES (gen_random_uuid(), '', gen_random_uuid(), now(), '', '', 9, '')
        """,
    ])
    func noRowIsChanged(_ sql: String) async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayMerchants(), [.named("a"), .named("b")])
            let before = try await bench.audit(of: CitiesService.self)
            await #expect(throws: PostgresError.self) { try await script(sql, bench) }
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed == before)
        }
    }

    /// What somebody does who owns the database, and the row at which it is found.
    @Test(arguments: [
        ("UPDATE audit SET event_type = 'x' WHERE place = 3", 3), ("DELETE FROM audit WHERE place = 4", 4),
        ("UPDATE audit SET at = at + interval '1 ms' WHERE place = 2", 2),
        ("UPDATE audit SET actor = 'somebody else' WHERE place = 5", 5),
        ("UPDATE audit SET body_hash = '\\x00' WHERE place = 1", 1),
        (
            "UPDATE audit SET place = -place WHERE place IN (2, 3); UPDATE audit SET place = 5 + place WHERE place < 0",
            2
        ),
        ("DELETE FROM audit WHERE place > 4", 5),
    ])
    func whateverTheOwnerOfTheDatabaseChangesIsFound(_ sql: String, _ place: Int) async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayMerchants(), (0..<6).map { .named("\($0)") })
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.count == 6)
            try await script("ALTER TABLE audit DISABLE TRIGGER USER", bench)
            try await script(sql, bench)
            do {
                _ = try await bench.audit(of: CitiesService.self)
                Issue.record("it was not found")
            } catch let fault as AuditCheck.Fault {
                #expect(fault.place == Int64(place))
            }
        }
    }

    @Test func thePersonalPartIsErasedAndTheChainStaysWhole() async throws {
        try await withAuditBench { bench in
            _ = try await bench.run(SayMerchants(), (0..<4).map { .named("\($0)") })
            let sealed = try await bench.audit(of: CitiesService.self)
            #expect(sealed.count == 4)
            _ = try await bench.run(SayMerchants(), [.named("unsealed")])
            let erasing = "UPDATE audit SET salt = NULL, actor = NULL, reason = NULL, person_id = NULL"
            try await script("\(erasing) WHERE place = 2 OR place IS NULL", bench)
            let rows = try await bench.audit(of: CitiesService.self)
            #expect(rows.map { $0.person == nil } == [false, true, false, false, true])
        }
    }

    @Test func aPageEndsWhereItIsFullAndGoesOn() async throws {
        try await withAuditBench { bench in
            let merchant = RegisterMerchant.named("twice")
            _ = try await bench.run(SayMerchants(), [merchant, .named("once"), merchant])
            let all = try await bench.audit(of: CitiesService.self)
            let handler = ListAuditedEvents<CitiesService>(limits: MessagingLimits())
            let first = try await bench.ask(handler, FindAudit(limit: 2))
            #expect(first.entries == Array(all.prefix(2)) && first.next == 2 && first.head.length == 3)
            let second = try await bench.ask(handler, FindAudit(limit: 2, after: first.next))
            #expect(second.entries == Array(all.suffix(1)) && second.next == nil)
            let about = try await bench.ask(handler, FindAudit(auditedId: merchant.merchantId))
            #expect(about.entries.map(\.place) == [1, 3])
        }
    }
}

private func script(_ sql: String, _ bench: HandlerBench) async throws {
    let connection = try await Connection.connect(to: bench.address, name: "test")
    do {
        try await connection.runScript(sql)
        await connection.close()
    } catch {
        await connection.close()
        throw error
    }
}

private func withAuditBench(connections: Int = 3, _ body: (HandlerBench) async throws -> Void) async throws {
    let none = MigrationSet(name: "none", version: 0, minCompatible: 0, migrations: [])
    try await withHandlerBench(none, connections: connections, body)
}

extension RegisterMerchant {
    fileprivate static func named(_ name: String) -> Self {
        RegisterMerchant(merchantId: .version7(), cityId: UUID(), name: name)
    }
}

extension MerchantRegistered {
    fileprivate static func named(_ name: String) -> Self {
        MerchantRegistered(merchantId: .version7(), cityId: UUID(), name: name, version: 1)
    }
}

/// Says that each merchant is registered.
private struct SayMerchants: Handler {
    static let access = AccessRule<RegisterMerchant>.everyone

    func handle(_ batch: Batch<RegisterMerchant>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            let event = MerchantRegistered(
                merchantId: request.merchantId, cityId: request.cityId, name: request.name, version: 1)
            transaction.publish(event, because: request)
        }
    }
}

/// Says a merchant again.
private struct SayMerchantsAgain: Handler {
    static let access = AccessRule<Republish>.everyone

    func handle(_ batch: Batch<Republish>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages { transaction.publish(MerchantRegistered.named("again"), because: request) }
    }
}

/// Says a merchant that nobody asked for.
private struct SayByItself: BackgroundJob {
    static let name = "say-by-itself"

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        transaction.publish(MerchantRegistered.named("by itself"))
        return false
    }
}
