public import FoundationEssentials

/// Gives a broker user a role: `cities.grant-access.v1`.
///
/// Refused with `city-unknown`, `merchant-unknown`, `grant-differs`, `grant-revoked`.
public struct GrantAccess: ReasonedCommand {
    /// `cities.grant-access.v1`.
    public static let type = MessageType(.cities, .command, "grant-access")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// The grant.
    public var grant: Grant
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(_ grant: Grant, reason: String? = nil) {
        self.grant = grant
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { grant.grantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        grant.check(&checks)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// Takes a grant back for ever: `cities.revoke-access.v1`.
///
/// Refused with `grant-unknown`.
public struct RevokeAccess: ReasonedCommand {
    /// `cities.revoke-access.v1`.
    public static let type = MessageType(.cities, .command, "revoke-access")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// The grant.
    public var grantId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(grantId: UUID, reason: String? = nil) {
        self.grantId = grantId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { grantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// A grant is this, or is revoked: `cities.access-granted.v1` (state).
public struct AccessGranted: AuditedEvent, Equatable {
    /// `cities.access-granted.v1`.
    public static let type = MessageType(.cities, .event, "access-granted")

    /// The grant.
    public var grant: Grant
    /// 1 when it is given, 2 when it is revoked.
    public var version: Int64
    /// Whether it has been taken back.
    public var revoked: Bool

    /// Makes the event.
    public init(_ grant: Grant, version: Int64, revoked: Bool) {
        self.grant = grant
        self.version = version
        self.revoked = revoked
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { grant.grantId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The grant.
    public var auditedId: UUID { grant.grantId }
}

/// Lists grants, revoked ones as well, in the order of ids: `cities.find-grants.v1`.
public struct FindGrants: Query {
    /// `cities.find-grants.v1`.
    public static let type = MessageType(.cities, .query, "find-grants")

    /// Only this broker user's; everybody's if absent.
    public var userId: String?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(userId: String? = nil, limit: Int? = nil, after: UUID? = nil) {
        self.userId = userId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let userId { checks.text(userId, "userId", max: 255) }
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page of grants.
    public struct Reply: Codable, Equatable, Sendable {
        /// Each as its event says it.
        public var grants: [AccessGranted]
        /// What to send as `after` for the next page; absent on the last.
        public var next: UUID?

        /// Makes a page.
        public init(grants: [AccessGranted], next: UUID?) {
            self.grants = grants
            self.next = next
        }
    }
}

extension Checks {
    /// Requires the reason of a change to be one line of at most 500 bytes.
    mutating func reason(_ value: String) {
        text(value, "reason", max: 500)
        require(value.utf8.count <= 500, "reason", "must have at most 500 bytes")
    }
}
