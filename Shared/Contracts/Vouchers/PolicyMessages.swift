public import FoundationEssentials

// What laws and agreements fix by country, and an administrator changes: each is a thing with an id and a version.

/// The value-added tax on what merchants pay for the service, from a day on.
public struct FeeVATRate: Codable, Hashable, Sendable {
    /// For the audit.
    public var policyId: UUID
    /// Of the merchant's city: ISO 3166-1, two letters.
    public var country: String
    /// The first day on which it holds.
    public var firstDay: Day
    /// 2000 is 20 %.
    public var basisPoints: Int
    /// Grows with each change of the rate from that day on.
    public var version: Int64

    /// Makes a rate.
    public init(policyId: UUID, country: String, firstDay: Day, basisPoints: Int, version: Int64) {
        self.policyId = policyId
        self.country = country
        self.firstDay = firstDay
        self.basisPoints = basisPoints
        self.version = version
    }
}

/// Sets the tax on fees in a country from a day on: `vouchers.set-fee-vat-rate.v1`.
///
/// A settlement takes the rate that holds on its last day. What is closed never changes: a day before the end of a settlement
/// that has used a rate of the country, and is closed or being closed, is refused with `rate-settled`.
public struct SetFeeVATRate: ReasonedCommand {
    /// `vouchers.set-fee-vat-rate.v1`.
    public static let type = MessageType(.vouchers, .command, "set-fee-vat-rate")
    /// What a successful answer holds: the policy's id and version.
    public typealias Reply = Registered

    /// Of the merchant's city: ISO 3166-1, two letters.
    public var country: String
    /// The first day on which it holds; the same day again corrects it.
    public var firstDay: Day
    /// 2000 is 20 %.
    public var basisPoints: Int
    /// The law that says so, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(country: String, firstDay: Day, basisPoints: Int, reason: String? = nil) {
        self.country = country
        self.firstDay = firstDay
        self.basisPoints = basisPoints
        self.reason = reason
    }

    /// Messages about one country keep their order.
    public var orderingKey: String? { country }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.country(country)
        checks.day(firstDay, "firstDay")
        // No country has a rate below 1 %: who writes 20 means 2000.
        checks.require(
            basisPoints == 0 || (100...5_000).contains(basisPoints), "basisPoints",
            "must be 0, or 100 to 5000; 2000 is 20 %")
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// A country has a rate of tax on fees: `vouchers.fee-vat-rate-set.v1` (state).
public struct FeeVATRateSet: AuditedEvent {
    /// `vouchers.fee-vat-rate-set.v1`.
    public static let type = MessageType(.vouchers, .event, "fee-vat-rate-set")

    /// The rate.
    public var rate: FeeVATRate

    /// Makes the event.
    public init(_ rate: FeeVATRate) {
        self.rate = rate
    }

    /// The version.
    public var sequence: Int64? { rate.version }
    /// The policy.
    public var auditedId: UUID { rate.policyId }
}

/// How long vouchers of a country live, by its law.
public struct ExpiryRule: Codable, Hashable, Sendable {
    /// For the audit.
    public var policyId: UUID
    /// Of the city that issues: ISO 3166-1, two letters.
    public var country: String
    /// A printed validity is at least so long; no least if absent.
    public var validityMonthsMin: Int?
    /// Whether every voucher says how long it can be spent.
    public var validityRequired: Bool
    /// How long the money can be claimed; for ever if absent.
    public var limitation: Limitation?
    /// Grows with each change.
    public var version: Int64

    /// Makes a rule.
    public init(
        policyId: UUID, country: String, validityMonthsMin: Int?, validityRequired: Bool, limitation: Limitation?,
        version: Int64
    ) {
        self.policyId = policyId
        self.country = country
        self.validityMonthsMin = validityMonthsMin
        self.validityRequired = validityRequired
        self.limitation = limitation
        self.version = version
    }
}

