import Contracts
import FoundationEssentials

/// What was paid back, or is owed no more.
struct PaidBack: Hashable, Sendable {
    var change: VoucherChange
    var issuerCityId: UUID

    var reply: RefundVoucher.Reply { RefundVoucher.Reply(voucherId: change.voucherId, amount: change.amount) }

    var refunded: VoucherRefunded {
        VoucherRefunded(
            refundId: change.changeId, voucherId: change.voucherId, issuerCityId: issuerCityId, amount: change.amount,
            refundedAt: change.changedAt)
    }

    var cancelled: VoucherCancelled {
        VoucherCancelled(
            cancellationId: change.changeId, voucherId: change.voucherId, issuerCityId: issuerCityId,
            amount: change.amount, cancelledAt: change.changedAt)
    }
}

extension VoucherLife {
    /// Pays out what is left on a voucher.
    ///
    /// - Parameters:
    ///   - redeemable: The vouchers whose terms allow it.
    ///   - gifts: Those that were given away under terms that give no money for that.
    mutating func refund(
        _ command: RefundVoucher, redeemable: Set<UUID>, gifts: Set<UUID>, at now: Timestamp
    ) throws(BookingFault) -> LifeDecision<PaidBack> {
        guard let voucher = voucher(command.voucherId, of: command.issuerCityId) else {
            return .refused(.voucherUnknown)
        }
        if let first = change(under: command.refundId) {
            return repeated(first, as: .refund, voucher) ?? .refused(.refundDiffers)
        }
        if voucher.status == .blocked { return .refused(.voucherBlocked) }
        if voucher.status == .cancelled { return .refused(.voucherEnded) }
        if !redeemable.contains(voucher.voucherId) { return .refused(.notRedeemableForCash) }
        if gifts.contains(voucher.voucherId) { return .refused(.givenAway) }
        if voucher.held > 0 { return .refused(.voucherHeld) }
        if voucher.balance == 0 { return .refused(.nothingLeft) }
        return .done(
            try payBack(
                voucher, .refund, LedgerEntry.Cause(.refund, command.refundId),
                to: .issuerCash(cityId: voucher.issuerCityId), now))
    }

    /// Takes back a voucher of which nothing was spent.
    ///
    /// - Parameters:
    ///   - payers: Which account each was sold from.
    ///   - days: For how many days after its sale; at any time if absent.
    mutating func cancel(
        _ command: CancelVoucher, payers: [UUID: Set<Account.Kind>], days: Int?, at now: Timestamp
    ) throws(BookingFault) -> LifeDecision<PaidBack> {
        guard let voucher = voucher(command.voucherId, of: command.issuerCityId) else {
            return .refused(.voucherUnknown)
        }
        if let first = change(under: command.cancellationId) {
            return repeated(first, as: .cancellation, voucher) ?? .refused(.cancellationDiffers)
        }
        if let reason = refusal(toCancel: voucher, days: days, at: now) { return .refused(reason) }
        let cause = LedgerEntry.Cause(.cancellation, command.cancellationId)
        var paidBack: PaidBack
        if voucher.status == .created {
            paidBack = noted(.cancellation, cause.id, voucher, now)
        } else {
            guard let kinds = payers[voucher.voucherId], kinds.count == 1, let kind = kinds.first else {
                return .refused(.notASale)
            }
            let payer = Account(kind: kind, owner: voucher.issuerCityId)
            paidBack = try payBack(voucher, .cancellation, cause, to: payer, now)
        }
        end(voucher, as: .cancelled)
        return .done(paidBack)
    }

    private func refusal(toCancel voucher: Voucher, days: Int?, at now: Timestamp) -> LifeRefusalReason? {
        switch voucher.status {
        case .created: return nil
        case .blocked: return .voucherBlocked
        case .replaced, .cancelled: return .voucherEnded
        case .active, .expired: break
        }
        if voucher.available != voucher.value { return .voucherSpent }
        guard let days else { return nil }
        return Day(of: now) > Day(of: voucher.issuedAt).advanced(by: days) ? .cancellationTooLate : nil
    }

    private func repeated(
        _ first: VoucherChange, as kind: VoucherChange.Kind, _ voucher: Voucher
    ) -> LifeDecision<PaidBack>? {
        guard first.kind == kind, first.voucherId == voucher.voucherId else { return nil }
        return .repeated(PaidBack(change: first, issuerCityId: voucher.issuerCityId))
    }

    /// Books that all that is owed is owed no more.
    private mutating func payBack(
        _ voucher: Voucher, _ kind: VoucherChange.Kind, _ cause: LedgerEntry.Cause, to payer: Account, _ now: Timestamp
    ) throws(BookingFault) -> PaidBack {
        let amount = Money(voucher.balance, voucher.currency)
        try book.book(
            LedgerEntry(cause, at: now, moving: amount, debit: .voucher(voucher.voucherId), credit: payer))
        return noted(kind, cause.id, voucher, now)
    }

    private mutating func noted(
        _ kind: VoucherChange.Kind, _ id: UUID, _ voucher: Voucher, _ now: Timestamp
    ) -> PaidBack {
        let change = VoucherChange(
            changeId: id, kind: kind, voucherId: voucher.voucherId, amount: Money(voucher.balance, voucher.currency),
            changedAt: now)
        note(change)
        return PaidBack(change: change, issuerCityId: voucher.issuerCityId)
    }
}
