import Contracts
import FoundationEssentials

/// An entry that must not be booked: whoever decided it has not looked.
struct BookingFault: Error, CustomStringConvertible {
    let description: String
}

/// The vouchers of a batch, locked, and what is booked on them.
///
/// Every decision about money goes through ``book(_:)``: balances change by entries and by nothing else, so they cannot say
/// anything but the journal.
struct VoucherBook: Sendable {
    /// What is to be written; every list in the order in which rows are locked and inserted.
    struct Changes: Sendable {
        /// New vouchers, by id.
        var added: [Voucher]
        /// Vouchers that were there and are different now, by id.
        var changed: [Voucher]
        /// What is booked.
        var entries: [LedgerEntry]

        var isEmpty: Bool { added.isEmpty && changed.isEmpty && entries.isEmpty }
    }

    private var vouchers: [UUID: Voucher]
    private let idsByLookup: [CodeLookup: UUID]
    private var added: Set<UUID> = []
    private var changed: Set<UUID> = []
    private var entries: [LedgerEntry] = []

    init(_ vouchers: [Voucher] = []) {
        self.vouchers = Dictionary(vouchers.map { ($0.voucherId, $0) }) { first, _ in first }
        idsByLookup = Dictionary(vouchers.map { ($0.lookup, $0.voucherId) }) { first, _ in first }
    }

    /// The voucher with this id, if it is among those loaded.
    subscript(id: UUID) -> Voucher? { vouchers[id] }

    /// The voucher that one of these lookups of its code finds.
    subscript(lookups: [CodeLookup]) -> Voucher? {
        for lookup in lookups {
            if let id = idsByLookup[lookup] { return vouchers[id] }
        }
        return nil
    }

    /// Takes up a new voucher; what it is worth is booked after that.
    mutating func add(_ voucher: Voucher) {
        var voucher = voucher
        (voucher.balance, voucher.held) = (0, 0)
        vouchers[voucher.voucherId] = voucher
        added.insert(voucher.voucherId)
    }

    /// Changes what is not money; balance and held stay what they are.
    mutating func update(_ id: UUID, _ change: (inout Voucher) -> Void) {
        guard let before = vouchers[id] else { return }
        var after = before
        change(&after)
        (after.balance, after.held) = (before.balance, before.held)
        guard after != before else { return }
        vouchers[id] = after
        changed.insert(id)
    }

    /// Books an entry and moves the balances of its vouchers with it.
    ///
    /// Throws, and books nothing, if a voucher is not loaded, is in another currency, or would owe less than nothing, less than
    /// what is held, or more than it was issued for.
    mutating func book(_ entry: LedgerEntry) throws(BookingFault) {
        // One voucher, or two.
        var touched: [Voucher] = []
        for posting in entry.postings {
            let isHeld = posting.account.kind == .voucherHeld
            guard isHeld || posting.account.kind == .voucher else { continue }
            let id = posting.account.owner
            let place = touched.firstIndex { $0.voucherId == id }
            guard var voucher = place.map({ touched[$0] }) ?? vouchers[id], voucher.currency == posting.currency else {
                throw BookingFault(
                    description: "\(entry.cause.kind): voucher \(id.text) is not here, or not in this currency")
            }
            // A credit raises what is owed.
            voucher.balance -= posting.amount
            if isHeld { voucher.held -= posting.amount }
            if let place { touched[place] = voucher } else { touched.append(voucher) }
        }
        for voucher in touched
        where voucher.held < 0 || voucher.available < 0 || voucher.balance > voucher.value {
            throw BookingFault(
                description: """
                    \(entry.cause.kind): voucher \(voucher.voucherId.text) would owe \(voucher.balance) of \(voucher.value), \
                    \(voucher.held) of it held
                    """)
        }
        for voucher in touched {
            vouchers[voucher.voucherId] = voucher
            changed.insert(voucher.voucherId)
        }
        entries.append(entry)
    }

    /// What was decided so far.
    var changes: Changes {
        Changes(
            added: added.compactMap { vouchers[$0] }.sorted { $0.voucherId < $1.voucherId },
            changed: changed.subtracting(added).compactMap { vouchers[$0] }.sorted { $0.voucherId < $1.voucherId },
            entries: entries)
    }
}
