public import FoundationEssentials

/// Who may try no codes for a while, because too many were wrong.
public struct Lockout: Codable, Hashable, Sendable {
    /// Whose wrong codes are counted.
    public enum Scope: String, Codable, Hashable, Sendable, CaseIterable {
        /// A broker user: a terminal, an integrator; who does not say who they are counts as one.
        case principal
        /// A merchant with all its terminals.
        case merchant
        /// All together: whoever has tried a wrong code lately waits.
        case everyone
    }

    /// Which one.
    public var lockoutId: UUID
    /// Whose codes were counted.
    public var scope: Scope
    /// The broker user; empty where nobody was named.
    public var userId: String?
    /// The merchant.
    public var merchantId: UUID?
    /// How many wrong codes were too many.
    public var wrongCodes: Int
    /// When it began.
    public var from: Timestamp
    /// When it ends by itself.
    public var until: Timestamp

    /// Makes a lockout.
    public init(
        lockoutId: UUID, scope: Scope, userId: String? = nil, merchantId: UUID? = nil, wrongCodes: Int, from: Timestamp,
        until: Timestamp
    ) {
        self.lockoutId = lockoutId
        self.scope = scope
        self.userId = userId
        self.merchantId = merchantId
        self.wrongCodes = wrongCodes
        self.from = from
        self.until = until
    }
}

/// Somebody has tried too many wrong codes and waits now: `vouchers.locked-out.v1` (fact).
public struct LockedOut: AuditedEvent, Equatable {
    /// `vouchers.locked-out.v1`.
    public static let type = MessageType(.vouchers, .event, "locked-out")

    /// Who, why, and until when.
    public var lockout: Lockout

    /// Makes the event.
    public init(_ lockout: Lockout) {
        self.lockout = lockout
    }

    /// The lockout.
    public var auditedId: UUID { lockout.lockoutId }
}

/// An operator has ended a lockout before its time: `vouchers.lockout-ended.v1` (fact).
public struct LockoutEnded: AuditedEvent, Equatable {
    /// `vouchers.lockout-ended.v1`.
    public static let type = MessageType(.vouchers, .event, "lockout-ended")

    /// Which one.
    public var lockoutId: UUID
    /// When.
    public var endedAt: Timestamp

    /// Makes the event.
    public init(lockoutId: UUID, endedAt: Timestamp) {
        self.lockoutId = lockoutId
        self.endedAt = endedAt
    }

    /// The lockout.
    public var auditedId: UUID { lockoutId }
}

/// Ends a lockout before its time, and forgets the wrong codes behind it: `vouchers.end-lockout.v1`.
///
/// What has ended stays so. Refused with `lockout-unknown`, also if it is of no merchant of the city that the command says.
public struct EndLockout: ReasonedCommand {
    /// `vouchers.end-lockout.v1`.
    public static let type = MessageType(.vouchers, .command, "end-lockout")

    /// Which one.
    public var lockoutId: UUID
    /// The city of the merchant; any lockout if absent, which administrators alone may end.
    public var cityId: UUID?
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(lockoutId: UUID, cityId: UUID? = nil, reason: String? = nil) {
        self.lockoutId = lockoutId
        self.cityId = cityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { lockoutId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }

    /// That it is over.
    public struct Reply: Codable, Equatable, Sendable {
        /// Which one.
        public var lockoutId: UUID
        /// When it ended.
        public var until: Timestamp

        /// Makes the answer.
        public init(lockoutId: UUID, until: Timestamp) {
            self.lockoutId = lockoutId
            self.until = until
        }
    }
}

/// Finds who is locked out now: `vouchers.find-lockouts.v1`.
public struct FindLockouts: Query {
    /// `vouchers.find-lockouts.v1`.
    public static let type = MessageType(.vouchers, .query, "find-lockouts")
    /// The most in an answer.
    public static let lockoutsMax = 200

    /// Merchants of this city; everybody if absent, which administrators alone may ask.
    public var cityId: UUID?

    /// Makes the query.
    public init(cityId: UUID? = nil) {
        self.cityId = cityId
    }

    /// Who is locked out.
    public struct Reply: Codable, Equatable, Sendable {
        /// The last to end first; at most ``FindLockouts/lockoutsMax``.
        public var lockouts: [Lockout]

        /// Makes the answer.
        public init(lockouts: [Lockout]) {
            self.lockouts = lockouts
        }
    }
}

extension Catalogue {
    static let throttle = Group(
        requests: [Entry(EndLockout.self), Entry(FindLockouts.self)], events: [LockedOut.self, LockoutEnded.self])
}
