import AMQP
import FoundationEssentials
import JSON
import Logging
import ManagementAPI
import Postgres
import ServiceLifecycle
import Synchronization
import TestKit
import Testing

@testable import Contracts
@testable import Messaging

/// The contracts of the vouchers with handlers made for these tests, on a real broker and a real database.
struct TestService: Sendable {
    let vhost: ScratchVhost
    let database: DatabaseAddress
    let switches = Switches()
    /// The broker as the service's own user.
    let broker: BrokerAddress
    static let seal = Seal(keys: [("test", [UInt8](repeating: 7, count: 32))])

    private var handlers: HandlerSet<VouchersService> {
        var handlers = HandlerSet<VouchersService>()
        handlers.add(IssueVouchers(switches: switches))
        handlers.add(RedeemVouchers())
        handlers.add(HearOfCities())
        handlers.add(HearOfMerchants())
        handlers.add(HearOfMemberships())
        handlers.add(HearOfAcceptance())
        handlers.add(TellBalance())
        handlers.add(TellLedger())
        handlers.addUnasked()
        handlers.keepCopy(of: .merchants, measuredBy: MeasureMerchants())
        return handlers
    }

    /// The client is the administrator; users of a scratch virtual host carry its name in front.
    private var access: AccessPolicy {
        AccessPolicy(administrator: vhost.address.user) { [prefix = "\(vhost.name)-"] user in
            user.hasPrefix(prefix) ? ServiceName(rawValue: String(user.dropFirst(prefix.count))) : nil
        }
    }

    /// How a run of the service ends.
    enum End {
        /// As on SIGTERM.
        case graceful
        /// In the middle of everything.
        case cancelled
    }

    /// Runs an instance of the service while `body` runs.
    func running<Value: Sendable>(
        _ limits: MessagingLimits = .quick, broker: BrokerAddress? = nil, waits: Bool = true, end: End = .graceful,
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await running(handlers, limits, broker: broker ?? self.broker, waits: waits, end: end, body)
    }

    /// Runs an instance of another service in its place.
    func running<Owner: ServiceOwner, Value: Sendable>(
        _ handlers: HandlerSet<Owner>, _ limits: MessagingLimits, broker: BrokerAddress, waits: Bool = true,
        end: End = .graceful, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let logger = Logger(label: "test") { label in
            let isShown = ProcessInfo.processInfo.environment["CITYCOOP_TEST_LOG"] != nil
            return isShown ? StreamLogHandler.standardError(label: label) : SwiftLogNoOpLogHandler() as any LogHandler
        }
        let runtime = MessagingRuntime(
            handlers, broker: broker, database: database, seal: Self.seal,
            access: access, limits: limits, brokerLimits: .quick, logger: logger)
        let group = ServiceGroup(services: [runtime], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let value: Value
            do {
                if waits { try await becomeReady(runtime) }
                value = try await body()
            } catch {
                tasks.cancelAll()
                throw error
            }
            switch end {
            case .graceful: await group.triggerGracefulShutdown()
            case .cancelled: tasks.cancelAll()
            }
            while let result = await tasks.nextResult() {
                if end == .graceful { try result.get() }
            }
            return value
        }
    }

    private func becomeReady(_ runtime: MessagingRuntime<some ServiceOwner>) async throws {
        try await eventually(within: .seconds(20), "the service is ready") {
            guard (try? runtime.checkBroker()) != nil else { return false }
            return (try? await runtime.checkDatabase()) != nil
        }
    }

    // MARK: Looking into the database

