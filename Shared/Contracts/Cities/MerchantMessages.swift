public import FoundationEssentials

/// Registers a merchant in a city: `cities.register-merchant.v1`.
///
/// Refused with `city-unknown`, `merchant-differs`.
public struct RegisterMerchant: ReasonedCommand {
    /// `cities.register-merchant.v1`.
    public static let type = MessageType(.cities, .command, "register-merchant")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// For foreign keys.
    public var merchantId: UUID
    /// Where the merchant is.
    public var cityId: UUID
    /// As it stands over the door.
    public var name: String
    /// NACE revision 2.
    public var category: String?
    /// With the country's letters.
    public var vatId: String?
    /// The account that is paid into.
    public var iban: Secret?
    /// The days on which the merchant takes part.
    public var contract: Period?
    /// What the cooperation keeps of each redemption, in hundredths of a percent: 0 to 10000.
    public var feeBasisPoints: Int?
    /// Places of business.
    public var branches: [MerchantBranch]?
    /// Tills.
    public var terminals: [MerchantTerminal]?
    /// Whom to speak to.
    public var contactPersonId: UUID?
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(merchantId: UUID, cityId: UUID, name: String) {
        self.init(MerchantFacts(merchantId: merchantId, cityId: cityId, name: name))
    }

    /// Makes the command from what is known of the merchant.
    public init(_ facts: MerchantFacts, iban: Secret? = nil, reason: String? = nil) {
        merchantId = facts.merchantId
        cityId = facts.cityId
        name = facts.name
        category = facts.category
        vatId = facts.vatId
        self.iban = iban
        contract = facts.contract
        feeBasisPoints = facts.feeBasisPoints
        branches = facts.branches.isEmpty ? nil : facts.branches
        terminals = facts.terminals.isEmpty ? nil : facts.terminals
        contactPersonId = facts.contactPersonId
        self.reason = reason
    }

    /// What is said of the merchant.
    public var facts: MerchantFacts {
        MerchantFacts(
            merchantId: merchantId, cityId: cityId, name: name, category: category, vatId: vatId, contract: contract,
            feeBasisPoints: feeBasisPoints, branches: branches ?? [], terminals: terminals ?? [],
            contactPersonId: contactPersonId)
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { merchantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        facts.check(&checks)
        checks.account(iban)
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// A merchant is known, in this state: `cities.merchant-registered.v1` (state).
public struct MerchantRegistered: AuditedEvent {
    /// `cities.merchant-registered.v1`.
    public static let type = MessageType(.cities, .event, "merchant-registered")

    /// The merchant.
    public var merchantId: UUID
    /// Where it is.
    public var cityId: UUID
    /// As it stands over the door.
    public var name: String
    /// Grows with each change.
    public var version: Int64
    /// NACE revision 2.
    public var category: String?
    /// With the country's letters.
    public var vatId: String?
    /// The days on which the merchant takes part.
    public var contract: Period?
    /// What the cooperation keeps of each redemption, in hundredths of a percent.
    public var feeBasisPoints: Int?
    /// Places of business.
    public var branches: [MerchantBranch]?
    /// Tills.
    public var terminals: [MerchantTerminal]?
    /// The first day on which it takes no vouchers any more.
    public var closedFrom: Day?

    /// Makes the event of a merchant of whom only this is known.
    public init(merchantId: UUID, cityId: UUID, name: String, version: Int64) {
        self.init(MerchantFacts(merchantId: merchantId, cityId: cityId, name: name), version: version)
    }

    /// Makes the event.
    public init(_ facts: MerchantFacts, version: Int64, closedFrom: Day? = nil) {
        merchantId = facts.merchantId
        cityId = facts.cityId
        name = facts.name
        self.version = version
        category = facts.category
        vatId = facts.vatId
        contract = facts.contract
        feeBasisPoints = facts.feeBasisPoints
        branches = facts.branches.isEmpty ? nil : facts.branches
        terminals = facts.terminals.isEmpty ? nil : facts.terminals
        self.closedFrom = closedFrom
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { merchantId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The merchant.
    public var auditedId: UUID { merchantId }
}

/// A merchant was not registered: `cities.register-merchant-refused.v1`.
public struct MerchantRefused: Event {
    /// `cities.register-merchant-refused.v1`.
    public static let type = MessageType(.cities, .refusal, "register-merchant-refused")

    /// The merchant of the command.
    public var merchantId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(merchantId: UUID, code: String) {
        self.merchantId = merchantId
        self.code = code
    }
}
