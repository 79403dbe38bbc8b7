public import FoundationEssentials

/// A voucher was stopped: `vouchers.blocked.v1` (fact).
public struct VoucherBlocked: AuditedEvent, Equatable {
    /// `vouchers.blocked.v1`.
    public static let type = MessageType(.vouchers, .event, "blocked")

    /// Which one.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// When.
    public var blockedAt: Timestamp

    /// Makes the event.
    public init(voucherId: UUID, issuerCityId: UUID, blockedAt: Timestamp) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.blockedAt = blockedAt
    }

    /// The voucher.
    public var auditedId: UUID { voucherId }
}

/// A voucher is no longer stopped: `vouchers.unblocked.v1` (fact).
public struct VoucherUnblocked: AuditedEvent, Equatable {
    /// `vouchers.unblocked.v1`.
    public static let type = MessageType(.vouchers, .event, "unblocked")

    /// Which one.
    public var voucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// Where it stands again.
    public var status: VoucherStatus
    /// When.
    public var unblockedAt: Timestamp

    /// Makes the event.
    public init(voucherId: UUID, issuerCityId: UUID, status: VoucherStatus, unblockedAt: Timestamp) {
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.status = status
        self.unblockedAt = unblockedAt
    }

    /// The voucher.
    public var auditedId: UUID { voucherId }
}

/// What was left on a voucher moved to a new code: `vouchers.replaced.v1` (fact).
public struct VoucherReplaced: AuditedEvent, Equatable {
    /// `vouchers.replaced.v1`.
    public static let type = MessageType(.vouchers, .event, "replaced")

    /// Of the command.
    public var replacementId: UUID
    /// The voucher that ended.
    public var voucherId: UUID
    /// The voucher that stands for it.
    public var newVoucherId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// What moved.
    public var amount: Money
    /// When.
    public var replacedAt: Timestamp

    /// Makes the event.
    public init(
        replacementId: UUID, voucherId: UUID, newVoucherId: UUID, issuerCityId: UUID, amount: Money,
        replacedAt: Timestamp
    ) {
        self.replacementId = replacementId
        self.voucherId = voucherId
        self.newVoucherId = newVoucherId
        self.issuerCityId = issuerCityId
        self.amount = amount
        self.replacedAt = replacedAt
    }

    /// The voucher that ended.
    public var auditedId: UUID { voucherId }
}

/// What was left on a voucher was paid out: `vouchers.refunded.v1` (fact).
public struct VoucherRefunded: AuditedEvent, Equatable {
    /// `vouchers.refunded.v1`.
    public static let type = MessageType(.vouchers, .event, "refunded")

    /// Of the command.
    public var refundId: UUID
    /// Which one.
    public var voucherId: UUID
    /// The city that owed the money.
    public var issuerCityId: UUID
    /// What was paid.
    public var amount: Money
    /// When.
    public var refundedAt: Timestamp

    /// Makes the event.
    public init(refundId: UUID, voucherId: UUID, issuerCityId: UUID, amount: Money, refundedAt: Timestamp) {
        self.refundId = refundId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.amount = amount
        self.refundedAt = refundedAt
    }

    /// The voucher.
    public var auditedId: UUID { voucherId }
}

/// A voucher was taken back unspent: `vouchers.cancelled.v1` (fact).
public struct VoucherCancelled: AuditedEvent, Equatable {
    /// `vouchers.cancelled.v1`.
    public static let type = MessageType(.vouchers, .event, "cancelled")

    /// Of the command.
    public var cancellationId: UUID
    /// Which one.
    public var voucherId: UUID
    /// The city that owed the money.
    public var issuerCityId: UUID
    /// What is owed no more; nothing if it was never sold.
    public var amount: Money
    /// When.
    public var cancelledAt: Timestamp

    /// Makes the event.
    public init(cancellationId: UUID, voucherId: UUID, issuerCityId: UUID, amount: Money, cancelledAt: Timestamp) {
        self.cancellationId = cancellationId
        self.voucherId = voucherId
        self.issuerCityId = issuerCityId
        self.amount = amount
        self.cancelledAt = cancelledAt
    }

    /// The voucher.
    public var auditedId: UUID { voucherId }
}

/// A voucher was not blocked, unblocked, replaced, refunded or cancelled: `vouchers.change-refused.v1`.
public struct VoucherChangeRefused: Event {
    /// `vouchers.change-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "change-refused")

    /// Of the command, whether there is such a voucher or not.
    public var voucherId: UUID
    /// What was asked for: the name of the command.
    public var change: String
    /// Why not.
    public var code: String

    /// Makes the event.
    public init(voucherId: UUID, change: String, code: String) {
        self.voucherId = voucherId
        self.change = change
        self.code = code
    }
}
