import Contracts
import FoundationEssentials

/// The holds of a batch, over the book of their vouchers, which are locked.
///
/// What a hold says and what is booked change together and nowhere else, so that capture and release are the hold.
struct HoldBook: Sendable {
    /// What is to be written; every list in the order in which rows are locked and inserted.
    struct Changes: Sendable {
        var book: VoucherBook.Changes
        /// New holds, by id.
        var added: [Hold]
        /// Holds that were there and are different now, by id.
        var changed: [Hold]

        var isEmpty: Bool { book.isEmpty && added.isEmpty && changed.isEmpty }
    }

    private var book: VoucherBook
    private var holds: [UUID: Hold]
    private var added: Set<UUID> = []
    private var changed: Set<UUID> = []

    init(vouchers: [Voucher], holds: [Hold] = []) {
        book = VoucherBook(vouchers)
        self.holds = Dictionary(holds.map { ($0.holdId, $0) }) { first, _ in first }
    }

    /// The hold with this id, if it is among those loaded.
    subscript(hold id: UUID) -> Hold? { holds[id] }

    /// The voucher with this id, if it is among those loaded.
    subscript(voucher id: UUID) -> Voucher? { book[id] }

    /// The voucher that one of these lookups of its code finds.
    subscript(lookups: [CodeLookup]) -> Voucher? { book[lookups] }

    /// The open holds whose time is over, in the order of their ids.
    func due(at now: Timestamp) -> [Hold] {
        holds.values.filter { $0.state == .open && $0.isOver(at: now) }.sorted { $0.holdId < $1.holdId }
    }

    /// Changes what is not money of a voucher.
    mutating func update(_ voucherId: UUID, _ change: (inout Voucher) -> Void) {
        book.update(voucherId, change)
    }

    /// Sets an amount aside.
    mutating func open(_ hold: Hold) throws(BookingFault) {
        guard holds[hold.holdId] == nil else { throw Self.fault(hold.holdId, "is there already") }
        try book.book(hold.entry)
        holds[hold.holdId] = hold
        added.insert(hold.holdId)
    }

    /// Spends what is held: a redemption that names its hold.
    mutating func capture(_ redemption: Redemption) throws(BookingFault) {
        guard let id = redemption.holdId, var hold = holds[id], hold.voucherId == redemption.voucherId,
            hold.amount.currency == redemption.amount.currency, redemption.amount.amount > 0,
            redemption.amount.amount <= hold.held
        else { throw Self.fault(redemption.holdId ?? redemption.redemptionId, "has not so much to capture") }
        try book.book(redemption.entry)
        hold.captured += redemption.amount.amount
        if hold.held == 0 { (hold.state, hold.closedAt) = (.captured, redemption.redeemedAt) }
        note(hold)
    }

    /// Frees what is still held, which closes the hold.
    mutating func release(_ id: UUID, because cause: ReleaseCause, at now: Timestamp) throws(BookingFault) -> Release {
        guard var hold = holds[id], hold.held > 0, let before = book[hold.voucherId] else {
            throw Self.fault(id, "has nothing to release")
        }
        let amount = Money(hold.held, hold.amount.currency)
        // A hold is released once, so its id is that of the entry.
        try book.book(
            LedgerEntry(
                .init(.release, id), at: now, moving: amount, debit: .voucherHeld(hold.voucherId),
                credit: .voucher(hold.voucherId)))
        hold.released = amount.amount
        (hold.state, hold.closedAt) = (HoldState(cause), now)
        note(hold)
        return Release(
            hold: hold, amount: amount, cause: cause, releasedAt: now,
            balance: Money(before.available + amount.amount, before.currency), personId: before.personId)
    }

    private mutating func note(_ hold: Hold) {
        holds[hold.holdId] = hold
        changed.insert(hold.holdId)
    }

    private static func fault(_ id: UUID, _ what: String) -> BookingFault {
        BookingFault(description: "hold \(id.text) \(what)")
    }

    /// What was decided so far.
    var changes: Changes {
        Changes(book: book.changes, added: sorted(added), changed: sorted(changed.subtracting(added)))
    }

    private func sorted(_ ids: Set<UUID>) -> [Hold] { ids.sorted().compactMap { holds[$0] } }
}

extension HoldState {
    /// How a hold ends that is released.
    init(_ cause: ReleaseCause) {
        self =
            switch cause {
            case .released: .released
            case .captured: .captured
            case .expired: .expired
            }
    }
}
