public import FoundationEssentials

/// Says from which account a city pays and is paid: `vouchers.set-settlement-account.v1`.
///
/// Refused with `city-unknown` (retryable).
public struct SetSettlementAccount: ReasonedCommand {
    /// `vouchers.set-settlement-account.v1`.
    public static let type = MessageType(.vouchers, .command, "set-settlement-account")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// Whose.
    public var cityId: UUID
    /// The holder, as the bank knows it; 70 characters go into a payment.
    public var name: String
    /// The account's number.
    public var iban: Secret
    /// Of the bank, where it asks for it.
    public var bic: String?
    /// Where the holder is.
    public var address: PostalAddress
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(
        cityId: UUID, name: String, iban: Secret, bic: String? = nil, address: PostalAddress, reason: String? = nil
    ) {
        self.cityId = cityId
        self.name = name
        self.iban = iban
        self.bic = bic
        self.address = address
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(name, "name", max: 140)
        checks.account(iban)
        if let bic { checks.require(Self.isBIC(bic), "bic", "must be 8 or 11 capitals and digits, as GIBAATWW") }
        address.check(&checks, "address")
        checks.statedReason(reason)
        try checks.finish()
    }

    /// Whether a text has the form of ISO 9362.
    static func isBIC(_ text: String) -> Bool {
        let letters = Array(text.utf8)
        guard letters.count == 8 || letters.count == 11 else { return false }
        return letters.enumerated().allSatisfy { index, letter in
            let isCapital = (0x41...0x5A).contains(letter)
            return isCapital || (!(4...5).contains(index) && (0x30...0x39).contains(letter))
        }
    }
}

/// A city pays and is paid over another account: `vouchers.settlement-account-set.v1` (state).
public struct SettlementAccountSet: AuditedEvent {
    /// `vouchers.settlement-account-set.v1`.
    public static let type = MessageType(.vouchers, .event, "settlement-account-set")

    /// Whose.
    public var cityId: UUID
    /// The holder.
    public var name: String
    /// Country and last four of its number.
    public var ibanMasked: String
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(cityId: UUID, name: String, ibanMasked: String, version: Int64) {
        self.cityId = cityId
        self.name = name
        self.ibanMasked = ibanMasked
        self.version = version
    }

    /// The version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}

/// Where a payment stands.
public enum PayoutState: String, Codable, CaseIterable, Sendable {
    /// It is for the bank to carry out.
    case open
    /// It has arrived.
    case confirmed
    /// The bank has sent it back; the next run has its amount.
    case returned
}

/// Whom a payment is for.
public enum PayoutKind: String, Codable, CaseIterable, Sendable {
    /// A merchant.
    case merchant
    /// Another city, for its vouchers' share.
    case clearing
}

/// A payment of a closed run.
public struct Payout: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var payoutId: UUID
    /// Of which run.
    public var runId: UUID
    /// Whom it is for.
    public var kind: PayoutKind
    /// The city that pays.
    public var debtorCityId: UUID
    /// The merchant or the city that is paid.
    public var creditorId: UUID
    /// Its name.
    public var creditorName: String
    /// Country and last four of its account; absent where none is known and people find another way.
    public var ibanMasked: String?
    /// How much.
    public var amount: Money
    /// What stands on both bank statements.
    public var endToEndId: String
    /// Where it stands.
    public var state: PayoutState
    /// When it was paid.
    public var paidOn: Day?
    /// Why the bank sent it back.
    public var bankReason: String?

    /// Makes a payment.
    public init(
        payoutId: UUID, runId: UUID, kind: PayoutKind, debtorCityId: UUID, creditorId: UUID, creditorName: String,
        ibanMasked: String?, amount: Money, endToEndId: String, state: PayoutState, paidOn: Day? = nil,
        bankReason: String? = nil
    ) {
        self.payoutId = payoutId
        self.runId = runId
        self.kind = kind
        self.debtorCityId = debtorCityId
        self.creditorId = creditorId
        self.creditorName = creditorName
        self.ibanMasked = ibanMasked
        self.amount = amount
        self.endToEndId = endToEndId
        self.state = state
        self.paidOn = paidOn
        self.bankReason = bankReason
    }
}

/// Lists the payments of a run: `vouchers.find-payouts.v1`.
public struct FindPayouts: Query {
    /// `vouchers.find-payouts.v1`.
    public static let type = MessageType(.vouchers, .query, "find-payouts")

    /// Of which run.
    public var runId: UUID
    /// Paid by one city; all, for administrators, if absent.
    public var cityId: UUID?
    /// In one state; in all if absent.
    public var state: PayoutState?
    /// 1 to 500; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer to the same query.
    public var after: UUID?

