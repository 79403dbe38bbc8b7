public import AMQP
public import Contracts
import FoundationEssentials
public import Logging
import Metrics
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Everything that moves messages in one service: its consumers, its outlets, its schedule, its copies.
///
/// What somebody waits for leaves by the prompt outlet: the answers and events of commands, queries and events. What nobody
/// waits for leaves by the bulk outlet: those of bulk work, what background jobs say, what was scheduled. An order of a
/// hundred thousand vouchers so never stands in front of a till.
///
/// ``run()`` ends on graceful shutdown: the consumers stop taking, batches in hand are finished, the outbox is sent and
/// confirmed, and only then the connections are closed, all within a bounded time. What is not done by then is in the queues
/// and in the database, where it was all along.
public final class MessagingRuntime<Owner: ServiceOwner>: Service {
    private let handlers: HandlerSet<Owner>
    private let limits: MessagingLimits
    private let logger: Logger
    private let seal: Seal
    private let access: AccessPolicy
    private let work: Pool
    private let reading: Pool
    private let prompt: Outlet
    private let bulk: Outlet
    private let consumers: [QueueName: Consumer]
    private let tracer = MessageTracer.ofProcess
    private let handled = Wakeup()
    private let due = Wakeup()
    private let gate = IntakeGate()
    private let isStopping = Atomic(false)

    /// Describes the runtime of a service; nothing is opened before ``run()``.
    ///
    /// - Parameters:
    ///   - limits: The bounds of the runtime itself.
    ///   - brokerLimits: The bounds of its connections to the broker.
    ///   - databaseLimits: The bounds of its connections to the database; how many there are is said by `limits`.
    public init(
        _ handlers: HandlerSet<Owner>, broker: BrokerAddress, database: DatabaseAddress, seal: Seal,
        access: AccessPolicy = AccessPolicy(), limits: MessagingLimits = MessagingLimits(),
        brokerLimits: AMQPLimits = AMQPLimits(), databaseLimits: PostgresLimits = PostgresLimits(), logger: Logger
    ) {
        Meters.begin()
        let name = Owner.name.rawValue
        let handlers = handlers.complete(seal: seal, limits: limits)
        self.handlers = handlers
        self.limits = limits
        self.logger = logger
        self.seal = seal
        self.access = access
        var readingLimits = databaseLimits
        readingLimits.poolConnections = limits.readingConnections
        var workLimits = databaseLimits
        workLimits.poolConnections = limits.workConnections
        // Commands and events look things up by key; queries may well read a table from end to end.
        workLimits.avoidsTableScans = true
        let relayLimits = workLimits
        func pool(_ name: String, _ limits: PostgresLimits) -> Pool {
            let timer = Metric.poolWait.times(name)
            return Pool(database, name: name, limits: limits) { timer.record(duration: $0) }
        }
        work = pool(name, workLimits)
        reading = pool("\(name) reading", readingLimits)
        let report = ConnectionReport(logger: logger)
        func publisher(_ name: String) -> Publisher {
            Publisher(name: name, address: broker, limits: brokerLimits, events: report.of(name))
        }
        func outlet(_ name: String) -> Outlet {
            let (out, replies) = (publisher("\(name) out"), publisher("\(name) replies"))
            let relay = OutboxRelay(
                source: Owner.name, publisher: out, seal: seal, limits: limits, logger: logger
            ) { try await Connection.connect(to: database, name: "\(name) outbox", limits: relayLimits) }
            return Outlet(
                relay: relay, replies: ReplySender(publisher: replies, limits: limits), publishers: [out, replies])
        }
        prompt = outlet(name)
        bulk = outlet("\(name) bulk")
        consumers = Dictionary(
            uniqueKeysWithValues: QueueName.allCases.map { queue in
                (
                    queue,
                    Consumer(
                        name: "\(name) \(queue.rawValue)", source: .queue(Topology.Names.queue(Owner.name, queue)),
                        prefetch: limits.prefetch(of: queue), address: broker, limits: brokerLimits,
                        events: report.of(queue.rawValue))
                )
            })
    }

