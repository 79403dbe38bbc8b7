public import FoundationEssentials

/// Counts failed messages by state, type and code: `<service>.find-failure-groups.v1`.
///
/// Asked with what a redrive or a discard would name it tells which messages that would be, and changes nothing.
public struct FindFailureGroups<Owner: ServiceOwner>: Query {
    /// `<service>.find-failure-groups.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "find-failure-groups") }
    /// What a successful answer holds.
    public typealias Reply = FailureGroups

    /// Only these; parked and failed if absent.
    public var state: FailureState?
    /// Only this type of message.
    public var type: String?
    /// Only this code.
    public var code: String?
    /// Only these failures.
    public var failureIds: [UUID]?
    /// Only so many of them, the oldest; all if absent.
    public var limit: Int?

    /// Makes the query.
    public init(
        state: FailureState? = nil, type: String? = nil, code: String? = nil, failureIds: [UUID]? = nil,
        limit: Int? = nil
    ) {
        self.state = state
        self.type = type
        self.code = code
        self.failureIds = failureIds
        self.limit = limit
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((failureIds?.count ?? 0) <= 1000, "failureIds", "must be at most 1000")
        if let limit { checks.require(limit > 0, "limit", "must be positive") }
        try checks.finish()
    }
}

/// Failed messages that have state, type and code in common.
public struct FailureGroup: Codable, Equatable, Sendable {
    /// Parked, failed, done or discarded.
    public var state: FailureState
    /// The type of the messages.
    public var type: String
    /// Why they failed, for programs.
    public var code: String
    /// How many there are.
    public var count: Int
    /// When the oldest of them failed first.
    public var oldestAt: Timestamp
    /// When the newest of them failed first.
    public var newestAt: Timestamp

    /// Makes a group.
    public init(
        state: FailureState, type: String, code: String, count: Int, oldestAt: Timestamp, newestAt: Timestamp
    ) {
        self.state = state
        self.type = type
        self.code = code
        self.count = count
        self.oldestAt = oldestAt
        self.newestAt = newestAt
    }
}

/// Failed messages, counted.
public struct FailureGroups: Codable, Equatable, Sendable {
    /// The largest first; at most 500.
    public var groups: [FailureGroup]
    /// How many messages there are in all groups, those that are left out among them.
    public var count: Int
    /// How many groups there are.
    public var groupCount: Int

    /// Makes an answer.
    public init(groups: [FailureGroup], count: Int, groupCount: Int) {
        self.groups = groups
        self.count = count
        self.groupCount = groupCount
    }
}
