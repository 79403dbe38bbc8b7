import Foundation

/// What stands in the books of vouchers for all that was done at a desk: as the desk knows it, or as the database has it.
///
/// Both are made of the same pieces, so that they can be compared row by row and line by line.
struct DeskBooks: Sendable, Equatable {
    struct Voucher: Sendable, Hashable {
        var value: Int64
        var balance: Int64
        var held: Int64 = 0
        var status = "active"
    }

    struct Hold: Sendable, Hashable {
        let voucherId: UUID
        let merchantId: UUID
        let amount: Int64
        var captured: Int64 = 0
        var released: Int64 = 0
        var state = "open"

        var rest: Int64 { amount - captured - released }
    }

    struct Redemption: Sendable, Hashable {
        let voucherId: UUID
        let merchantId: UUID
        let holdId: UUID?
        let amount: Int64
        var reversed: Int64 = 0
    }

    struct Reversal: Sendable, Hashable {
        let redemptionId: UUID
        let amount: Int64
        let remaining: Int64
    }

    /// A replacement, a refund or a cancellation.
    struct Change: Sendable, Hashable {
        let kind: String
        let voucherId: UUID
        /// Of a replacement.
        var newVoucherId: UUID?
        let amount: Int64
    }

    struct Exchange: Sendable, Hashable {
        let voucherId: UUID
        let newVoucherId: UUID
        let amount: Int64
    }

    /// The cause of an entry in the journal.
    struct Cause: Sendable, Hashable, CustomStringConvertible {
        let kind: String
        let id: UUID

        var description: String { "\(kind) \(id)" }
    }

    struct Line: Sendable, Hashable {
        let account: String
        let ownerId: UUID
        let amount: Int64
    }

    /// By voucher.
    var vouchers: [UUID: Voucher] = [:]
    /// The vouchers that issues and replacements made, by the id of the command.
    var issues: [UUID: UUID] = [:]
    var holds: [UUID: Hold] = [:]
    /// Why holds were refused, as operators see it.
    var refusedHolds: [UUID: String] = [:]
    var redemptions: [UUID: Redemption] = [:]
    var reversals: [UUID: Reversal] = [:]
    var changes: [UUID: Change] = [:]
    var exchanges: [UUID: Exchange] = [:]
    /// The lines of each entry, in any order.
    var entries: [Cause: [Line: Int]] = [:]

    // MARK: What is done

    mutating func issue(_ issueId: UUID, in city: UUID, makes voucherId: UUID, worth value: Int64) {
        vouchers[voucherId] = Voucher(value: value, balance: value)
        issues[issueId] = voucherId
        book("issue", issueId, value, from: ("issuer-cash", city), to: ("voucher", voucherId))
    }

    mutating func hold(_ holdId: UUID, of voucherId: UUID, for merchantId: UUID, _ amount: Int64) {
        holds[holdId] = Hold(voucherId: voucherId, merchantId: merchantId, amount: amount)
        vouchers[voucherId]?.held += amount
        book("hold", holdId, amount, from: ("voucher", voucherId), to: ("voucher-held", voucherId))
    }

    mutating func capture(_ redemptionId: UUID, from holdId: UUID, _ amount: Int64, releasesRest: Bool) {
        guard var hold = holds[holdId] else { return }
        hold.captured += amount
        if hold.rest == 0 { hold.state = "captured" }
        holds[holdId] = hold
        vouchers[hold.voucherId]?.held -= amount
        vouchers[hold.voucherId]?.balance -= amount
        redemptions[redemptionId] = Redemption(
            voucherId: hold.voucherId, merchantId: hold.merchantId, holdId: holdId, amount: amount)
        book(
            "capture", redemptionId, amount, from: ("voucher-held", hold.voucherId),
            to: ("merchant-payable", hold.merchantId))
        if releasesRest, hold.rest > 0 { release(holdId, as: "captured") }
    }

    /// Frees what is held: by the shop, with a capture, or because its time is over.
    mutating func release(_ holdId: UUID, as state: String) {
        guard let hold = holds[holdId] else { return }
        holds[holdId]?.released = hold.rest
        holds[holdId]?.state = state
        vouchers[hold.voucherId]?.held -= hold.rest
        book("release", holdId, hold.rest, from: ("voucher-held", hold.voucherId), to: ("voucher", hold.voucherId))
    }