    // MARK: Readiness

    /// Throws unless the broker takes and gives messages.
    public func checkBroker() throws -> String {
        let missing =
            QueueName.allCases.filter { consumers[$0]?.isConnected != true }.map(\.rawValue)
            + (prompt.isConnected && bulk.isConnected ? [] : ["publishers"])
        guard missing.isEmpty else {
            throw NotReady(reason: "not connected: \(missing.joined(separator: ", "))")
        }
        guard !prompt.isBlocked, !bulk.isBlocked else { throw NotReady(reason: "the broker blocks publishers") }
        return "connected"
    }

    /// Throws unless the database answers and each outlet has its session.
    public func checkDatabase() async throws -> String {
        guard work.isConnected, reading.isConnected else { throw NotReady(reason: "not connected") }
        for outlet in [prompt, bulk] {
            guard await outlet.relay.owner != nil else { throw NotReady(reason: "the outbox has no session") }
        }
        return "connected"
    }

    /// Throws unless every copy of others' state is complete.
    public func checkCopies() async throws -> String {
        let missing = try await keeper.incomplete().map(\.rawValue)
        guard missing.isEmpty else { throw NotReady(reason: "incomplete: \(missing.joined(separator: ", "))") }
        return "complete"
    }

    // MARK: Life

    /// Runs until graceful shutdown or cancellation.
    public func run() async throws {
        // Until the database has said whether intake is paused.
        for consumer in pausable { await consumer.pause() }
        await withTaskGroup(of: Void.self) { connections in
            connections.addTask { await self.work.run() }
            connections.addTask { await self.reading.run() }
            connections.addTask { await self.prompt.run() }
            connections.addTask { await self.bulk.run() }
            for consumer in consumers.values { connections.addTask { await consumer.run() } }
            await runLanes()
            await drain()
            connections.cancelAll()
        }
    }

    /// Runs the queues, the schedule and the copies until the service is told to stop and the batches in hand are done.
    private func runLanes() async {
        await withTaskGroup(of: Bool.self) { lanes in
            for (queue, consumer) in consumers { lanes.addTask { await self.runLane(queue, consumer) } }
            await withTaskGroup(of: Void.self) { background in
                background.addTask { await self.intake.run() }
                background.addTask { await self.keeper.run() }
                background.addTask { await self.schedule.run() }
                background.addTask { await self.figures.run() }
                for job in handlers.jobs { background.addTask { await self.jobRunner(job).run() } }
                try? await gracefulShutdown()
                logger.info("stops taking messages")
                isStopping.store(true, ordering: .releasing)
                background.cancelAll()
            }
            for consumer in consumers.values { await consumer.cancel() }
            lanes.addTask {
                await Pause.sleep(self.limits.finishTimeout)
                return false
            }
            // What is cancelled is handed back: it comes again.
            var open = consumers.count
            while open > 0, let isLane = await lanes.next() {
                if isLane { open -= 1 } else { lanes.cancelAll() }
            }
            lanes.cancelAll()
        }
    }

    private func runLane(_ queue: QueueName, _ consumer: Consumer) async -> Bool {
        switch queue {
        case .commands, .bulk, .events, .control: await runner(queue, consumer).run()
        case .queries: await queryRunner(consumer).run()
        case .dead: await deadRunner(consumer).run()
        }
        return true
    }

    /// Sends what is still here, within a bounded time, and closes the connections.
    private func drain() async {
        let deadline = ContinuousClock.now + limits.drainTimeout
        await prompt.stop(by: deadline)
        await bulk.stop(by: deadline)
        await withDiscardingTaskGroup { closing in
            for consumer in consumers.values { closing.addTask { await consumer.close() } }
            closing.addTask { await self.prompt.close() }
            closing.addTask { await self.bulk.close() }
        }
        await work.close()
        await reading.close()
    }

    // MARK: Parts