    /// Makes the query.
    public init(
        runId: UUID, cityId: UUID? = nil, state: PayoutState? = nil, limit: Int? = nil, after: UUID? = nil
    ) {
        self.runId = runId
        self.cityId = cityId
        self.state = state
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.page(limit, max: 500)
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// In the order of ids.
        public var payouts: [Payout]
        /// Where the next page begins, if there is one.
        public var next: UUID?

        /// Makes the answer.
        public init(payouts: [Payout], next: UUID?) {
            self.payouts = payouts
            self.next = next
        }
    }
}

/// How payments are written down.
public enum PaymentFormat: String, Codable, CaseIterable, Sendable {
    /// ISO 20022 for the bank, EUR alone.
    case pain001 = "pain.001"
    /// For people: every currency.
    case csv
}

/// Gives the payments of one city in one closed run as a file: `vouchers.get-payment-file.v1`.
///
/// The same question has the same file, to the byte. Refused with `payments-unknown`, `format-not-for-currency`,
/// `settlement-not-closed` (retryable).
public struct GetPaymentFile: Query {
    /// `vouchers.get-payment-file.v1`.
    public static let type = MessageType(.vouchers, .query, "get-payment-file")

    /// Of which run.
    public var runId: UUID
    /// Who pays.
    public var cityId: UUID
    /// ISO 4217.
    public var currency: String
    /// For the bank, or for people.
    public var format: PaymentFormat
    /// Which of its files, from 1; the first if absent.
    public var part: Int?

    /// Makes the query.
    public init(runId: UUID, cityId: UUID, currency: String, format: PaymentFormat, part: Int? = nil) {
        self.runId = runId
        self.cityId = cityId
        self.currency = currency
        self.format = format
        self.part = part
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(currency, "currency", max: 3)
        if let part { checks.require((1...10_000).contains(part), "part", "must be 1 to 10000") }
        try checks.finish()
    }

    /// The file.
    public struct Reply: Codable, Equatable, Sendable {
        /// What to call it.
        public var name: String
        /// What is in it, with whole account numbers.
        public var content: Secret
        /// Of its UTF-8 bytes, in hexadecimal digits.
        public var sha256: String
        /// How many payments are in it.
        public var payouts: Int
        /// Their sum in minor units.
        public var sum: Int64
        /// Which file it is.
        public var part: Int
        /// How many there are.
        public var parts: Int

        /// Makes the answer.
        public init(
            name: String, content: Secret, sha256: String, payouts: Int, sum: Int64, part: Int, parts: Int
        ) {
            self.name = name
            self.content = content
            self.sha256 = sha256
            self.payouts = payouts
            self.sum = sum
            self.part = part
            self.parts = parts
        }
    }
}

/// Says that payments have arrived: `vouchers.confirm-payouts.v1`.
///
/// All or none. Refused with `payout-unknown` (also if another city pays it) and `payout-returned`.
public struct ConfirmPayouts: ReasonedCommand {
    /// `vouchers.confirm-payouts.v1`.
    public static let type = MessageType(.vouchers, .command, "confirm-payouts")
    /// The most payments at once.
    public static let payoutsMax = 200

    /// Who paid.
    public var cityId: UUID
    /// Which payments.
    public var payoutIds: [UUID]
    /// When.
    public var paidOn: Day
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, payoutIds: [UUID], paidOn: Day, reason: String? = nil) {
        self.cityId = cityId
        self.payoutIds = payoutIds
        self.paidOn = paidOn
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            (1...Self.payoutsMax).contains(payoutIds.count) && Set(payoutIds).count == payoutIds.count, "payoutIds",
            "must be 1 to \(Self.payoutsMax), each once")
        checks.day(paidOn, "paidOn")
        checks.statedReason(reason)
        try checks.finish()
    }

    /// What became of them.
    public struct Reply: Codable, Equatable, Sendable {
        /// Confirmed now.
        public var confirmed: Int
        /// Confirmed before.
        public var unchanged: Int

        /// Makes the answer.
        public init(confirmed: Int, unchanged: Int) {
            self.confirmed = confirmed
            self.unchanged = unchanged
        }
    }
}

/// Payments have arrived: `vouchers.payouts-confirmed.v1` (fact).
public struct PayoutsConfirmed: AuditedEvent {
    /// `vouchers.payouts-confirmed.v1`.
    public static let type = MessageType(.vouchers, .event, "payouts-confirmed")

    /// Who paid.
    public var cityId: UUID
    /// Which payments.
    public var payoutIds: [UUID]
    /// When.
    public var paidOn: Day

