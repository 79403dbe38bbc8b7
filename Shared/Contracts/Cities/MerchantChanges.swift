public import FoundationEssentials

/// Replaces what is known of a merchant: `cities.revise-merchant.v1`.
///
/// Refused with `merchant-unknown` (also if it is in another city than the command says) and `version-differs`.
public struct ReviseMerchant: ReasonedCommand {
    /// `cities.revise-merchant.v1`.
    public static let type = MessageType(.cities, .command, "revise-merchant")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// All that is known from now on; its id and city say which merchant is meant.
    public var merchant: MerchantFacts
    /// The version that the sender has seen.
    public var expectedVersion: Int64
    /// The account that is paid into; absent leaves it as it is, an empty text removes it.
    public var iban: Secret?
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(_ merchant: MerchantFacts, expectedVersion: Int64, iban: Secret? = nil, reason: String? = nil) {
        self.merchant = merchant
        self.expectedVersion = expectedVersion
        self.iban = iban
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { merchant.merchantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        merchant.check(&checks)
        checks.require(expectedVersion > 0, "expectedVersion", "must be a version")
        if iban?.revealed != "" { checks.account(iban) }
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// Says from which day on a merchant takes no vouchers any more: `cities.close-merchant.v1`.
///
/// Sent again with another day it moves the day. Refused with `merchant-unknown`.
public struct CloseMerchant: ReasonedCommand {
    /// `cities.close-merchant.v1`.
    public static let type = MessageType(.cities, .command, "close-merchant")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// Which one.
    public var merchantId: UUID
    /// Where it is.
    public var cityId: UUID
    /// The first day without vouchers.
    public var from: Day
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(merchantId: UUID, cityId: UUID, from: Day, reason: String? = nil) {
        self.merchantId = merchantId
        self.cityId = cityId
        self.from = from
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { merchantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.day(from, "from")
        checks.statedReason(reason)
        try checks.finish()
    }
}
