public import FoundationEssentials

/// The printed validity of a voucher is over: `vouchers.expired.v1` (fact).
///
/// Its money is still owed, and it can be exchanged for a new one until it lapses. Of one on which nothing is left nothing is said.
public struct VoucherExpired: Event {
    /// `vouchers.expired.v1`.
    public static let type = MessageType(.vouchers, .event, "expired")

    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What is left.
    public var balance: Money
    /// Who is told.
    public var personId: UUID?
    /// The last day on which it could be spent.
    public var validUntil: Day
    /// The last day on which its money can be claimed; for ever if absent.
    public var lapsesAfter: Day?
    /// When it was noted.
    public var expiredAt: Timestamp

    /// Makes the event.
    public init(
        voucherId: UUID, issuerCityId: UUID, balance: Money, personId: UUID?, validUntil: Day, lapsesAfter: Day?,
        expiredAt: Timestamp
    ) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.balance = balance
        self.personId = personId
        self.validUntil = validUntil
        self.lapsesAfter = lapsesAfter
        self.expiredAt = expiredAt
    }
}

/// Nobody may claim the money of a voucher any more: `vouchers.lapsed.v1` (fact).
public struct VoucherLapsed: Event {
    /// `vouchers.lapsed.v1`.
    public static let type = MessageType(.vouchers, .event, "lapsed")

    /// Of the entry in the journal.
    public var lapseId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owed the money, and keeps it.
    public var issuerCityId: UUID
    /// What was left.
    public var amount: Money
    /// Who is told.
    public var personId: UUID?
    /// The last day on which it could be claimed.
    public var lapsesAfter: Day
    /// When it was booked.
    public var lapsedAt: Timestamp

    /// Makes the event.
    public init(
        lapseId: UUID, voucherId: UUID, issuerCityId: UUID, amount: Money, personId: UUID?, lapsesAfter: Day,
        lapsedAt: Timestamp
    ) {
        self.lapseId = lapseId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.amount = amount
        self.personId = personId
        self.lapsesAfter = lapsesAfter
        self.lapsedAt = lapsedAt
    }
}

/// Exchanges a voucher past its printed validity for a new one with a new code: `vouchers.exchange.v1`.
///
/// The new one has what was left, and the terms of the old: valid anew from this day, but not beyond the day on which the money
/// lapses. The code is in the answer and nowhere else; a repeat gets it again for 10 minutes, then `already-exchanged`. The
/// sender is an operator of the issuer and hears why: `code-malformed`, `wrong-check-character`, `voucher-unknown` (another
/// city's as well), `voucher-not-expired`, `voucher-blocked`,
/// `voucher-not-sold`, `voucher-replaced`, `voucher-cancelled`, `voucher-lapsed`, `voucher-spent`, `voucher-held` (retryable:
/// holds end), `exchange-differs` (the id was used with other content), `too-many-wrong-codes` (retryable).
public struct ExchangeVoucher: Command {
    /// `vouchers.exchange.v1`.
    public static let type = MessageType(.vouchers, .command, "exchange")
    /// Ten minutes: the answer holds a code.
    public static let replyKeptSeconds = 600
    /// `already-exchanged`.
    public static var expiredReply: Problem {
        Problem("already-exchanged", "This voucher was exchanged; the new code is no longer shown.")
    }

    /// Chosen by the sender; the same id with other content is refused.
    public var exchangeId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The code of the old voucher.
    public var code: Secret

    /// Makes the command.
    public init(exchangeId: UUID, issuerCityId: UUID, code: Secret) {
        self.exchangeId = exchangeId
        self.issuerCityId = issuerCityId
        self.code = code
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { code.revealed }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((1...64).contains(code.revealed.utf8.count), "code", "must have 1 to 64 characters")
        try checks.finish()
    }

    /// The new voucher with its code.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var exchangeId: UUID
        /// The old voucher.
        public var voucherId: UUID
        /// The new voucher.
        public var newVoucherId: UUID
        /// Bearer money: four groups of four characters.
        public var code: Secret
        /// What can be spent.
        public var value: Money
        /// The last day on which it can be spent; for ever if absent.
        public var validUntil: Day?

        /// Makes the answer.
        public init(
            exchangeId: UUID, voucherId: UUID, newVoucherId: UUID, code: Secret, value: Money, validUntil: Day?
        ) {
            self.exchangeId = exchangeId
            self.voucherId = voucherId
            self.newVoucherId = newVoucherId
            self.code = code
            self.value = value
            self.validUntil = validUntil
        }
    }
}

/// An expired voucher was exchanged for a new one: `vouchers.exchanged.v1` (fact).
public struct VoucherExchanged: AuditedEvent {
    /// `vouchers.exchanged.v1`.
    public static let type = MessageType(.vouchers, .event, "exchanged")

    /// Of the command.
    public var exchangeId: UUID
    /// The old voucher.
    public var voucherId: UUID
    /// The new voucher.
    public var newVoucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What moved.
    public var value: Money
    /// Who is told.
    public var personId: UUID?
    /// The last day on which the new one can be spent; for ever if absent.
    public var validUntil: Day?
    /// When.
    public var exchangedAt: Timestamp

    /// Makes the event.
    public init(
        exchangeId: UUID, voucherId: UUID, newVoucherId: UUID, issuerCityId: UUID, value: Money, personId: UUID?,
        validUntil: Day?, exchangedAt: Timestamp
    ) {
        self.exchangeId = exchangeId
        self.voucherId = voucherId
        self.newVoucherId = newVoucherId
        self.issuerCityId = issuerCityId
        self.value = value
        self.personId = personId
        self.validUntil = validUntil
        self.exchangedAt = exchangedAt
    }

    /// The old voucher.
    public var auditedId: UUID { voucherId }
}

/// A voucher was not exchanged: `vouchers.exchange-refused.v1`.
///
/// Says no more of the voucher than a till would hear.
public struct ExchangeRefused: Event {
    /// `vouchers.exchange-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "exchange-refused")

    /// Of the command.
    public var exchangeId: UUID
    /// The public code.
    public var code: String

    /// Makes the event.
    public init(exchangeId: UUID, code: String) {
        self.exchangeId = exchangeId
        self.code = code
    }
}

extension Catalogue {
    static let expiry = Group(
        requests: [Entry(ExchangeVoucher.self)],
        events: [VoucherExpired.self, VoucherLapsed.self, VoucherExchanged.self, ExchangeRefused.self])
}