/// Sets how long vouchers of a country live: `vouchers.set-expiry-policy.v1`.
///
/// It holds for the terms that are made from now on: what is sold under earlier terms, and was sold, keeps its days.
public struct SetExpiryPolicy: ReasonedCommand {
    /// `vouchers.set-expiry-policy.v1`.
    public static let type = MessageType(.vouchers, .command, "set-expiry-policy")
    /// What a successful answer holds: the policy's id and version.
    public typealias Reply = Registered

    /// Of the cities that issue: ISO 3166-1, two letters.
    public var country: String
    /// A printed validity is at least so long; no least if absent.
    public var validityMonthsMin: Int?
    /// Whether every voucher says how long it can be spent.
    public var validityRequired: Bool
    /// How long the money can be claimed; for ever if absent.
    public var limitation: Limitation?
    /// The law that says so, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(
        country: String, validityMonthsMin: Int? = nil, validityRequired: Bool, limitation: Limitation? = nil,
        reason: String? = nil
    ) {
        self.country = country
        self.validityMonthsMin = validityMonthsMin
        self.validityRequired = validityRequired
        self.limitation = limitation
        self.reason = reason
    }

    /// Messages about one country keep their order.
    public var orderingKey: String? { country }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.country(country)
        if let least = validityMonthsMin {
            checks.require((1...1_200).contains(least), "validityMonthsMin", "must be 1 to 1200")
        }
        if let limitation {
            checks.require((1...100).contains(limitation.years), "limitation.years", "must be 1 to 100")
            let least = min(max(validityMonthsMin ?? 0, 0), 1_200)
            checks.require(
                limitation.years >= (least + 11) / 12, "limitation.years", "must not end before the least validity")
        }
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// The law of a country on how long vouchers live is so now: `vouchers.expiry-policy-set.v1` (state).
public struct ExpiryPolicySet: AuditedEvent {
    /// `vouchers.expiry-policy-set.v1`.
    public static let type = MessageType(.vouchers, .event, "expiry-policy-set")

    /// The rule.
    public var rule: ExpiryRule

    /// Makes the event.
    public init(_ rule: ExpiryRule) {
        self.rule = rule
    }

    /// The version.
    public var sequence: Int64? { rule.version }
    /// The policy.
    public var auditedId: UUID { rule.policyId }
}

/// What an employee may be given in a year, from a year on.
public struct BenefitCap: Codable, Hashable, Sendable {
    /// For the audit.
    public var policyId: UUID
    /// Of the city that issues: ISO 3166-1, two letters.
    public var country: String
    /// The first year in which it holds.
    public var fromYear: Int
    /// Of one employee in one year.
    public var cap: Money
    /// Grows with each change of the cap from that year on.
    public var version: Int64

    /// Makes a cap.
    public init(policyId: UUID, country: String, fromYear: Int, cap: Money, version: Int64) {
        self.policyId = policyId
        self.country = country
        self.fromYear = fromYear
        self.cap = cap
        self.version = version
    }
}

/// Sets what employees may be given in a country from a year on: `vouchers.set-benefit-cap.v1`.
///
/// It counts for orders from now on, and takes nothing back. Refused with `year-past`: what held in earlier years stays as it was.
/// What an employee was given in another currency does not count.
public struct SetBenefitCap: ReasonedCommand {
    /// `vouchers.set-benefit-cap.v1`.
    public static let type = MessageType(.vouchers, .command, "set-benefit-cap")
    /// What a successful answer holds: the policy's id and version.
    public typealias Reply = Registered

