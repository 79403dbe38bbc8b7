import AMQP
import Contracts
import Logging
import Metrics
import Postgres

/// Reads every few seconds what nobody counts as it happens: rows in tables, connections in use, how late threads are.
///
/// A scrape shows the last reading, so that it costs the database nothing however often it comes.
struct FigureRunner: Sendable {
    /// A thread that is asked how late it is.
    struct Loop: Sendable {
        let timer: Metrics.Timer
        let lag: @Sendable (ContinuousClock.Instant) async -> Duration

        init(_ name: String, _ lag: @escaping @Sendable (ContinuousClock.Instant) async -> Duration) {
            timer = Metric.lag.times(name)
            self.lag = lag
        }
    }

    private let database: Pool
    private let limits: MessagingLimits
    private let logger: Logger
    private let loops: [Loop]
    private let pools: [PoolFigures]
    private let buffers: [(gauge: Meter, consumer: Consumer)]

    private let outboxRows = Metric.outboxRows.gauge()
    private let outboxAge = Metric.outboxAge.gauge()
    private let scheduleRows = Metric.scheduleRows.gauge()
    private let scheduleLate = Metric.scheduleLate.gauge()
    private let parked = Metric.openFailures.gauge("parked")
    private let failed = Metric.openFailures.gauge("failed")
    private let unsealed = Metric.unsealed.gauge()
    private let tasksLag = Metric.lag.times("tasks")

    /// - Parameters:
    ///   - database: What the tables are read with.
    ///   - pools: Whose connections are counted, with the most that each opens.
    ///   - consumers: By the name of the queue.
    init(
        database: Pool, pools: [(Pool, max: Int)], consumers: [String: Consumer], loops: [Loop],
        limits: MessagingLimits, logger: Logger
    ) {
        self.database = database
        self.limits = limits
        self.logger = logger
        self.pools = pools.map { PoolFigures($0, max: $1) }
        self.loops = loops
        buffers = consumers.map { (Metric.buffered.gauge($0), $1) }
    }

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            await readTables()
            for pool in pools { await pool.read() }
            for (gauge, consumer) in buffers { gauge.set(consumer.bufferedBytes) }
            for loop in loops { loop.timer.record(duration: await loop.lag(.now)) }
            await rest()
        }
    }

    /// The tasks' threads are as late as a sleep is longer than it was to be.
    private func rest() async {
        let end = ContinuousClock.now + limits.figuresInterval
        guard (try? await Task.sleep(until: end, clock: .continuous)) != nil else { return }
        tasksLag.record(duration: .now - end)
    }

    private func readTables() async {
        do {
            guard let status = try await database.execute(ReadStatus(limits: limits)).first else { return }
            outboxRows.set(status.outboxRows)
            outboxAge.set(status.outboxOldestSeconds)
            scheduleRows.set(status.scheduled)
            scheduleLate.set(status.scheduleLateSeconds ?? 0)
            parked.set(status.parked)
            failed.set(status.failed)
            unsealed.set(status.unsealed ?? 0)
        } catch {
            // The readiness check says the same to everybody who asks.
            logger.debug("figures cannot be read", metadata: ["error": "\(error)"])
        }
    }
}

/// What is counted about one pool.
private struct PoolFigures: Sendable {
    let pool: Pool
    let idle: Meter
    let used: Meter
    let waiting: Meter
    let lag: Metrics.Timer

    init(_ pool: Pool, max: Int) {
        self.pool = pool
        idle = Metric.poolConnections.gauge(pool.name, "idle")
        used = Metric.poolConnections.gauge(pool.name, "used")
        waiting = Metric.poolWaiting.gauge(pool.name)
        lag = Metric.lag.times(pool.name)
        Metric.poolMax.gauge(pool.name).set(max)
    }

    func read() async {
        let usage = pool.usage
        idle.set(usage.idle)
        used.set(usage.used)
        waiting.set(usage.waiting)
        for connection in pool.connections { lag.record(duration: await connection.lag(since: .now)) }
    }
}

extension Actor {
    /// How long a call has waited for the actor's thread.
    func lag(since asked: ContinuousClock.Instant) -> Duration { .now - asked }
}
