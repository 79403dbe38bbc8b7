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

    /// Messages committed and not yet confirmed by the broker.
    public var outboxRows: Int64
    /// The age of the oldest of them in seconds.
    public var outboxOldestSeconds: Double
    /// Messages that wait for their time.
    public var scheduled: Int64
    /// Messages that will be tried again.
    public var parked: Int64
    /// Messages that failed for good and wait for an operator.
    public var failed: Int64
    /// The copies it keeps.
    public var copies: [Copy]
    /// Where its audit ends.
    public var audit: AuditHead?
    /// Until when its intake is paused; absent while it takes in.
    public var intakePausedUntil: Timestamp?

    /// Makes a status.
    public init(
        outboxRows: Int64, outboxOldestSeconds: Double, scheduled: Int64, parked: Int64, failed: Int64, copies: [Copy],
        audit: AuditHead? = nil, intakePausedUntil: Timestamp? = nil
    ) {
        self.outboxRows = outboxRows
        self.outboxOldestSeconds = outboxOldestSeconds
        self.scheduled = scheduled
        self.parked = parked
        self.failed = failed
        self.copies = copies
        self.audit = audit
        self.intakePausedUntil = intakePausedUntil
    }
}
