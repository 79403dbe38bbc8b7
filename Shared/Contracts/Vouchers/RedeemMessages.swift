public import FoundationEssentials

/// Spends a voucher, wholly or in part: `vouchers.redeem.v1`.
///
/// Refused with `voucher-not-usable` (unknown, blocked, expired: the outside learns no more), `insufficient-balance`,
/// `currency-differs`, `not-accepted-here`, `merchant-unknown` and `acceptance-unknown` (retryable), `merchant-closed`,
/// `redemption-differs` (the id was used with other content), `too-many-wrong-codes` (retryable: who has tried too many, or whose
/// merchant has, waits; the detail says until when, and the id is not used up).
public struct RedeemVoucher: Command {
    /// `vouchers.redeem.v1`.
    public static let type = MessageType(.vouchers, .command, "redeem")

    /// Chosen by the till; a repeat gets the first outcome.
    public var redemptionId: UUID
    /// The voucher's code, in any case, with or without hyphens.
    public var code: Secret
    /// Who is paid.
    public var merchantId: UUID
    /// How much.
    public var amount: Money

    /// Makes the command.
    public init(redemptionId: UUID, code: Secret, merchantId: UUID, amount: Money) {
        self.redemptionId = redemptionId
        self.code = code
        self.merchantId = merchantId
        self.amount = amount
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { code.revealed }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(amount, "amount", in: 1...1_000_000)
        checks.require((1...64).contains(code.revealed.utf8.count), "code", "must have 1 to 64 characters")
        try checks.finish()
    }

    /// The receipt.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var redemptionId: UUID
        /// The voucher.
        public var voucherId: UUID
        /// What was spent.
        public var amount: Money
        /// What is left.
        public var balance: Money
        /// When.
        public var redeemedAt: Timestamp

        /// Makes the answer.
        public init(redemptionId: UUID, voucherId: UUID, amount: Money, balance: Money, redeemedAt: Timestamp) {
            self.redemptionId = redemptionId
            self.voucherId = voucherId
            self.amount = amount
            self.balance = balance
            self.redeemedAt = redeemedAt
        }
    }
}

/// A voucher was spent, wholly or in part: `vouchers.redeemed.v1` (fact).
public struct VoucherRedeemed: Event {
    /// `vouchers.redeemed.v1`.
    public static let type = MessageType(.vouchers, .event, "redeemed")

    /// Of the command.
    public var redemptionId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// Who is paid.
    public var merchantId: UUID
    /// The city where it was spent.
    public var cityId: UUID
    /// What was spent.
    public var amount: Money
    /// What is left.
    public var balance: Money
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var redeemedAt: Timestamp
    /// The hold that it was captured from; spent at once if absent.
    public var holdId: UUID?

    /// Makes the event.
    public init(
        redemptionId: UUID, voucherId: UUID, issuerCityId: UUID, merchantId: UUID, cityId: UUID, amount: Money,
        balance: Money, personId: UUID?, redeemedAt: Timestamp, holdId: UUID? = nil
    ) {
        self.redemptionId = redemptionId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.merchantId = merchantId
        self.cityId = cityId
        self.amount = amount
        self.balance = balance
        self.personId = personId
        self.redeemedAt = redeemedAt
        self.holdId = holdId
    }
}

/// A voucher was not spent: `vouchers.redeem-refused.v1`.
///
/// Says no more than the answer to the till.
public struct RedemptionRefused: Event {
    /// `vouchers.redeem-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "redeem-refused")

    /// Of the command.
    public var redemptionId: UUID
    /// The public code.
    public var code: String

    /// Makes the event.
    public init(redemptionId: UUID, code: String) {
        self.redemptionId = redemptionId
        self.code = code
    }
}

/// Asks what is left on a voucher: `vouchers.get-balance.v1`.
///
/// Refused with `voucher-not-usable`, `too-many-wrong-codes` (retryable).
public struct GetBalance: Query {
    /// `vouchers.get-balance.v1`.
    public static let type = MessageType(.vouchers, .query, "get-balance")

    /// The voucher's code.
    public var code: Secret

    /// Makes the query.
    public init(code: Secret) {
        self.code = code
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((1...64).contains(code.revealed.utf8.count), "code", "must have 1 to 64 characters")
        try checks.finish()
    }

    /// What is left.
    public struct Reply: Codable, Equatable, Sendable {
        /// The voucher.
        public var voucherId: UUID
        /// What can be spent.
        public var balance: Money

        /// Makes the answer.
        public init(voucherId: UUID, balance: Money) {
            self.voucherId = voucherId
            self.balance = balance
        }
    }
}

extension Catalogue {
    static let redeeming = Group(
        requests: [Entry(RedeemVoucher.self), Entry(GetBalance.self)],
        events: [VoucherRedeemed.self, RedemptionRefused.self])
}
