public import FoundationEssentials

/// What is known of an organisation that takes part for one or more cities.
public struct PartnerFacts: Codable, Hashable, Sendable {
    /// What an organisation is in the cooperation.
    public enum Role: String, Codable, CaseIterable, Sendable {
        /// Answers for the whole of it.
        case lead
        /// Answers for its part.
        case partner
    }

    /// For foreign keys.
    public var partnerId: UUID
    /// As the organisation writes it.
    public var name: String
    /// Lead or partner.
    public var role: Role
    /// The cities that it represents.
    public var cityIds: [UUID]

    /// Makes an organisation.
    public init(partnerId: UUID, name: String, role: Role, cityIds: [UUID]) {
        self.partnerId = partnerId
        self.name = name
        self.role = role
        self.cityIds = cityIds
    }
}

/// Registers a partner organisation, or puts other facts in the place of those it has: `cities.register-partner.v1`.
///
/// Refused with `city-unknown`, `partner-differs`, `partner-unknown`, `version-differs`. A repeat with the same content gets
/// the first answer.
public struct RegisterPartner: ReasonedCommand {
    /// `cities.register-partner.v1`.
    public static let type = MessageType(.cities, .command, "register-partner")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// The organisation.
    public var partner: PartnerFacts
    /// The version whose facts these replace; absent for a new organisation.
    public var expectedVersion: Int64?
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(_ partner: PartnerFacts, expectedVersion: Int64? = nil, reason: String? = nil) {
        self.partner = partner
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { partner.partnerId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(partner.name, "name")
        checks.require((1...100).contains(partner.cityIds.count), "cityIds", "must be 1 to 100")
        checks.require(Set(partner.cityIds).count == partner.cityIds.count, "cityIds", "has one twice")
        if let expectedVersion { checks.version(expectedVersion) }
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

/// A partner organisation is known, in this state: `cities.partner-registered.v1` (state).
public struct PartnerRegistered: AuditedEvent {
    /// `cities.partner-registered.v1`.
    public static let type = MessageType(.cities, .event, "partner-registered")

    /// The organisation.
    public var partner: PartnerFacts
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(_ partner: PartnerFacts, version: Int64) {
        self.partner = partner
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { partner.partnerId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The organisation.
    public var auditedId: UUID { partner.partnerId }
}

/// Finds partner organisations: `cities.find-partners.v1`.
public struct FindPartners: Query {
    /// `cities.find-partners.v1`.
    public static let type = MessageType(.cities, .query, "find-partners")

    /// Those that represent this city; all if absent.
    public var cityId: UUID?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(cityId: UUID? = nil, limit: Int? = nil, after: UUID? = nil) {
        self.cityId = cityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page of organisations in the order of their ids.
    public struct Reply: Codable, Equatable, Sendable {
        /// An organisation and its version.
        public struct Found: Codable, Equatable, Sendable {
            /// The organisation.
            public var partner: PartnerFacts
            /// Its version.
            public var version: Int64

            /// Makes one.
            public init(partner: PartnerFacts, version: Int64) {
                self.partner = partner
                self.version = version
            }
        }

        /// The organisations.
        public var partners: [Found]
        /// What to send as `after` for the next page; absent on the last.
        public var next: UUID?

        /// Makes a page.
        public init(partners: [Found], next: UUID?) {
            self.partners = partners
            self.next = next
        }
    }
}
