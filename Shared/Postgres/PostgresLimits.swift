/// Every bound of a database connection, a pool and a migrator.
public struct PostgresLimits: Sendable, Equatable {
    /// How long a connection may take to come up, sign-in included.
    public var connectTimeout: Duration = .seconds(5)
    /// How long a statement may wait for a lock (`lock_timeout`); 0 is for ever.
    public var lockTimeout: Duration = .seconds(2)
    /// How long the server works on one statement (`statement_timeout`); 0 is for ever.
    public var statementTimeout: Duration = .seconds(10)
    /// How long the server lets a transaction stand idle, so that a frozen instance cannot hold its locks for hours.
    public var idleInTransactionTimeout: Duration = .seconds(10)
    /// How long sent bytes may go unacknowledged before the kernel gives the connection up.
    public var unacknowledgedTimeout: Duration = .seconds(10)
    /// The silence after which the kernel asks whether the server is there, and how often it asks again.
    public var keepaliveIdle: Duration = .seconds(5)
    /// The pause between two keepalive probes.
    public var keepaliveInterval: Duration = .seconds(2)
    /// How many unanswered keepalive probes end a connection.
    public var keepaliveProbesMax = 3
    /// How long a caller waits for one flight unless it says otherwise; above `statementTimeout`, so that the server's own
    /// answer comes first.
    public var flightDeadline: Duration = .seconds(15)
    /// How long a cancelled flight may still take to answer before the connection is given up.
    public var cancelGrace: Duration = .seconds(2)
    /// Whether the planner reads a whole table only where there is no other way (`enable_seqscan` off).
    ///
    /// For sessions whose statements all look things up by key: a plan is kept for the life of the session, and one made
    /// while the tables were tiny reads them from end to end when they no longer are.
    public var avoidsTableScans = false
    /// How many flights may be under way on one connection; further ones wait in line.
    public var flightsUnderWayMax = 32
    /// The stack of a connection's thread.
    public var stackBytes = 1 << 20

    /// How many connections a pool keeps open.
    public var poolConnections = 4
    /// How long a caller waits for a connection of the pool.
    public var poolWait: Duration = .seconds(5)
    /// The first pause before connecting again; doubled with each failure, and jittered.
    public var reconnectDelayFirst: Duration = .milliseconds(100)
    /// The longest pause before connecting again.
    public var reconnectDelayMax: Duration = .seconds(5)

    /// How often a migrator asks for the migration lock.
    ///
    /// It must not wait inside the server: a session that waits for an advisory lock holds a snapshot, which deadlocks
    /// `CREATE INDEX CONCURRENTLY` in the session that has the lock.
    public var migrationLockPoll: Duration = .milliseconds(100)
    /// How long a migrator asks for the migration lock before it gives up.
    public var migrationLockWait: Duration = .seconds(120)

    /// The limits of ordinary work.
    public init() {}

    /// The limits of a connection that migrates: an index over a large table takes its time, a lock still does not.
    public static var migrating: PostgresLimits {
        var limits = PostgresLimits()
        limits.statementTimeout = .zero
        limits.idleInTransactionTimeout = .seconds(60)
        limits.flightDeadline = .seconds(6 * 3600)
        return limits
    }
}

extension Duration {
    /// The milliseconds, rounded up: PostgreSQL takes 0 for no limit at all.
    var milliseconds: Int64 {
        components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
