public import FoundationEssentials

/// Registers a merchant in a city: `cities.register-merchant.v1`.
///
/// Refused with `city-unknown`, `merchant-differs`.
public struct RegisterMerchant: Command {
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

    /// Makes the command.
    public init(merchantId: UUID, cityId: UUID, name: String) {
        self.merchantId = merchantId
        self.cityId = cityId
        self.name = name
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { merchantId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(name, "name", max: 140)
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

    /// Makes the event.
    public init(merchantId: UUID, cityId: UUID, name: String, version: Int64) {
        self.merchantId = merchantId
        self.cityId = cityId
        self.name = name
        self.version = version
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
