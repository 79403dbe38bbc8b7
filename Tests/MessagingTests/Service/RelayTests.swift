import Contracts
import FoundationEssentials
import Logging
import ManagementAPI
import Postgres
import Synchronization
import TestKit
import Testing

@testable import AMQP
@testable import Messaging

/// A broker that takes what the test lets it take.
private final class FakePublisher: MessagePublishing {
    let taken = Mutex<[String]>([])
    private let verdict: @Sendable (OutgoingMessage) -> AMQP.Confirmation

    init(_ verdict: @escaping @Sendable (OutgoingMessage) -> AMQP.Confirmation = { _ in .confirmed }) {
        self.verdict = verdict
    }

    func publish(_ messages: [OutgoingMessage]) async -> [AMQP.Confirmation] {
        messages.map { message in
            let verdict = verdict(message)
            if verdict == .confirmed { taken.withLock { $0.append(message.properties.messageID ?? "") } }
            return verdict
        }
    }

    var count: Int { taken.withLock { $0.count } }
}

/// A broker that confirms when it is told to.
private final class GatedPublisher: MessagePublishing {
    private let gate: Wakeup
    private let taken = Atomic(0)

    init(gate: Wakeup) { self.gate = gate }

    var count: Int { taken.load(ordering: .acquiring) }

    func publish(_ messages: [OutgoingMessage]) async -> [AMQP.Confirmation] {
        let seen = gate.count
        taken.add(messages.count, ordering: .releasing)
        await gate.wait(beyond: seen)
        return messages.map { _ in .confirmed }
    }
}

/// How many messages wait to be sent, and how many for their time.
struct CountOutbox: Statement {
    static let sql = "SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM schedule)"

    static func row(_ columns: inout Columns) throws -> (Int64, Int64) { (try columns.next(), try columns.next()) }
}