    /// Of the cities that issue: ISO 3166-1, two letters.
    public var country: String
    /// The first year in which it holds; the same year again corrects it.
    public var fromYear: Int
    /// Of one employee in one year.
    public var cap: Money
    /// The law that says so, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(country: String, fromYear: Int, cap: Money, reason: String? = nil) {
        self.country = country
        self.fromYear = fromYear
        self.cap = cap
        self.reason = reason
    }

    /// Messages about one country keep their order.
    public var orderingKey: String? { country }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.country(country)
        checks.require((2000...2100).contains(fromYear), "fromYear", "must be 2000 to 2100")
        checks.money(cap, "cap", in: 1...100_000_000)
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// A country has a cap on what employees are given: `vouchers.benefit-cap-set.v1` (state).
public struct BenefitCapSet: AuditedEvent {
    /// `vouchers.benefit-cap-set.v1`.
    public static let type = MessageType(.vouchers, .event, "benefit-cap-set")

    /// The cap.
    public var cap: BenefitCap

    /// Makes the event.
    public init(_ cap: BenefitCap) {
        self.cap = cap
    }

    /// The version.
    public var sequence: Int64? { cap.version }
    /// The policy.
    public var auditedId: UUID { cap.policyId }
}

/// What issuers of a country may issue within twelve months before its authority must be told.
public struct LimitedNetworkLimit: Codable, Hashable, Sendable {
    /// For the audit.
    public var policyId: UUID
    /// Of the city that issues: ISO 3166-1, two letters.
    public var country: String
    /// More than this must be notified; other currencies do not count.
    public var limit: Money
    /// From which part of it on somebody should know.
    public var warnPercent: Int
    /// Grows with each change.
    public var version: Int64

    /// Makes a limit.
    public init(policyId: UUID, country: String, limit: Money, warnPercent: Int, version: Int64) {
        self.policyId = policyId
        self.country = country
        self.limit = limit
        self.warnPercent = warnPercent
        self.version = version
    }
}

/// Sets what must be notified in a country: `vouchers.set-limited-network.v1`.
///
/// The sums of twelve months are compared with it within minutes.
public struct SetLimitedNetwork: ReasonedCommand {
    /// `vouchers.set-limited-network.v1`.
    public static let type = MessageType(.vouchers, .command, "set-limited-network")
    /// What a successful answer holds: the policy's id and version.
    public typealias Reply = Registered

    /// Of the cities that issue: ISO 3166-1, two letters.
    public var country: String
    /// More than this must be notified.
    public var limit: Money
    /// From which part of it on somebody should know.
    public var warnPercent: Int
    /// The law that says so, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(country: String, limit: Money, warnPercent: Int, reason: String? = nil) {
        self.country = country
        self.limit = limit
        self.warnPercent = warnPercent
        self.reason = reason
    }

    /// Messages about one country keep their order.
    public var orderingKey: String? { country }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.country(country)
        checks.money(limit, "limit", in: 1...1_000_000_000_000)
        checks.require((1...100).contains(warnPercent), "warnPercent", "must be 1 to 100")
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// What must be notified in a country is so now: `vouchers.limited-network-set.v1` (state).
public struct LimitedNetworkSet: AuditedEvent {
    /// `vouchers.limited-network-set.v1`.
    public static let type = MessageType(.vouchers, .event, "limited-network-set")

    /// The limit.
    public var limit: LimitedNetworkLimit

    /// Makes the event.
    public init(_ limit: LimitedNetworkLimit) {
        self.limit = limit
    }

    /// The version.
    public var sequence: Int64? { limit.version }
    /// The policy.
    public var auditedId: UUID { limit.policyId }
}

extension Checks {
    /// Requires a country of ISO 3166-1.
    mutating func country(_ value: String) {
        require(Self.isCountry(value), "country", "must be two capital letters")
    }
}

extension Catalogue {
    static let policies = Group(
        requests: [
            Entry(SetFeeVATRate.self), Entry(SetExpiryPolicy.self), Entry(SetBenefitCap.self),
            Entry(SetLimitedNetwork.self), Entry(FindPolicies.self),
        ],
        events: [FeeVATRateSet.self, ExpiryPolicySet.self, BenefitCapSet.self, LimitedNetworkSet.self])
}