    /// Makes the event.
    public init(cityId: UUID, payoutIds: [UUID], paidOn: Day) {
        self.cityId = cityId
        self.payoutIds = payoutIds
        self.paidOn = paidOn
    }

    /// The city.
    public var auditedId: UUID { cityId }
}

/// Says that a bank has sent a merchant's payment back: `vouchers.return-payout.v1`.
///
/// The next run has its amount. Refused with `payout-unknown` (also if another city pays it), `payout-is-clearing` (a city's
/// payment is sent again, it stays open), `return-differs` (it was returned with another reason).
public struct ReturnPayout: ReasonedCommand {
    /// `vouchers.return-payout.v1`.
    public static let type = MessageType(.vouchers, .command, "return-payout")

    /// Who paid.
    public var cityId: UUID
    /// Which payment.
    public var payoutId: UUID
    /// What the bank says: `AC04 account closed`.
    public var bankReason: String
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, payoutId: UUID, bankReason: String, reason: String? = nil) {
        self.cityId = cityId
        self.payoutId = payoutId
        self.bankReason = bankReason
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(bankReason, "bankReason", max: 140)
        checks.statedReason(reason)
        try checks.finish()
    }

    /// What is owed again.
    public struct Reply: Codable, Equatable, Sendable {
        /// The payment.
        public var payoutId: UUID
        /// What the next run has.
        public var amount: Money

        /// Makes the answer.
        public init(payoutId: UUID, amount: Money) {
            self.payoutId = payoutId
            self.amount = amount
        }
    }
}

/// A bank has sent a merchant's payment back: `vouchers.payout-returned.v1` (fact).
public struct PayoutReturned: AuditedEvent {
    /// `vouchers.payout-returned.v1`.
    public static let type = MessageType(.vouchers, .event, "payout-returned")

    /// The payment.
    public var payoutId: UUID
    /// Who paid.
    public var cityId: UUID
    /// Who was to be paid.
    public var merchantId: UUID
    /// How much.
    public var amount: Money
    /// What the bank says.
    public var bankReason: String

    /// Makes the event.
    public init(payoutId: UUID, cityId: UUID, merchantId: UUID, amount: Money, bankReason: String) {
        self.payoutId = payoutId
        self.cityId = cityId
        self.merchantId = merchantId
        self.amount = amount
        self.bankReason = bankReason
    }

    /// The payment.
    public var auditedId: UUID { payoutId }
}

/// Where a merchant has its money, as the registry knows it.
public struct MerchantAccount: Codable, Hashable, Sendable {
    /// Whose.
    public var merchantId: UUID
    /// The merchant's name.
    public var name: String
    /// The account's number; absent where the registry has none.
    public var iban: Secret?
    /// The merchant's first place of business.
    public var address: PostalAddress?
    /// The merchant's version.
    public var version: Int64

    /// Makes an account.
    public init(merchantId: UUID, name: String, iban: Secret?, address: PostalAddress?, version: Int64) {
        self.merchantId = merchantId
        self.name = name
        self.iban = iban
        self.address = address
        self.version = version
    }
}

/// Takes what the registry knows of merchants' accounts: `vouchers.take-merchant-accounts.v1`, for services alone.
///
/// The answer to ``AskMerchantAccounts``; merchants that the registry does not know are told without an account.
public struct TakeMerchantAccounts: Command {
    /// `vouchers.take-merchant-accounts.v1`.
    public static let type = MessageType(.vouchers, .command, "take-merchant-accounts")

    /// One for each merchant that was asked for.
    public var accounts: [MerchantAccount]

    /// Makes the command.
    public init(accounts: [MerchantAccount]) {
        self.accounts = accounts
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            accounts.count <= AskMerchantAccounts.merchantsMax, "accounts",
            "must be at most \(AskMerchantAccounts.merchantsMax)")
        for account in accounts.prefix(AskMerchantAccounts.merchantsMax) { checks.account(account.iban) }
        try checks.finish()
    }

    /// How many were taken.
    public struct Reply: Codable, Equatable, Sendable {
        /// How many.
        public var taken: Int

        /// Makes the answer.
        public init(taken: Int) {
            self.taken = taken
        }
    }
}

extension Catalogue {
    static let payments = Group(
        requests: [
            Entry(SetSettlementAccount.self), Entry(FindPayouts.self), Entry(GetPaymentFile.self),
            Entry(ConfirmPayouts.self), Entry(ReturnPayout.self), Entry(TakeMerchantAccounts.self),
        ],
        events: [SettlementAccountSet.self, PayoutsConfirmed.self, PayoutReturned.self])
}