private struct BreakSessions: Statement {
    static let sql = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE $1
        """
    var name: String

    func bind(_ parameters: inout Parameters) { parameters.add(name) }

    static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
}

/// The relay between the outbox and the broker.
@Suite(.timeLimit(.minutes(1))) struct RelayTests {
    private let seal = TestService.seal

    private func records(_ count: Int, type: String = "vouchers.issued.v1") -> [OutgoingRecord] {
        (0..<count).map { _ in
            OutgoingRecord(
                id: .version7(), exchange: .events, type: type, body: Array("{}".utf8), hasSecret: false, time: Date())
        }
    }

    private func withRelay(
        _ publisher: FakePublisher, _ limits: MessagingLimits = .quick,
        filled rows: [OutgoingRecord] = [], keys: Seal? = nil,
        _ body: (OutboxRelay, Connection) async throws -> Void
    ) async throws {
        try await withScratchDatabase(migrations: [MessagingSchema.migrations]) { address in
            let connection = try await Connection.connect(to: address, name: "test")
            // Rows of an instance that is gone.
            let dead: [Int64] = try await connection.execute(NextOwner())
            _ = try await connection.execute(
                WriteOutbox(owner: dead[0], isInMemory: true, rows: try StoredRecords(rows.shuffled(), keys ?? seal)))
            let relay = OutboxRelay(
                source: .vouchers, publisher: publisher, seal: seal, limits: limits,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { try await Connection.connect(to: address, name: "relay") }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await relay.run() }
                defer { tasks.cancelAll() }
                try await body(relay, connection)
            }
            await connection.close()
        }
    }

    private struct NextOwner: Statement {
        static let sql = "SELECT nextval('outbox_owner')"

        static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
    }

    private func waitUntilEmpty(_ connection: Connection, scheduled: Int64 = 0) async throws {
        try await eventually("the outbox is empty") {
            let counts: [(Int64, Int64)] = try await connection.execute(CountOutbox())
            return counts.allSatisfy { $0.0 == 0 && $0.1 == scheduled }
        }
    }

    @Test func rowsOfAnInstanceThatIsGoneAreSentInTheOrderOfTheirIds() async throws {
        let rows = records(1_000)
        let publisher = FakePublisher()
        var limits = MessagingLimits.quick
        limits.outboxBatchMax = 30
        limits.outboxBatchesAtOnce = 1
        limits.outboxClaimMax = 400
        try await withRelay(publisher, limits, filled: rows) { _, connection in
            try await waitUntilEmpty(connection)
        }
        #expect(publisher.taken.withLock { $0 } == rows.map { $0.id.uuidString.lowercased() })
    }

    @Test func rowsOfALivingInstanceAreLeftAlone() async throws {
        let publisher = FakePublisher()
        try await withRelay(publisher) { relay, connection in
            let living: [Int64] = try await connection.execute(BecomeOwner())
            let rows = try StoredRecords(records(5), seal)
            _ = try await connection.execute(WriteOutbox(owner: living[0], isInMemory: true, rows: rows))
            try await commit(records(10), to: relay, on: connection)
            try await eventually("the own rows are sent") { publisher.count == 10 }
            let counts: [(Int64, Int64)] = try await connection.execute(CountOutbox())
            #expect(counts.allSatisfy { $0.0 >= 5 } && publisher.count == 10)
        }
    }

    private func commit(_ records: [OutgoingRecord], to relay: OutboxRelay, on connection: Connection) async throws {
        let admission = try await relay.admit(records.count)
        _ = try await connection.execute(
            WriteOutbox(
                owner: admission.owner, isInMemory: admission.isInMemory, rows: try StoredRecords(records, seal)))
        await relay.committed(admission, records)
    }

    @Test func whatGoesPastMemoryIsReadBackOnce() async throws {
        let publisher = FakePublisher()
        var limits = MessagingLimits.quick
        limits.outboxRowsInMemoryMax = 25
        limits.outboxBatchMax = 10
        let all = records(2_000)
        try await withRelay(publisher, limits) { relay, connection in
            for start in stride(from: 0, to: all.count, by: 20) {
                try await commit(Array(all[start..<start + 20]), to: relay, on: connection)
            }
            try await waitUntilEmpty(connection)
            let sent = publisher.taken.withLock { $0 }
            #expect(sent.count == all.count && Set(sent).count == all.count, "none is lost, none is sent twice")
            try await eventually("memory is in use again") {
                let admission = try await relay.admit(1)
                await relay.abandoned(admission)
                return admission.isInMemory
            }
        }
    }

    @Test func oneThatTheBrokerDoesNotTakeHoldsUpNobodyAndIsNotLost() async throws {
        let isMended = Atomic(false)
        let publisher = FakePublisher { message in
            message.routingKey == "vouchers.issued.v1" || isMended.load(ordering: .relaxed)
                ? .confirmed : .unacceptable(AMQPError(.messageUnacceptable, "no such right", during: "publishing"))
        }
        var limits = MessagingLimits.quick
        limits.outboxSetAsidePause = .seconds(60)
        let rows = records(3, type: "vouchers.odd.v1") + records(50)
        try await withRelay(publisher, limits, filled: rows) { relay, connection in
            try await waitUntilEmpty(connection, scheduled: 3)
            #expect(publisher.count == 50)
            isMended.store(true, ordering: .relaxed)
            _ = try await connection.execute(Hurry())
            let owner = try #require(await relay.owner)
            #expect(try await connection.execute(MoveDue(owner: owner, max: 10)).count == 3)
            await relay.noteBacklog(of: owner)
            try await waitUntilEmpty(connection)
            #expect(publisher.count == 53)
            let start = ContinuousClock.now
            await relay.stop(by: start + .seconds(20))
            #expect(start.duration(to: .now) < .seconds(10), "there is nothing left in memory to wait for")
        }
    }

    private struct Hurry: Statement {
        static let sql = "UPDATE schedule SET due_at = now()"
    }

    @Test func oneThatCannotBeOpenedHoldsUpNobody() async throws {
        var rows = records(20)
        rows[3].hasSecret = true
        let publisher = FakePublisher()
        let foreign = Seal(keys: [("lost", [UInt8](repeating: 9, count: 32))])
        var limits = MessagingLimits.quick
        limits.outboxSetAsidePause = .seconds(60)
        try await withRelay(publisher, limits, filled: rows, keys: foreign) { _, connection in
            try await waitUntilEmpty(connection, scheduled: 1)
            #expect(publisher.count == 19)
        }
    }

    @Test func aRefusedMessageIsTriedUntilItIsTaken() async throws {
        let refusals = Mutex(5)
        let publisher = FakePublisher { _ in
            refusals.withLock { left in
                left -= 1
                return left >= 0 ? .refused : .confirmed
            }
        }
        try await withRelay(publisher, filled: records(3)) { _, connection in
            try await waitUntilEmpty(connection)
            #expect(publisher.count == 3)
        }
    }

    @Test func aCommitInDoubtIsSentWhetherItHappenedOrNot() async throws {
        let publisher = FakePublisher()
        let late = records(4)
        try await withRelay(publisher) { relay, connection in
            let admission = try await relay.admit(4)
            await relay.inDoubt(admission)
            // It happened after all, under a number that has been given up.
            _ = try await connection.execute(
                WriteOutbox(owner: admission.owner, isInMemory: true, rows: try StoredRecords(late, seal)))
            try await waitUntilEmpty(connection)
            #expect(publisher.count == 4)
            #expect(try await relay.admit(1).owner != admission.owner)
        }
    }

    @Test func withoutASessionNobodyWaitsForEver() async throws {
        var limits = MessagingLimits.quick
        limits.outboxOwnerWait = .milliseconds(50)
        let relay = OutboxRelay(
            source: .vouchers, publisher: FakePublisher(), seal: seal, limits: limits,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { throw CancellationError() }
        await #expect(throws: OutboxRelay.Away.self) { try await relay.admit(1) }
    }

    private struct AwaitSlowCommit: Statement {
        static let sql = """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'PgSleep' AND query = 'COMMIT'
            """

        static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
    }

    private struct ReadLastOwner: Statement {
        static let sql = "SELECT last_value FROM outbox_owner"

        static func row(_ columns: inout Columns) throws -> Int64 { try columns.next() }
    }

    @Test func aCommitThatBreaksGivesUpTheNumberAndIsDoneAgain() async throws {
        try await withServiceAndClient { service, client in
            let connection = try await Connection.connect(to: service.database, name: "test")
            try await connection.runScript(
                """
                CREATE TABLE slow (is_slow boolean);
                INSERT INTO slow VALUES (true);
                CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN IF EXISTS (SELECT FROM slow) THEN PERFORM pg_sleep(8); END IF; RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON effect DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION dawdle()
                """)
            try await service.running {
                let owner: [Int64] = try await connection.execute(ReadLastOwner())
                try await client.send(issues(1))
                try await eventually("its commit breaks") {
                    let broken: [Int64] = try await connection.execute(AwaitSlowCommit())
                    if broken == [1] { try await connection.runScript("DELETE FROM slow") }
                    return broken == [1]
                }
                try await service.waitForEffects(1)
                try await eventually("its event is heard") { client.events().count == 1 }
                let next: [Int64] = try await connection.execute(ReadLastOwner())
                #expect(next[0] > owner[0])
            }
            #expect(try await service.effects() == 1)
            await connection.close()
        }
    }

    @Test func answersAreBoundedAndSentBeforeTheEnd() async throws {
        let gate = Wakeup()
        let publisher = GatedPublisher(gate: gate)
        var limits = MessagingLimits.quick
        limits.repliesOpenMax = 4
        let sender = ReplySender(publisher: publisher, limits: limits)
        let answers = (0..<4).map { OutgoingMessage(exchange: "", routingKey: "reply.\($0)", body: []) }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await sender.run() }
            tasks.addTask {
                for _ in 0..<5 {
                    await sender.waitForRoom()
                    await sender.take(answers)
                }
            }
            for round in 1...5 {
                while publisher.count < round * 4 { await Task.yield() }
                #expect(publisher.count == round * 4, "no more than four are on their way")
                gate.signal()
            }
            let start = ContinuousClock.now
            await sender.stop(by: start + .seconds(20))
            #expect(start.duration(to: .now) < .seconds(10))
            await tasks.waitForAll()
        }
        #expect(publisher.count == 20)
    }

    @Test func answersWhoseConnectionWentAreSentAgain() async throws {
        let losses = Mutex(["reply.1": 1, "reply.3": 2])
        let tries = Mutex<[String: Int]>([:])
        let publisher = FakePublisher { answer in
            let queue = answer.routingKey
            tries.withLock { $0[queue, default: 0] += 1 }
            if queue == "reply.0" { return .returned(replyCode: 312, replyText: "NO_ROUTE") }
            let isLost = losses.withLock { losses in
                guard let left = losses[queue], left > 0 else { return false }
                losses[queue] = left - 1
                return true
            }
            return isLost ? .lost(AMQPError(.peerSilent, "silent")) : .confirmed
        }
        let sender = ReplySender(publisher: publisher, limits: .quick)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await sender.run() }
            await sender.take(
                (0..<4).map { number in
                    OutgoingMessage(
                        exchange: "", routingKey: "reply.\(number)", properties: Properties(messageID: "\(number)"),
                        body: [])
                })
            await sender.stop(by: .now + .seconds(20))
            await tasks.waitForAll()
        }
        #expect(Set(publisher.taken.withLock { $0 }) == ["1", "2", "3"])
        #expect(tries.withLock { $0 } == ["reply.0": 1, "reply.1": 2, "reply.2": 1, "reply.3": 3])
    }

    @Test func answersOfAClosedPublisherAreGivenUp() async throws {
        let publisher = FakePublisher { _ in .lost(AMQPError(.closed, "closed")) }
        let sender = ReplySender(publisher: publisher, limits: .quick)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await sender.run() }
            await sender.take([OutgoingMessage(exchange: "", routingKey: "reply.0", body: [])])
            let start = ContinuousClock.now
            await sender.stop(by: start + .seconds(20))
            #expect(start.duration(to: .now) < .seconds(10))
            await tasks.waitForAll()
        }
    }

    @Test func nothingIsLostWhenSessionsAndConnectionsBreak() async throws {
        try await withServiceAndClient { service, client in
            var limits = MessagingLimits.quick
            limits.outboxRowsInMemoryMax = 200
            try await service.running(limits) {
                let commands = issues(1_500)
                for round in 0..<5 {
                    try await client.send(Array(commands[round * 300..<(round + 1) * 300]))
                    try await service.waitForEffects(Int64(round * 300 + 50))
                    if round.isMultiple(of: 2) {
                        _ = try await service.reading(BreakSessions(name: "vouchers %outbox"))
                    } else {
                        try await service.vhost.management.closeConnections(of: service.broker.user)
                        _ = try await service.reading(BreakSessions(name: "vouchers 1"))
                    }
                }
                try await service.waitForEffects(1_500)
                try await eventually(within: .seconds(20), "every event is heard") {
                    try client.issued() == Set(commands.map(\.issueId))
                }
                try await eventually("the outbox is empty") {
                    try await service.first(CountOutbox()).0 == 0
                }
            }
            #expect(try await service.effects() == 1_500)
            // Sent twice is sent under one id.
            let ids = Set(client.events().compactMap(\.properties.messageID))
            #expect(ids.count == 1_500)
        }
    }
}
