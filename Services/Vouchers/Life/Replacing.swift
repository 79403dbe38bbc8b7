import Contracts
import FoundationEssentials

/// A voucher that stands for another one now.
struct Replacement: Sendable {
    var change: VoucherChange
    var issuerCityId: UUID
    var newVoucherId: UUID
    /// Of the new voucher, as long as it may be shown.
    var code: Secret

    /// What the sender is answered: the only place where the code shows.
    var reply: ReplaceVoucher.Reply {
        ReplaceVoucher.Reply(
            voucherId: newVoucherId, replacedVoucherId: change.voucherId, code: code, value: change.amount)
    }

    /// What everybody is told.
    var event: VoucherReplaced {
        VoucherReplaced(
            replacementId: change.changeId, voucherId: change.voucherId, newVoucherId: newVoucherId,
            issuerCityId: issuerCityId, amount: change.amount, replacedAt: change.changedAt)
    }
}

/// Decides replacements, one after the other.
struct Replacements: Sendable {
    private(set) var life: VoucherLife
    private let keys: CodeKeys
    /// The codes that were kept under the commands' ids; none where one may be shown no more.
    private var shown: [UUID: Secret?]
    private(set) var codes: [ShownCode] = []

    init(_ life: VoucherLife, shown: [UUID: Secret?], keys: CodeKeys) {
        self.life = life
        self.shown = shown
        self.keys = keys
    }

    /// Decides one command; the new id and code come from `generator`.
    mutating func replace(
        _ command: ReplaceVoucher, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(BookingFault) -> LifeDecision<Replacement> {
        guard let voucher = life.voucher(command.voucherId, of: command.issuerCityId) else {
            return .refused(.voucherUnknown)
        }
        if let first = life.change(under: command.replacementId) {
            return repeated(first, voucher)
        }
        // A voucher was issued under this id.
        if shown[command.replacementId] != nil { return .refused(.replacementDiffers) }
        if let reason = refusal(of: voucher, on: Day(of: now)) { return .refused(reason) }
        return .done(try move(voucher, command.replacementId, now, &generator))
    }

    private func repeated(_ first: VoucherChange, _ voucher: Voucher) -> LifeDecision<Replacement> {
        guard first.kind == .replacement, first.voucherId == voucher.voucherId, let id = first.newVoucherId else {
            return .refused(.replacementDiffers)
        }
        guard let code = shown[first.changeId] ?? nil else { return .refused(.alreadyReplaced) }
        return .repeated(
            Replacement(change: first, issuerCityId: voucher.issuerCityId, newVoucherId: id, code: code))
    }

    private func refusal(of voucher: Voucher, on day: Day) -> LifeRefusalReason? {
        let status = life.blocks[voucher.voucherId]?.status ?? voucher.status
        switch status {
        case .cancelled: return .voucherEnded
        // What came back to a voucher after it was replaced goes the same way.
        case .replaced: break
        case .created, .active, .blocked, .expired:
            if status == .expired || voucher.isExpired(on: day) { return .voucherExpired }
        }
        if voucher.held > 0 { return .voucherHeld }
        return voucher.balance > 0 ? nil : .nothingLeft
    }

    private mutating func move(
        _ old: Voucher, _ id: UUID, _ now: Timestamp, _ generator: inout some RandomNumberGenerator
    ) throws(BookingFault) -> Replacement {
        let code = VoucherCode.random(using: &generator)
        var new = old
        new.voucherId = UUID.version7(at: now, using: &generator)
        (new.value, new.status) = (old.balance, .active)
        (new.lookup, new.lastFour) = (keys.lookup(for: code), code.lastFour)
        // An order has as many vouchers as were ordered.
        new.orderId = nil
        let amount = Money(old.balance, old.currency)
        life.book.add(new)
        try life.book.book(
            LedgerEntry(
                .init(.replacement, id), at: now, moving: amount, debit: .voucher(old.voucherId),
                credit: .voucher(new.voucherId)))
        life.end(old, as: .replaced)
        let change = VoucherChange(
            changeId: id, kind: .replacement, voucherId: old.voucherId, newVoucherId: new.voucherId, amount: amount,
            changedAt: now)
        life.note(change)
        codes.append(ShownCode(issueId: id, voucherId: new.voucherId, code: code))
        let secret = Secret(code.formatted)
        shown[id] = .some(secret)
        return Replacement(
            change: change, issuerCityId: old.issuerCityId, newVoucherId: new.voucherId, code: secret)
    }
}
