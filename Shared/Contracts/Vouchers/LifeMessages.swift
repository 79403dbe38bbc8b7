public import FoundationEssentials

/// Where a voucher stands in its life; that it is spent shows in its balance.
public enum VoucherStatus: String, Codable, Hashable, Sendable, CaseIterable {
    /// Printed, not yet sold.
    case created
    /// Can be spent.
    case active
    /// Stopped by an operator; can be undone.
    case blocked
    /// Past its printed validity.
    case expired
    /// Its balance moved to another code.
    case replaced
    /// Taken back before it was spent.
    case cancelled
}

/// Stops a voucher, so that nobody can spend it: `vouchers.block.v1`.
///
/// What is blocked already stays so. Refused with `voucher-unknown` (also if another city issued it), `voucher-ended` (replaced
/// or cancelled).
public struct BlockVoucher: ReasonedCommand {
    /// `vouchers.block.v1`.
    public static let type = MessageType(.vouchers, .command, "block")
    /// What a successful answer holds.
    public typealias Reply = VoucherStanding

    /// Which one.
    public var voucherId: UUID
    /// Who owes its money.
    public var issuerCityId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(voucherId: UUID, issuerCityId: UUID, reason: String? = nil) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { voucherId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// Undoes that a voucher was stopped: `vouchers.unblock.v1`.
///
/// It is then what it was before; what is not blocked stays so. Refused like ``BlockVoucher``.
public struct UnblockVoucher: ReasonedCommand {
    /// `vouchers.unblock.v1`.
    public static let type = MessageType(.vouchers, .command, "unblock")
    /// What a successful answer holds.
    public typealias Reply = VoucherStanding

    /// Which one.
    public var voucherId: UUID
    /// Who owes its money.
    public var issuerCityId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(voucherId: UUID, issuerCityId: UUID, reason: String? = nil) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { voucherId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// Moves what is left on a voucher to a new code: `vouchers.replace.v1`.
///
/// The new voucher keeps the old one's terms, days and person. Its code is in the answer and nowhere else; a repeat gets it again
/// for 10 minutes, then `already-replaced`. Refused with `voucher-unknown` (also if another city issued it), `voucher-ended`
/// (cancelled), `voucher-expired` (it is exchanged), `voucher-held` (retryable: a shop has set some of it aside), `nothing-left`,
/// `replacement-differs`.
public struct ReplaceVoucher: ReasonedCommand {
    /// `vouchers.replace.v1`.
    public static let type = MessageType(.vouchers, .command, "replace")
    /// Ten minutes: the answer holds a code.
    public static let replyKeptSeconds = 600
    /// `already-replaced`.
    public static var expiredReply: Problem {
        Problem("already-replaced", "This voucher was replaced; the new code is no longer shown.")
    }

    /// Chosen by the sender; the same id with other content is refused.
    public var replacementId: UUID
    /// The voucher whose code is lost or known to others.
    public var voucherId: UUID
    /// Who owes its money.
    public var issuerCityId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(replacementId: UUID, voucherId: UUID, issuerCityId: UUID, reason: String? = nil) {
        self.replacementId = replacementId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { replacementId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }

    /// The new voucher with its code.
    public struct Reply: Codable, Equatable, Sendable {
        /// The new voucher.
        public var voucherId: UUID
        /// The voucher that it stands for.
        public var replacedVoucherId: UUID
        /// Bearer money: four groups of four characters.
        public var code: Secret
        /// What can be spent.
        public var value: Money

        /// Makes the answer.
        public init(voucherId: UUID, replacedVoucherId: UUID, code: Secret, value: Money) {
            self.voucherId = voucherId
            self.replacedVoucherId = replacedVoucherId
            self.code = code
            self.value = value
        }
    }
}

/// Pays out what is left on a voucher: `vouchers.refund.v1`.
///
/// Refused with `voucher-unknown` (also if another city issued it), `voucher-blocked`, `voucher-ended`, `not-redeemable-for-cash`
/// (its terms do not allow it, or it has none), `given-away` (a city or an employer gave it, or what it stands for, and the terms
/// give no money for that), `voucher-held` (retryable), `nothing-left`, `refund-differs`.
public struct RefundVoucher: ReasonedCommand {
    /// `vouchers.refund.v1`.
    public static let type = MessageType(.vouchers, .command, "refund")

    /// Chosen by the sender; the same id with other content is refused.
    public var refundId: UUID
    /// Which one.
    public var voucherId: UUID
    /// Who owes its money.
    public var issuerCityId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(refundId: UUID, voucherId: UUID, issuerCityId: UUID, reason: String? = nil) {
        self.refundId = refundId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { refundId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }

    /// What the holder is given.
    public struct Reply: Codable, Equatable, Sendable {
        /// The voucher.
        public var voucherId: UUID
        /// In money.
        public var amount: Money

        /// Makes the answer.
        public init(voucherId: UUID, amount: Money) {
            self.voucherId = voucherId
            self.amount = amount
        }
    }
}

/// Takes back a voucher of which nothing was spent: `vouchers.cancel.v1`.
///
/// Printed stock can be taken back at any time, what was sold for some days. Refused with `voucher-unknown` (also if another
/// city issued it), `voucher-blocked`, `voucher-ended`, `voucher-spent` (wholly or in part, or some of it is held),
/// `cancellation-too-late`, `not-a-sale` (it stands for another voucher), `cancellation-differs`.
public struct CancelVoucher: ReasonedCommand {
    /// `vouchers.cancel.v1`.
    public static let type = MessageType(.vouchers, .command, "cancel")
    /// What a successful answer holds.
    public typealias Reply = RefundVoucher.Reply

    /// Chosen by the sender; the same id with other content is refused.
    public var cancellationId: UUID
    /// Which one.
    public var voucherId: UUID
    /// Who owes its money.
    public var issuerCityId: UUID
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(cancellationId: UUID, voucherId: UUID, issuerCityId: UUID, reason: String? = nil) {
        self.cancellationId = cancellationId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cancellationId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.statedReason(reason)
        try checks.finish()
    }
}

/// Where a voucher stands now.
public struct VoucherStanding: Codable, Hashable, Sendable {
    /// Which one.
    public var voucherId: UUID
    /// Where it stands.
    public var status: VoucherStatus

    /// Makes the answer.
    public init(voucherId: UUID, status: VoucherStatus) {
        self.voucherId = voucherId
        self.status = status
    }
}

extension Catalogue {
    static let life = Group(
        requests: [
            Entry(BlockVoucher.self), Entry(UnblockVoucher.self), Entry(ReplaceVoucher.self), Entry(RefundVoucher.self),
            Entry(CancelVoucher.self), Entry(FindVouchers.self), Entry(GetVoucher.self),
        ],
        events: [
            VoucherBlocked.self, VoucherUnblocked.self, VoucherReplaced.self, VoucherRefunded.self,
            VoucherCancelled.self, VoucherChangeRefused.self,
        ])
}
