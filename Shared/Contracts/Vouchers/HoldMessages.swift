public import FoundationEssentials

/// Sets an amount of a voucher aside for a shop, for a time: `vouchers.hold.v1`.
///
/// Nobody else can spend it until it is captured, released, or its time is over. Refused like ``RedeemVoucher``:
/// `voucher-not-usable`, `insufficient-balance`, `currency-differs`, `not-accepted-here`, `merchant-unknown` and
/// `acceptance-unknown` (retryable), `merchant-closed`, `too-many-wrong-codes` (retryable); and with `hold-differs` (the id was used
/// with other content).
public struct HoldAmount: Command {
    /// `vouchers.hold.v1`.
    public static let type = MessageType(.vouchers, .command, "hold")
    /// Thirty days: the longest that a hold can last.
    public static let timeToLiveSecondsMax = 2_592_000

    /// Chosen by the till; a repeat gets the first outcome.
    public var holdId: UUID
    /// The voucher's code, in any case, with or without hyphens.
    public var code: Secret
    /// For whom.
    public var merchantId: UUID
    /// How much.
    public var amount: Money
    /// For how long, from now on.
    public var timeToLiveSeconds: Int

    /// Makes the command.
    public init(holdId: UUID, code: Secret, merchantId: UUID, amount: Money, timeToLiveSeconds: Int) {
        self.holdId = holdId
        self.code = code
        self.merchantId = merchantId
        self.amount = amount
        self.timeToLiveSeconds = timeToLiveSeconds
    }

    /// What is done with a hold keeps its order.
    public var orderingKey: String? { holdId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(amount, "amount", in: 1...1_000_000)
        checks.require((1...64).contains(code.revealed.utf8.count), "code", "must have 1 to 64 characters")
        checks.require(
            (1...HoldAmount.timeToLiveSecondsMax).contains(timeToLiveSeconds), "timeToLiveSeconds",
            "must be 1 to \(HoldAmount.timeToLiveSecondsMax)")
        try checks.finish()
    }

    /// What is held.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var holdId: UUID
        /// The voucher.
        public var voucherId: UUID
        /// What is held.
        public var amount: Money
        /// What can be spent besides.
        public var balance: Money
        /// Since when.
        public var heldAt: Timestamp
        /// From when on it can be captured no more.
        public var expiresAt: Timestamp

        /// Makes the answer.
        public init(
            holdId: UUID, voucherId: UUID, amount: Money, balance: Money, heldAt: Timestamp, expiresAt: Timestamp
        ) {
            self.holdId = holdId
            self.voucherId = voucherId
            self.amount = amount
            self.balance = balance
            self.heldAt = heldAt
            self.expiresAt = expiresAt
        }
    }
}

/// Spends what is held, wholly or in part: `vouchers.capture.v1`.
///
/// It makes a redemption, which is said and answered like every other. What was held while a shop took vouchers, and a voucher
/// was valid, can be captured when it does so no more; not while the voucher is blocked (`voucher-not-usable`). Refused with
/// `hold-unknown` (retryable), `hold-expired` (its time is over, whether or not anybody has noticed), `hold-closed` (nothing of
/// it is held any more), `exceeds-hold`, `currency-differs`, `redemption-differs`.
public struct CaptureHold: Command {
    /// `vouchers.capture.v1`.
    public static let type = MessageType(.vouchers, .command, "capture")

    /// Of the redemption that it makes, chosen by the till; a repeat gets the first outcome.
    public var redemptionId: UUID
    /// What is captured from.
    public var holdId: UUID
    /// Who is paid: for whom it is held.
    public var merchantId: UUID
    /// How much.
    public var amount: Money
    /// Whether what is still held after it is free at once; otherwise it can be captured later.
    public var releasesRest: Bool?

    /// Makes the command.
    public init(redemptionId: UUID, holdId: UUID, merchantId: UUID, amount: Money, releasesRest: Bool? = nil) {
        self.redemptionId = redemptionId
        self.holdId = holdId
        self.merchantId = merchantId
        self.amount = amount
        self.releasesRest = releasesRest
    }

    /// What is done with a hold keeps its order.
    public var orderingKey: String? { holdId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.money(amount, "amount", in: 1...1_000_000)
        try checks.finish()
    }

    /// The receipt, as of every redemption.
    public typealias Reply = RedeemVoucher.Reply
}

