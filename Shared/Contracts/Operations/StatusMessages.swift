/// Asks a service how it is: `<service>.get-status.v1`.
public struct GetStatus<Owner: ServiceOwner>: Query {
    /// `<service>.get-status.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "get-status") }
    /// What a successful answer holds.
    public typealias Reply = ServiceStatus

    /// Makes the query.
    public init() {}
}

/// How a service is, as its database tells.
public struct ServiceStatus: Codable, Equatable, Sendable {
    /// A copy of another service's state.
    public struct Copy: Codable, Equatable, Sendable {
        /// What is copied: `cities`, `merchants`.
        public var name: String
        /// Whether everything has arrived once.
        public var complete: Bool

        /// Makes a copy's state.
        public init(name: String, complete: Bool) {
            self.name = name
            self.complete = complete
        }
    }

    /// The instance that answers: there may be others.
    public struct Instance: Codable, Equatable, Sendable {
        /// Its release.
        public var release: String
        /// Since when it runs.
        public var startedAt: Timestamp?
        /// Its memory in use.
        public var residentBytes: Int?

        /// Makes an instance.
        public init(release: String, startedAt: Timestamp? = nil, residentBytes: Int? = nil) {
            self.release = release
            self.startedAt = startedAt
            self.residentBytes = residentBytes
        }
    }

    /// Messages committed and not yet confirmed by the broker; of this and what follows no more than 100,000 are counted.
    public var outboxRows: Int64
    /// The age of the oldest of them in seconds.
    public var outboxOldestSeconds: Double
    /// Messages that wait for their time.
    public var scheduled: Int64
    /// For how long the oldest of them has been due.
    public var scheduleLateSeconds: Double?
    /// Messages that will be tried again.
    public var parked: Int64
    /// Messages that failed for good and wait for an operator.
    public var failed: Int64
    /// The copies it keeps.
    public var copies: [Copy]
    /// Rows of the audit that are not chained yet.
    public var unsealed: Int64?
    /// Where its audit ends.
    public var audit: AuditHead?
    /// The number of the last migration, by the set that it belongs to.
    public var schemas: [String: Int]?
    /// Who answers.
    public var instance: Instance?
    /// Until when its intake is paused; absent while it takes in.
    public var intakePausedUntil: Timestamp?

    /// Makes a status.
    public init(
        outboxRows: Int64, outboxOldestSeconds: Double, scheduled: Int64, scheduleLateSeconds: Double? = nil,
        parked: Int64, failed: Int64, copies: [Copy], unsealed: Int64? = nil, audit: AuditHead? = nil,
        schemas: [String: Int]? = nil, instance: Instance? = nil, intakePausedUntil: Timestamp? = nil
    ) {
        self.outboxRows = outboxRows
        self.outboxOldestSeconds = outboxOldestSeconds
        self.scheduled = scheduled
        self.scheduleLateSeconds = scheduleLateSeconds
        self.parked = parked
        self.failed = failed
        self.copies = copies
        self.unsealed = unsealed
        self.audit = audit
        self.schemas = schemas
        self.instance = instance
        self.intakePausedUntil = intakePausedUntil
    }
}
