public import FoundationEssentials

/// Sets for a time whether one city takes another's vouchers: `cities.set-acceptance.v1`.
///
/// It replaces what was set for those days before, and leaves all other days as they are. What changes nothing is answered
/// and said to nobody. Refused with `city-unknown`, `version-differs`, `acceptance-full`.
public struct SetAcceptance: ReasonedCommand {
    /// `cities.set-acceptance.v1`.
    public static let type = MessageType(.cities, .command, "set-acceptance")

    /// The most edges of a pair.
    public static let edgesMax = 100

    /// What decides from now on.
    public enum Decision: String, Codable, CaseIterable, Sendable {
        /// The vouchers are taken.
        case allow
        /// The vouchers are not taken.
        case deny
        /// The rule for members decides again.
        case rule
    }

    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The city where the vouchers are to be spent.
    public var acceptingCityId: UUID
    /// For which days.
    public var period: Period
    /// What decides on those days.
    public var decision: Decision
    /// The version of the pair that the sender has seen; 0 where nothing was ever set.
    public var expectedVersion: Int64
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(
        issuerCityId: UUID, acceptingCityId: UUID, period: Period, decision: Decision, expectedVersion: Int64,
        reason: String? = nil
    ) {
        self.issuerCityId = issuerCityId
        self.acceptingCityId = acceptingCityId
        self.period = period
        self.decision = decision
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Whose vouchers where.
    public var pair: CityPair { CityPair(issuerCityId: issuerCityId, acceptingCityId: acceptingCityId) }
    /// Messages about one pair keep their order.
    public var orderingKey: String? { "\(issuerCityId.text)/\(acceptingCityId.text)" }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(issuerCityId != acceptingCityId, "acceptingCityId", "is the issuer: it takes its own vouchers")
        checks.period(period, "period")
        checks.version(expectedVersion, from: 0)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }

    /// What is set for the pair now.
    public struct Reply: Codable, Equatable, Sendable {
        /// The edges in the order of days; on all other days the rule for members decides.
        public var edges: [AcceptanceEdge]
        /// The version of the pair.
        public var version: Int64

        /// Makes the answer.
        public init(edges: [AcceptanceEdge], version: Int64) {
            self.edges = edges
            self.version = version
        }
    }
}

/// This is set for a pair of cities: `cities.acceptance-changed.v1` (state).
public struct AcceptanceChanged: AuditedEvent {
    /// `cities.acceptance-changed.v1`.
    public static let type = MessageType(.cities, .event, "acceptance-changed")

    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The city where the vouchers are to be spent.
    public var acceptingCityId: UUID
    /// In the order of days, none twice on a day; on all other days the rule for members decides.
    public var edges: [AcceptanceEdge]
    /// Grows with each change of the pair.
    public var version: Int64

    /// Makes the event.
    public init(_ pair: CityPair, edges: [AcceptanceEdge], version: Int64) {
        issuerCityId = pair.issuerCityId
        acceptingCityId = pair.acceptingCityId
        self.edges = edges
        self.version = version
    }

    /// Whose vouchers where.
    public var pair: CityPair { CityPair(issuerCityId: issuerCityId, acceptingCityId: acceptingCityId) }
    /// Messages about one pair keep their order.
    public var orderingKey: String? { "\(issuerCityId.text)/\(acceptingCityId.text)" }
    /// The pair's version.
    public var sequence: Int64? { version }
    /// The city that owes the money.
    public var auditedId: UUID { issuerCityId }
}

/// Tells which cities take whose vouchers on a day: `cities.find-acceptance.v1`.
///
/// The answer is about vouchers that are issued on that day. A city's own are left out: it takes them always.
public struct FindAcceptance: Query {
    /// `cities.find-acceptance.v1`.
    public static let type = MessageType(.cities, .query, "find-acceptance")

    /// The day.
    public var day: Day
    /// Whose vouchers; everybody's if absent.
    public var issuerCityId: UUID?
    /// Taken where; everywhere if absent.
    public var acceptingCityId: UUID?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: CityPair?

    /// Makes the query.
    public init(
        day: Day, issuerCityId: UUID? = nil, acceptingCityId: UUID? = nil, limit: Int? = nil, after: CityPair? = nil
    ) {
        self.day = day
        self.issuerCityId = issuerCityId
        self.acceptingCityId = acceptingCityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.day(day, "day")
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page of pairs in the order of issuers, then of accepting cities.
    public struct Reply: Codable, Equatable, Sendable {
        /// One city takes another's vouchers.
        public struct Accepted: Codable, Equatable, Sendable {
            /// The city that owes the money.
            public var issuerCityId: UUID
            /// The city where they are taken.
            public var acceptingCityId: UUID
            /// `allowed` or `members`.
            public var because: AcceptanceRule.Answer
            /// The version for ``SetAcceptance``; 0 where nothing was ever set.
            public var version: Int64

            /// Makes one.
            public init(_ pair: CityPair, because: AcceptanceRule.Answer, version: Int64) {
                issuerCityId = pair.issuerCityId
                acceptingCityId = pair.acceptingCityId
                self.because = because
                self.version = version
            }
        }

        /// The pairs.
        public var accepted: [Accepted]
        /// What to send as `after` for the next page; absent on the last.
        public var next: CityPair?

        /// Makes a page.
        public init(accepted: [Accepted], next: CityPair?) {
            self.accepted = accepted
            self.next = next
        }
    }
}