/// Frees what is still held: `vouchers.release.v1`.
///
/// A repeat gets the first answer. Refused with `hold-unknown` (retryable), `hold-expired`, `hold-closed`.
public struct ReleaseHold: Command {
    /// `vouchers.release.v1`.
    public static let type = MessageType(.vouchers, .command, "release")

    /// What is freed.
    public var holdId: UUID
    /// For whom it is held.
    public var merchantId: UUID

    /// Makes the command.
    public init(holdId: UUID, merchantId: UUID) {
        self.holdId = holdId
        self.merchantId = merchantId
    }

    /// What is done with a hold keeps its order.
    public var orderingKey: String? { holdId.text }

    /// What is free again.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var holdId: UUID
        /// What was still held.
        public var amount: Money
        /// When.
        public var releasedAt: Timestamp

        /// Makes the answer.
        public init(holdId: UUID, amount: Money, releasedAt: Timestamp) {
            self.holdId = holdId
            self.amount = amount
            self.releasedAt = releasedAt
        }
    }
}

/// An amount is held for a shop: `vouchers.held.v1` (fact).
public struct AmountHeld: Event {
    /// `vouchers.held.v1`.
    public static let type = MessageType(.vouchers, .event, "held")

    /// Of the command.
    public var holdId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// For whom.
    public var merchantId: UUID
    /// The merchant's city.
    public var cityId: UUID
    /// What is held.
    public var amount: Money
    /// What can be spent besides.
    public var balance: Money
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var heldAt: Timestamp
    /// From when on it can be captured no more.
    public var expiresAt: Timestamp

    /// Makes the event.
    public init(
        holdId: UUID, voucherId: UUID, issuerCityId: UUID, merchantId: UUID, cityId: UUID, amount: Money,
        balance: Money, personId: UUID?, heldAt: Timestamp, expiresAt: Timestamp
    ) {
        self.holdId = holdId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.merchantId = merchantId
        self.cityId = cityId
        self.amount = amount
        self.balance = balance
        self.personId = personId
        self.heldAt = heldAt
        self.expiresAt = expiresAt
    }
}

/// Nothing was held: `vouchers.hold-refused.v1`.
///
/// Says no more than the answer to the till.
public struct HoldRefused: Event {
    /// `vouchers.hold-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "hold-refused")

    /// Of the command.
    public var holdId: UUID
    /// The public code.
    public var code: String

    /// Makes the event.
    public init(holdId: UUID, code: String) {
        self.holdId = holdId
        self.code = code
    }
}

/// What made an amount free again.
public enum ReleaseCause: String, Codable, Hashable, Sendable, CaseIterable {
    /// The shop freed it.
    case released
    /// The shop captured less, and freed the rest with that.
    case captured
    /// Its time was over.
    case expired
}

/// An amount is held no more, and was not spent: `vouchers.hold-released.v1` (fact).
public struct HoldReleased: Event {
    /// `vouchers.hold-released.v1`.
    public static let type = MessageType(.vouchers, .event, "hold-released")

    /// Of the hold.
    public var holdId: UUID
    /// The voucher.
    public var voucherId: UUID
    /// For whom it was held.
    public var merchantId: UUID
    /// What is free again.
    public var amount: Money
    /// What can be spent now.
    public var balance: Money
    /// Why.
    public var cause: ReleaseCause
    /// Who is told.
    public var personId: UUID?
    /// When.
    public var releasedAt: Timestamp

    /// Makes the event.
    public init(
        holdId: UUID, voucherId: UUID, merchantId: UUID, amount: Money, balance: Money, cause: ReleaseCause,
        personId: UUID?, releasedAt: Timestamp
    ) {
        self.holdId = holdId
        self.voucherId = voucherId
        self.merchantId = merchantId
        self.amount = amount
        self.balance = balance
        self.cause = cause
        self.personId = personId
        self.releasedAt = releasedAt
    }
}

/// A hold was not released: `vouchers.release-refused.v1`.
public struct ReleaseRefused: Event {
    /// `vouchers.release-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "release-refused")

    /// Of the hold.
    public var holdId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(holdId: UUID, code: String) {
        self.holdId = holdId
        self.code = code
    }
}

extension Catalogue {
    static let holds = Group(
        requests: [Entry(HoldAmount.self), Entry(CaptureHold.self), Entry(ReleaseHold.self), Entry(GetHold.self)],
        events: [AmountHeld.self, HoldRefused.self, HoldReleased.self, ReleaseRefused.self])
}
