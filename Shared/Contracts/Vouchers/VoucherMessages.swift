public import FoundationEssentials

/// Issues one active voucher: `vouchers.issue.v1`.
///
/// The code is in the answer and nowhere else; a repeat gets it again for 10 minutes, then `already-issued`.
/// Refused with `city-unknown` (retryable: the city may not have been heard of yet), `issue-differs`.
public struct IssueVoucher: Command {
    /// `vouchers.issue.v1`.
    public static let type = MessageType(.vouchers, .command, "issue")
    /// Ten minutes: the answer holds a code.
    public static let replyKeptSeconds = 600
    /// `already-issued`.
    public static var expiredReply: Problem {
        Problem("already-issued", "This voucher was issued; its code is no longer shown.")
    }

    /// Chosen by the seller; the same id with other content is refused.
    public var issueId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What was paid and can be spent: 1.00 to 10,000.00.
    public var value: Money
    /// Who is told what happens to the voucher; nobody if absent.
    public var personId: UUID?

    /// Makes the command.
    public init(issueId: UUID, issuerCityId: UUID, value: Money, personId: UUID? = nil) {
        self.issueId = issueId
        self.issuerCityId = issuerCityId
        self.value = value
        self.personId = personId
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { issueId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(value, "value", in: 100...1_000_000)
        try checks.finish()
    }

    /// The new voucher with its code.
    public struct Reply: Codable, Equatable, Sendable {
        /// The voucher.
        public var voucherId: UUID
        /// Bearer money: four groups of four characters.
        public var code: Secret
        /// What can be spent.
        public var value: Money

        /// Makes the answer.
        public init(voucherId: UUID, code: Secret, value: Money) {
            self.voucherId = voucherId
            self.code = code
            self.value = value
        }
    }
}

/// A voucher was issued: `vouchers.issued.v1` (fact).
public struct VoucherIssued: Event {
    /// `vouchers.issued.v1`.
    public static let type = MessageType(.vouchers, .event, "issued")

    /// Of the command.
    public var issueId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What was paid.
    public var value: Money
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var issuedAt: Timestamp

    /// Makes the event.
    public init(
        issueId: UUID, voucherId: UUID, issuerCityId: UUID, value: Money, personId: UUID?, issuedAt: Timestamp
    ) {
        self.issueId = issueId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.value = value
        self.personId = personId
        self.issuedAt = issuedAt
    }
}

/// A voucher was not issued: `vouchers.issue-refused.v1`.
public struct IssueRefused: Event {
    /// `vouchers.issue-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "issue-refused")

    /// Of the command.
    public var issueId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(issueId: UUID, code: String) {
        self.issueId = issueId
        self.code = code
    }
}

/// Spends a voucher, wholly or in part: `vouchers.redeem.v1`.
///
/// Refused with `voucher-not-usable` (unknown, blocked, expired: the outside learns no more), `insufficient-balance`,
/// `currency-differs`, `merchant-unknown` (retryable), `merchant-closed`, `redemption-differs` (the id was used with other
/// content).
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

    /// Makes the event.
    public init(
        redemptionId: UUID, voucherId: UUID, issuerCityId: UUID, merchantId: UUID, cityId: UUID, amount: Money,
        balance: Money, personId: UUID?, redeemedAt: Timestamp
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
/// Refused with `voucher-not-usable`.
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

/// Asks for the sums of the ledger: `vouchers.get-ledger.v1`.
public struct GetLedger: Query {
    /// `vouchers.get-ledger.v1`.
    public static let type = MessageType(.vouchers, .query, "get-ledger")

    /// Makes the query.
    public init() {}

    /// The sums, replayed from the journal.
    public struct Reply: Codable, Equatable, Sendable {
        /// One kind of account in one currency.
        public struct Line: Codable, Equatable, Sendable {
            /// `voucher`, `issuer-cash`, `merchant-payable`.
            public var account: String
            /// ISO 4217.
            public var currency: String
            /// Debits less credits, in minor units.
            public var sum: Int64

            /// Makes a line.
            public init(account: String, currency: String, sum: Int64) {
                self.account = account
                self.currency = currency
                self.sum = sum
            }
        }

        /// The lines, by account and currency.
        public var lines: [Line]
        /// Vouchers issued.
        public var vouchers: Int64
        /// Redemptions booked.
        public var redemptions: Int64
        /// Whether every currency sums to zero and the vouchers' balances equal their postings.
        public var balanced: Bool

        /// Makes the answer.
        public init(lines: [Line], vouchers: Int64, redemptions: Int64, balanced: Bool) {
            self.lines = lines
            self.vouchers = vouchers
            self.redemptions = redemptions
            self.balanced = balanced
        }
    }
}