    func reading<each S: Statement>(_ statements: repeat each S) async throws -> (repeat [(each S).Row]) {
        let connection = try await Connection.connect(to: database, name: "test")
        do {
            let rows = try await connection.execute(repeat each statements)
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The one row of a statement.
    func first<S: Statement>(_ statement: S) async throws -> S.Row {
        let rows: [S.Row] = try await reading(statement)
        return try #require(rows.first)
    }

    func effects(_ kind: String = "issue") async throws -> Int64 {
        try await first(CountEffects(kind: kind))
    }

    /// Waits until a kind of message has taken effect so often.
    func waitForEffects(_ count: Int64, _ kind: String = "issue") async throws {
        try await eventually(within: .seconds(20), "\(count) times \(kind)") { try await effects(kind) >= count }
    }

    /// The code of each failure that is filed.
    func failures() async throws -> [FailureSummary] {
        let states = FailureState.allCases.map(FailureCode.code)
        return try await reading(ListFailures(states: states, type: nil, code: nil, before: nil, max: 1_000))
    }

    func waitForFailure(_ code: String, _ state: FailureState) async throws -> FailureSummary {
        try await eventually(within: .seconds(20), "a failure \(code) is \(state)") {
            try await failures().contains { $0.code == code && $0.state == state }
        }
        return try #require(try await failures().first { $0.code == code && $0.state == state })
    }
}

/// A service with its own virtual host and database.
func withTestService<Value: Sendable>(_ body: (TestService) async throws -> Value) async throws -> Value {
    let schema = MigrationSet(
        name: "test", version: 1, minCompatible: 1,
        migrations: [
            Migration(
                number: 1, name: "test",
                sql: Array(
                    """
                    CREATE TABLE effect (
                        kind text NOT NULL CHECK (kind <> 'forbidden'), business_id uuid NOT NULL,
                        at timestamptz NOT NULL DEFAULT clock_timestamp()
                    )
                    """.utf8))
        ])
    await Turnstile.shared.enter()
    defer { Turnstile.shared.leave() }
    return try await withScratchVhost { vhost in
        try await declareTopology(vhost)
        return try await withScratchDatabase(migrations: [MessagingSchema.migrations, schema]) { database in
            let broker = try await vhost.makeUser("vouchers")
            return try await body(TestService(vhost: vhost, database: database, broker: broker))
        }
    }
}

/// Lets only so many services run at once: each takes connections, of which PostgreSQL has a hundred for everybody.
private final class Turnstile: Sendable {
    static let shared = Turnstile()
    private let free = Mutex(6)
    private let changed = Wakeup()

    func enter() async {
        while true {
            let seen = changed.count
            let isIn = free.withLock { free in
                if free > 0 { free -= 1 } else { return false }
                return true
            }
            if isIn { return }
            await changed.wait(beyond: seen)
        }
    }

    func leave() {
        free.withLock { $0 += 1 }
        changed.signal()
    }
}

/// The part of the suite's topology that the services and those around them need; and `watch`, which gets every event.
private func declareTopology(_ vhost: ScratchVhost) async throws {
    let topology = Topology.suite
    let queues = topology.queues.map(\.name).filter {
        $0.hasPrefix("vouchers.") || $0.hasPrefix("cities.") || $0 == Topology.Names.unroutable
    }
    try await vhost.administer { channel in
        for exchange in topology.exchanges {
            let alternate = exchange.alternate.map { ["alternate-exchange": HeaderValue.string($0)] }
            try channel.declare(ExchangeDeclaration(exchange.name, arguments: alternate ?? [:]))
        }
        for name in queues {
            try channel.declare(QueueDeclaration(name, arguments: ["x-queue-type": .string("quorum")]))
        }
        for binding in topology.bindings where queues.contains(binding.queue) {
            try channel.bind(Binding(queue: binding.queue, exchange: binding.exchange, routingKey: binding.key))
        }
        try channel.declare(QueueDeclaration("watch"))
        try channel.bind(Binding(queue: "watch", exchange: Topology.Names.events, routingKey: "#"))
    }
    for policy in topology.policies where policy.name == "citycoop-vouchers" {
        let numbers = policy.numbers.mapValues { JSONValue.int(Int64($0)) }
        let texts = policy.texts.mapValues { JSONValue.string($0) }
        try await vhost.management.putPolicy(
            Policy(name: policy.name, pattern: policy.pattern, definition: numbers.merging(texts) { $1 }),
            in: vhost.name)
    }
}

extension MessagingLimits {
    /// Short times, so that a test has not long to wait.
    static var quick: MessagingLimits {
        var limits = MessagingLimits()
        limits.retryDelays = [.milliseconds(50), .milliseconds(100)]
        limits.databasePause = .milliseconds(20)
        limits.intakePoll = .milliseconds(20)
        limits.outboxSweepInterval = .milliseconds(200)
        limits.outboxRefusedPause = .milliseconds(50)
        limits.outboxSetAsidePause = .milliseconds(100)
        limits.copyRequestInterval = .milliseconds(200)
        limits.finishTimeout = .seconds(3)
        limits.drainTimeout = .seconds(3)
        limits.workConnections = 2
        limits.readingConnections = 1
        return limits
    }
}

extension AMQPLimits {
    static var quick: AMQPLimits {
        var limits = AMQPLimits()
        limits.reconnectDelayMin = .milliseconds(20)
        limits.reconnectDelayMax = .milliseconds(200)
        return limits
    }
}