    mutating func reverse(_ reversalId: UUID, of redemptionId: UUID, _ amount: Int64) {
        guard var redemption = redemptions[redemptionId] else { return }
        redemption.reversed += amount
        redemptions[redemptionId] = redemption
        vouchers[redemption.voucherId]?.balance += amount
        reversals[reversalId] = Reversal(
            redemptionId: redemptionId, amount: amount, remaining: redemption.amount - redemption.reversed)
        book(
            "reversal", reversalId, amount, from: ("merchant-payable", redemption.merchantId),
            to: ("voucher", redemption.voucherId))
    }

    mutating func replace(_ replacementId: UUID, _ voucherId: UUID, with newVoucherId: UUID) {
        let amount = vouchers[voucherId]?.balance ?? 0
        vouchers[voucherId]?.balance = 0
        vouchers[voucherId]?.status = "replaced"
        vouchers[newVoucherId] = Voucher(value: amount, balance: amount)
        issues[replacementId] = newVoucherId
        changes[replacementId] = Change(
            kind: "replacement", voucherId: voucherId, newVoucherId: newVoucherId, amount: amount)
        book("replacement", replacementId, amount, from: ("voucher", voucherId), to: ("voucher", newVoucherId))
    }

    mutating func exchange(_ exchangeId: UUID, _ voucherId: UUID, for newVoucherId: UUID) {
        let amount = vouchers[voucherId]?.balance ?? 0
        vouchers[voucherId]?.balance = 0
        vouchers[voucherId]?.status = "replaced"
        vouchers[newVoucherId] = Voucher(value: amount, balance: amount)
        exchanges[exchangeId] = Exchange(voucherId: voucherId, newVoucherId: newVoucherId, amount: amount)
        book("exchange", exchangeId, amount, from: ("voucher", voucherId), to: ("voucher", newVoucherId))
    }

    /// Pays out what is left; the voucher stays as it is.
    mutating func refund(_ refundId: UUID, of voucherId: UUID, in city: UUID) {
        payBack("refund", refundId, voucherId, city)
    }

    mutating func cancel(_ cancellationId: UUID, of voucherId: UUID, in city: UUID) {
        payBack("cancellation", cancellationId, voucherId, city)
        vouchers[voucherId]?.status = "cancelled"
    }

    private mutating func payBack(_ kind: String, _ id: UUID, _ voucherId: UUID, _ city: UUID) {
        let amount = vouchers[voucherId]?.balance ?? 0
        vouchers[voucherId]?.balance = 0
        changes[id] = Change(kind: kind, voucherId: voucherId, amount: amount)
        book(kind, id, amount, from: ("voucher", voucherId), to: ("issuer-cash", city))
    }

    private mutating func book(
        _ kind: String, _ id: UUID, _ amount: Int64, from debit: (String, UUID), to credit: (String, UUID)
    ) {
        entries[Cause(kind: kind, id: id)] = [
            Line(account: debit.0, ownerId: debit.1, amount: amount): 1,
            Line(account: credit.0, ownerId: credit.1, amount: -amount): 1,
        ]
    }

    // MARK: Comparing

    /// Everything in which the books found differ from these.
    func differences(from found: DeskBooks) -> [String] {
        Self.differences("voucher", vouchers, found.vouchers) + Self.differences("issue", issues, found.issues)
            + Self.differences("hold", holds, found.holds)
            + Self.differences("refused hold", refusedHolds, found.refusedHolds)
            + Self.differences("redemption", redemptions, found.redemptions)
            + Self.differences("reversal", reversals, found.reversals)
            + Self.differences("change", changes, found.changes)
            + Self.differences("exchange", exchanges, found.exchanges)
            + Self.differences("entry", entries, found.entries)
    }

    private static func differences<Key: Hashable, Value: Equatable>(
        _ what: String, _ wanted: [Key: Value], _ found: [Key: Value]
    ) -> [String] {
        Set(wanted.keys).union(found.keys).compactMap { key in
            switch (wanted[key], found[key]) {
            case (let wanted?, let found?):
                wanted == found ? nil : "desk: \(what) \(key): \(found), not \(wanted)"
            case (let wanted?, nil): "desk: \(what) \(key) is missing: \(wanted)"
            case (nil, let found?): "desk: \(what) \(key) was never asked for: \(found)"
            case (nil, nil): nil
            }
        }
    }
}