    /// The transactions of a queue; or, without one, of what the service does by itself.
    private func transactions(_ queue: String = "") -> InboxTransactions {
        let isPrompt = [.commands, .queries, .events, .control, .dead].contains(QueueName(rawValue: queue))
        return InboxTransactions(
            source: Owner.name, queue: queue, database: work, outlet: isPrompt ? prompt : bulk, seal: seal,
            limits: limits, access: access, handled: handled, due: due)
    }

    private func runner(_ queue: QueueName, _ consumer: Consumer) -> QueueRunner {
        let transactions = transactions(queue.rawValue)
        return QueueRunner(
            consumer: consumer,
            reader: IntakeReader(
                routes: handlers.routes(of: queue), access: access, limits: limits, now: { Date() }),
            transactions: transactions, meters: QueueMeters(Topology.Names.queue(Owner.name, queue)), tracer: tracer,
            limits: limits, logger: logger,
            waitForDatabase: { await self.waitForDatabase(transactions.outlet, queue) })
    }

    private func queryRunner(_ consumer: Consumer) -> QueryRunner {
        QueryRunner(
            source: Owner.name, consumer: consumer, routes: handlers.queries, database: reading,
            transactions: transactions(QueueName.queries.rawValue),
            meters: QueueMeters(Topology.Names.queue(Owner.name, .queries)), tracer: tracer, limits: limits,
            logger: logger)
    }

    private func deadRunner(_ consumer: Consumer) -> DeadRunner {
        DeadRunner(
            consumer: consumer, service: Owner.name, transactions: { self.transactions($0) }, limits: limits,
            logger: logger, waitForDatabase: { await self.waitForDatabase(self.prompt, .dead) })
    }

    private func jobRunner(_ job: any BackgroundJob) -> JobRunner {
        JobRunner(job: job, gate: gate, transactions: transactions(), limits: limits, logger: logger)
    }

    private var pausable: [Consumer] {
        consumers.filter { $0.key.waitsForIntake }.map(\.value)
    }

    private var intake: IntakeKeeper {
        IntakeKeeper(gate: gate, consumers: pausable, database: work, limits: limits, logger: logger)
    }

    private var keeper: CopyKeeper {
        CopyKeeper(copies: handlers.copies, transactions: transactions(), limits: limits, logger: logger)
    }

    private var schedule: ScheduleRunner {
        ScheduleRunner(
            database: work, relay: bulk.relay,
            retries: RetryRunner(
                routes: handlers.routes, database: work, seal: seal, limits: limits, logger: logger, tracer: tracer,
                transactions: { self.transactions($0) }),
            gate: gate, limits: limits, logger: logger, due: due)
    }

    private var figures: FigureRunner {
        let publishers = (prompt.publishers + bulk.publishers).map { publisher in
            FigureRunner.Loop(publisher.name) { await publisher.lag(since: $0) }
        }
        let takers = consumers.map { queue, consumer in
            FigureRunner.Loop(queue.rawValue) { await consumer.lag(since: $0) }
        }
        return FigureRunner(
            database: reading, pools: [(work, limits.workConnections), (reading, limits.readingConnections)],
            consumers: Dictionary(
                uniqueKeysWithValues: consumers.map { (Topology.Names.queue(Owner.name, $0.key), $0.value) }),
            loops: publishers + takers, limits: limits, logger: logger)
    }

    /// Returns when the database answers, the outlet has its session and intake is not paused, or the service stops.
    private func waitForDatabase(_ outlet: Outlet, _ queue: QueueName) async {
        repeat {
            await Pause.sleep(limits.databasePause)
            if queue.waitsForIntake && !gate.isOpen { continue }
            let hasSession = await outlet.relay.owner != nil
            if work.isConnected, hasSession, (try? await work.execute(ReadNextDue())) != nil { return }
        } while !Task.isCancelled && !isStopping.load(ordering: .acquiring)
    }
}

/// Why a part is not ready.
public struct NotReady: Error, CustomStringConvertible {
    /// For people.
    public let reason: String

    /// The reason.
    public var description: String { reason }
}
