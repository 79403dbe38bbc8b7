public import FoundationEssentials

/// What operators see of a voucher; never its code.
public struct VoucherFacts: Codable, Hashable, Sendable {
    /// Which one.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The end of its code.
    public var lastFour: String
    /// Where it stands.
    public var status: VoucherStatus
    /// What it was issued for.
    public var value: Money
    /// What is owed to its holder, what is held for shops included.
    public var balance: Money
    /// What is held for shops.
    public var held: Money
    /// When it was sold, or made if it is not sold yet.
    public var issuedAt: Timestamp
    /// The terms that it was issued under.
    public var termsId: UUID?
    /// The order that it was made for.
    public var orderId: UUID?
    /// Who is told what happens to it.
    public var personId: UUID?
    /// The last day on which it can be spent.
    public var validUntil: Day?
    /// The last day on which its money can be claimed.
    public var lapsesAfter: Day?

    /// Makes facts.
    public init(
        voucherId: UUID, issuerCityId: UUID, lastFour: String, status: VoucherStatus, value: Money, balance: Money,
        held: Money, issuedAt: Timestamp, termsId: UUID? = nil, orderId: UUID? = nil, personId: UUID? = nil,
        validUntil: Day? = nil, lapsesAfter: Day? = nil
    ) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.lastFour = lastFour
        self.status = status
        self.value = value
        self.balance = balance
        self.held = held
        self.issuedAt = issuedAt
        self.termsId = termsId
        self.orderId = orderId
        self.personId = personId
        self.validUntil = validUntil
        self.lapsesAfter = lapsesAfter
    }
}

/// Finds vouchers by the end of their code, their order, their person or the day of their sale: `vouchers.find-vouchers.v1`.
///
/// At least one of the four is given; all that are given hold. They come in the order of their sale.
public struct FindVouchers: Query {
    /// `vouchers.find-vouchers.v1`.
    public static let type = MessageType(.vouchers, .query, "find-vouchers")
    /// Vouchers on a page unless the query says otherwise.
    public static let pageDefault = 25

    /// Issued by this city; by any if absent, which administrators alone may ask.
    public var issuerCityId: UUID?
    /// The end of the code.
    public var lastFour: String?
    /// Made for this order.
    public var orderId: UUID?
    /// Of this person.
    public var personId: UUID?
    /// Sold on this day, in UTC.
    public var day: Day?
    /// That stand here.
    public var status: VoucherStatus?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: UUID?

    /// Makes the query.
    public init(
        issuerCityId: UUID? = nil, lastFour: String? = nil, orderId: UUID? = nil, personId: UUID? = nil,
        day: Day? = nil, status: VoucherStatus? = nil, limit: Int? = nil, after: UUID? = nil
    ) {
        self.issuerCityId = issuerCityId
        self.lastFour = lastFour
        self.orderId = orderId
        self.personId = personId
        self.day = day
        self.status = status
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            lastFour != nil || orderId != nil || personId != nil || day != nil, "lastFour",
            "or orderId, personId or day must be given")
        if let lastFour { checks.require(lastFour.utf8.count == 4, "lastFour", "must have 4 characters") }
        if let day { checks.day(day, "day") }
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page of vouchers.
    public struct Reply: Codable, Equatable, Sendable {
        /// In the order of their sale.
        public var vouchers: [VoucherFacts]
        /// Where the next page begins; there is none if absent.
        public var next: UUID?

        /// Makes the answer.
        public init(vouchers: [VoucherFacts], next: UUID? = nil) {
            self.vouchers = vouchers
            self.next = next
        }
    }
}

/// Gets one voucher and what became of it: `vouchers.get-voucher.v1`.
///
/// Refused with `voucher-unknown`, also if another city issued it.
public struct GetVoucher: Query {
    /// `vouchers.get-voucher.v1`.
    public static let type = MessageType(.vouchers, .query, "get-voucher")
    /// The most lines and refusals in an answer: the newest.
    public static let linesMax = 200

    /// Which one.
    public var voucherId: UUID
    /// Who owes its money; any city if absent, which administrators alone may ask.
    public var issuerCityId: UUID?

    /// Makes the query.
    public init(voucherId: UUID, issuerCityId: UUID? = nil) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
    }

    /// A line of the journal about the voucher.
    public struct Line: Codable, Hashable, Sendable {
        /// When it was booked.
        public var at: Timestamp
        /// What was booked: `issue`, `redemption`, `reversal`, `replacement` and so on.
        public var cause: String
        /// The id of the command that caused it.
        public var causeId: UUID
        /// `voucher`, or `voucher-held` for what is set aside.
        public var account: String
        /// What is owed more now, or less if negative.
        public var change: Money
        /// Where it was spent.
        public var merchantId: UUID?

        /// Makes a line.
        public init(
            at: Timestamp, cause: String, causeId: UUID, account: String, change: Money, merchantId: UUID? = nil
        ) {
            self.at = at
            self.cause = cause
            self.causeId = causeId
            self.account = account
            self.change = change
            self.merchantId = merchantId
        }
    }

    /// A redemption that was refused, with the reason that the till was not told.
    public struct Refusal: Codable, Hashable, Sendable {
        /// When.
        public var at: Timestamp
        /// Of the command.
        public var redemptionId: UUID
        /// Who asked.
        public var merchantId: UUID
        /// Why.
        public var reason: String

        /// Makes a refusal.
        public init(at: Timestamp, redemptionId: UUID, merchantId: UUID, reason: String) {
            self.at = at
            self.redemptionId = redemptionId
            self.merchantId = merchantId
            self.reason = reason
        }
    }

    /// The voucher and its history.
    public struct Reply: Codable, Equatable, Sendable {
        /// The voucher.
        public var voucher: VoucherFacts
        /// Since when it is blocked, if it is.
        public var blockedSince: Timestamp?
        /// The voucher that it stands for.
        public var replaces: UUID?
        /// The vouchers that stand for it, the newest first.
        public var replacedBy: [UUID]
        /// The journal's newest lines about it, the newest first.
        public var history: [Line]
        /// The newest refusals, the newest first.
        public var refusals: [Refusal]

        /// Makes the answer.
        public init(
            voucher: VoucherFacts, blockedSince: Timestamp?, replaces: UUID?, replacedBy: [UUID], history: [Line],
            refusals: [Refusal]
        ) {
            self.voucher = voucher
            self.blockedSince = blockedSince
            self.replaces = replaces
            self.replacedBy = replacedBy
            self.history = history
            self.refusals = refusals
        }
    }
}
