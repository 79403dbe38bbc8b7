import AMQP
import Contracts
import FoundationEssentials
import Logging
import Postgres
import Synchronization
import TestKit
import Testing

@testable import Messaging

@Suite struct JobRunnerTests {
    @Test func aJobSaysEventsThroughTheOutbox() async throws {
        let job = ScriptedJob([.says("once")])
        try await withRunner(of: job) { stage in
            try await eventually("the event is sent") { stage.sent.withLock { !$0.isEmpty } }
            let message = try #require(stage.sent.withLock { $0.first })
            #expect(message.routingKey == "notifications.delivered.v1")
            #expect(message.properties.headers["traceparent"] == .string(ScriptedJob.traceparent))
            #expect(String(decoding: message.body, as: UTF8.self).contains("\"template\":\"once\""))
        }
    }

    @Test func aJobWithMoreToDoGoesOnAtOnce() async throws {
        let job = ScriptedJob([.hasMore, .hasMore, .hasMore, .isDone])
        try await withRunner(of: job) { _ in
            // The next look by itself would be in an hour.
            try await eventually("four parts are done") { job.runs == 4 }
        }
    }

    @Test func aCommitOfAHandlerWakesAJob() async throws {
        let job = ScriptedJob([])
        try await withRunner(of: job) { stage in
            for round in 1...5 {
                try await eventually("it has looked \(round) times") { job.runs >= round }
                // Its own commit must not wake it: it would never rest.
                #expect(job.runs == round)
                stage.handled.signal()
            }
        }
    }

    @Test func aJobLooksByItselfAsWell() async throws {
        let job = ScriptedJob([])
        try await withRunner(of: job, poll: .milliseconds(1)) { _ in
            try await eventually("it has looked three times") { job.runs >= 3 }
        }
    }

    @Test func aJobThatFailsIsUndoneAndTriedAgain() async throws {
        let job = ScriptedJob([.saysAndFails("never"), .saysAndFails("never"), .says("at last")])
        try await withRunner(of: job) { stage in
            try await eventually("the event is sent") { stage.sent.withLock { !$0.isEmpty } }
            let bodies = stage.sent.withLock { $0.map { String(decoding: $0.body, as: UTF8.self) } }
            #expect(bodies.count == 1)
            #expect(bodies.first?.contains("at last") == true)
        }
    }

    // MARK: The stage

    private struct Stage: Sendable {
        let sent: Sent
        let handled = Wakeup()
    }

    /// Runs a job as the runtime does, on a database of its own, with a broker that confirms everything.
    private func withRunner(
        of job: ScriptedJob, poll: Duration = .seconds(3_600), _ body: (Stage) async throws -> Void
    ) async throws {
        try await withHandlerBench(MigrationSet(name: "none", version: 0, minCompatible: 0, migrations: [])) { bench in
            let stage = Stage(sent: Sent())
            let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            var limits = MessagingLimits()
            limits.jobPoll = poll
            limits.jobPauseMax = .milliseconds(1)
            let seal = Seal(keys: [("a", [UInt8](repeating: 7, count: 32))])
            let relay = OutboxRelay(
                source: .notifications, publisher: stage.sent, seal: seal, limits: limits, logger: logger
            ) { try await Connection.connect(to: bench.address, name: "outbox") }
            let outlet = Outlet(relay: relay, replies: ReplySender(publisher: stage.sent, limits: limits))
            let transactions = InboxTransactions(
                source: .notifications, queue: "", database: bench.database, outlet: outlet, seal: seal,
                limits: limits, handled: stage.handled)
            let gate = IntakeGate()
            _ = gate.turn(open: true)
            let runner = JobRunner(job: job, gate: gate, transactions: transactions, limits: limits, logger: logger)
            async let _ = relay.run()
            async let _ = runner.run()
            try await body(stage)
            // Leaving cancels both, as a shutdown does, and waits for them.
        }
    }
}

/// A broker that confirms everything, and what it was given.
private final class Sent: MessagePublishing {
    private let messages = Mutex<[OutgoingMessage]>([])

    func publish(_ messages: [OutgoingMessage]) async -> [AMQP.Confirmation] {
        self.messages.withLock { $0 += messages }
        return messages.map { _ in .confirmed }
    }

    func withLock<Value: Sendable>(_ body: ([OutgoingMessage]) -> Value) -> Value {
        messages.withLock { body($0) }
    }
}

/// A job that does one step a run, and nothing when it has done them all.
private final class ScriptedJob: BackgroundJob {
    enum Step: Sendable {
        case hasMore, isDone
        case says(String)
        case saysAndFails(String)
    }

    struct Failed: Error {}

    static let name = "scripted"
    static let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private let steps: [Step]
    private let count = Atomic(0)

    init(_ steps: [Step]) {
        self.steps = steps
    }

    var runs: Int { count.load(ordering: .relaxed) }

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let number = count.add(1, ordering: .relaxed).oldValue
        guard steps.indices.contains(number) else { return false }
        switch steps[number] {
        case .hasMore: return true
        case .isDone: return false
        case .says(let text): say(text, in: &transaction)
        case .saysAndFails(let text):
            say(text, in: &transaction)
            throw Failed()
        }
        return false
    }

    private func say(_ text: String, in transaction: inout MessageTransaction) {
        let event = NotificationDelivered(
            notificationId: UUID(), personId: UUID(), template: text, language: "de", channel: "x")
        transaction.publish(event, traceparent: ScriptedJob.traceparent)
    }
}
