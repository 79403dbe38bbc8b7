public import FoundationEssentials

/// Takes a redemption back, wholly or in part, before or after it was paid out: `vouchers.reverse-redemption.v1`.
///
/// The money is on the voucher again, also on one that is blocked, replaced or past its printed validity meanwhile; a shop that was paid
/// already owes it to the next settlement. All reversals of a redemption together take back at most all of it. Refused with
/// `redemption-unknown` (retryable), `exceeds-redemption`, `currency-differs`, `voucher-not-usable` (cancelled, or its claim
/// has lapsed), `reversal-differs`.
public struct ReverseRedemption: ReasonedCommand {
    /// `vouchers.reverse-redemption.v1`.
    public static let type = MessageType(.vouchers, .command, "reverse-redemption")

    /// Chosen by the till; a repeat gets the first outcome.
    public var reversalId: UUID
    /// What is taken back.
    public var redemptionId: UUID
    /// Who was paid.
    public var merchantId: UUID
    /// How much of it.
    public var amount: Money
    /// For people; it stands in the audit.
    public var reason: String?

    /// Makes the command.
    public init(reversalId: UUID, redemptionId: UUID, merchantId: UUID, amount: Money, reason: String? = nil) {
        self.reversalId = reversalId
        self.redemptionId = redemptionId
        self.merchantId = merchantId
        self.amount = amount
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { redemptionId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(amount, "amount", in: 1...1_000_000)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }

    /// What was taken back.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var reversalId: UUID
        /// Of the command.
        public var redemptionId: UUID
        /// What was taken back now.
        public var amount: Money
        /// What is left of the redemption.
        public var remaining: Money
        /// When.
        public var reversedAt: Timestamp

        /// Makes the answer.
        public init(
            reversalId: UUID, redemptionId: UUID, amount: Money, remaining: Money, reversedAt: Timestamp
        ) {
            self.reversalId = reversalId
            self.redemptionId = redemptionId
            self.amount = amount
            self.remaining = remaining
            self.reversedAt = reversedAt
        }
    }
}

/// A redemption was taken back, wholly or in part: `vouchers.redemption-reversed.v1` (fact).
public struct RedemptionReversed: AuditedEvent {
    /// `vouchers.redemption-reversed.v1`.
    public static let type = MessageType(.vouchers, .event, "redemption-reversed")

    /// Of the command.
    public var reversalId: UUID
    /// What was taken back.
    public var redemptionId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// Who was paid.
    public var merchantId: UUID
    /// The city where it was spent.
    public var cityId: UUID
    /// What was taken back now.
    public var amount: Money
    /// What is left of the redemption.
    public var remaining: Money
    /// What can be spent now.
    public var balance: Money
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var reversedAt: Timestamp

    /// Makes the event.
    public init(
        reversalId: UUID, redemptionId: UUID, voucherId: UUID, issuerCityId: UUID, merchantId: UUID, cityId: UUID,
        amount: Money, remaining: Money, balance: Money, personId: UUID?, reversedAt: Timestamp
    ) {
        self.reversalId = reversalId
        self.redemptionId = redemptionId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.merchantId = merchantId
        self.cityId = cityId
        self.amount = amount
        self.remaining = remaining
        self.balance = balance
        self.personId = personId
        self.reversedAt = reversedAt
    }

    /// The redemption.
    public var auditedId: UUID { redemptionId }
}

/// A redemption was not taken back: `vouchers.reverse-redemption-refused.v1`.
public struct ReversalRefused: Event {
    /// `vouchers.reverse-redemption-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "reverse-redemption-refused")

    /// Of the command.
    public var reversalId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(reversalId: UUID, code: String) {
        self.reversalId = reversalId
        self.code = code
    }
}

extension Catalogue {
    static let reversals = Group(
        requests: [Entry(ReverseRedemption.self)], events: [RedemptionReversed.self, ReversalRefused.self])
}
