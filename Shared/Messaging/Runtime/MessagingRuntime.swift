public import AMQP
public import Contracts
import FoundationEssentials
public import Logging
import Metrics
public import Postgres
public import ServiceLifecycle
import Synchronization

/// Everything that moves messages in one service: its consumers, its outbox, its schedule, its copies.
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
    private let relay: OutboxRelay
    private let replies: ReplySender
    private let eventPublisher: Publisher
    private let replyPublisher: Publisher
    private let consumers: [QueueName: Consumer]
    private let keeper: CopyKeeper
    private let handled = Wakeup()
    private let due = Wakeup()
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
        work = Pool(database, name: name, limits: workLimits)
        reading = Pool(database, name: "\(name) reading", limits: readingLimits)
        let report = ConnectionReport(logger: logger)
        eventPublisher = Publisher(
            name: "\(name) out", address: broker, limits: brokerLimits, events: report.of("events out"))
        replyPublisher = Publisher(
            name: "\(name) replies", address: broker, limits: brokerLimits, events: report.of("replies out"))
        relay = OutboxRelay(
            source: Owner.name, publisher: eventPublisher, seal: seal, limits: limits, logger: logger
        ) { try await Connection.connect(to: database, name: "\(name) outbox", limits: relayLimits) }
        replies = ReplySender(publisher: replyPublisher, limits: limits)
        consumers = Dictionary(
            uniqueKeysWithValues: QueueName.allCases.map { queue in
                let wide = queue == .queries ? limits.queryPrefetch : limits.prefetch
                return (
                    queue,
                    Consumer(
                        name: "\(name) \(queue.rawValue)", source: .queue(Topology.Names.queue(Owner.name, queue)),
                        prefetch: queue == .dead ? limits.deadPrefetch : wide, address: broker, limits: brokerLimits,
                        events: report.of(queue.rawValue))
                )
            })
        keeper = CopyKeeper(
            copies: handlers.copies, database: work,
            outbox: InboxTransactions(
                source: Owner.name, queue: "", database: work, relay: relay, seal: seal, limits: limits),
            limits: limits, logger: logger)
    }

    // MARK: Readiness

    /// Throws unless the broker takes and gives messages.
    public func checkBroker() throws -> String {
        let missing = QueueName.allCases.filter { consumers[$0]?.isConnected != true }.map(\.rawValue)
        guard missing.isEmpty, eventPublisher.isConnected, replyPublisher.isConnected else {
            throw NotReady(
                reason: "not connected: \((missing.isEmpty ? ["publishers"] : missing).joined(separator: ", "))")
        }
        guard !eventPublisher.isBlocked, !replyPublisher.isBlocked else {
            throw NotReady(reason: "the broker blocks publishers")
        }
        return "connected"
    }

    /// Throws unless the database answers and the outbox has its session.
    public func checkDatabase() async throws -> String {
        guard work.isConnected, reading.isConnected else { throw NotReady(reason: "not connected") }
        guard await relay.owner != nil else { throw NotReady(reason: "the outbox has no session") }
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
        await withTaskGroup(of: Void.self) { connections in
            connections.addTask { await self.work.run() }
            connections.addTask { await self.reading.run() }
            connections.addTask { await self.eventPublisher.run() }
            connections.addTask { await self.replyPublisher.run() }
            for consumer in consumers.values { connections.addTask { await consumer.run() } }
            connections.addTask { await self.replies.run() }
            connections.addTask { await self.relay.run() }
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
                background.addTask { await self.keeper.run() }
                background.addTask { await self.schedule().run() }
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
        case .commands, .bulk, .events: await runner(queue, consumer).run()
        case .queries: await queryRunner(consumer).run()
        case .dead: await deadRunner(consumer).run()
        }
        return true
    }

    /// Sends what is still here, within a bounded time.
    private func drain() async {
        let deadline = ContinuousClock.now + limits.drainTimeout
        await replies.stop(by: deadline)
        await relay.stop(by: deadline)
        for consumer in consumers.values { await consumer.close() }
        await eventPublisher.close()
        await replyPublisher.close()
        await work.close()
        await reading.close()
    }

    // MARK: Parts

    private func transactions(_ queue: String) -> InboxTransactions {
        InboxTransactions(
            source: Owner.name, queue: queue, database: work, relay: relay, seal: seal, limits: limits,
            access: access, handled: handled, due: due, replies: replies)
    }

    private func runner(_ queue: QueueName, _ consumer: Consumer) -> QueueRunner {
        QueueRunner(
            consumer: consumer,
            reader: IntakeReader(
                routes: handlers.routes(of: queue), access: access, limits: limits, now: { Date() }),
            transactions: transactions(queue.rawValue), replies: replies, limits: limits, logger: logger,
            waitForDatabase: waitForDatabase)
    }

    private func queryRunner(_ consumer: Consumer) -> QueryRunner {
        QueryRunner(
            source: Owner.name, consumer: consumer, routes: handlers.queries, database: reading,
            replies: replies, transactions: transactions(QueueName.queries.rawValue), limits: limits, logger: logger)
    }

    private func deadRunner(_ consumer: Consumer) -> DeadRunner {
        DeadRunner(
            consumer: consumer, service: Owner.name, transactions: { self.transactions($0) }, limits: limits,
            logger: logger, waitForDatabase: waitForDatabase)
    }

    private func jobRunner(_ job: any BackgroundJob) -> JobRunner {
        JobRunner(job: job, transactions: transactions(""), limits: limits, logger: logger)
    }

    private func schedule() -> ScheduleRunner {
        ScheduleRunner(
            database: work, relay: relay,
            retries: RetryRunner(
                routes: handlers.routes, database: work, seal: seal, replies: replies, limits: limits,
                logger: logger, transactions: { self.transactions($0) }),
            limits: limits, logger: logger, due: due)
    }

    private var waitForDatabase: @Sendable () async -> Void {
        {
            repeat {
                await Pause.sleep(self.limits.databasePause)
                let hasSession = await self.relay.owner != nil
                if self.work.isConnected, hasSession, (try? await self.work.execute(ReadNextDue())) != nil { return }
            } while !Task.isCancelled && !self.isStopping.load(ordering: .acquiring)
        }
    }
}

/// Why a part is not ready.
public struct NotReady: Error, CustomStringConvertible {
    /// For people.
    public let reason: String

    /// The reason.
    public var description: String { reason }
}

/// Logs and counts what happens to connections.
private struct ConnectionReport: Sendable {
    let logger: Logger

    func of(_ part: String) -> @Sendable (ConnectionEvent) -> Void {
        { event in
            let metadata: Logger.Metadata = ["connection": "\(part)"]
            switch event {
            case .connected:
                logger.debug("connected to the broker", metadata: metadata)
            case .disconnected(let error, let delay):
                Counter(label: "citycoop.broker.disconnects").increment()
                logger.warning(
                    "no connection to the broker",
                    metadata: metadata.merging(["error": "\(error)", "retry_after": "\(delay)"]) { $1 })
            case .blocked(let reason):
                logger.warning(
                    "the broker blocks publishers", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
            case .unblocked:
                logger.notice("the broker takes messages again", metadata: metadata)
            case .consumerCancelled(let queue):
                logger.warning(
                    "the broker cancelled a consumer", metadata: metadata.merging(["queue": "\(queue)"]) { $1 })
            }
        }
    }
}
