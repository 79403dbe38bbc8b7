import Contracts
import FoundationEssentials

/// Ends vouchers whose days are over, over vouchers that are locked.
struct Endings: Sendable {
    private var book: VoucherBook
    private let day: Day
    private let now: Timestamp

    init(_ vouchers: [Voucher], at now: Timestamp) {
        book = VoucherBook(vouchers)
        day = Day(of: now)
        self.now = now
    }

    /// What is to be written and booked.
    var changes: VoucherBook.Changes { book.changes }

    /// Notes that the printed validity of a voucher is over; its money stays owed.
    ///
    /// Returns what everybody is told: nothing of one on which nothing is left, or which is not at its end.
    mutating func expire(_ id: UUID) -> VoucherExpired? {
        guard let voucher = book[id], voucher.status == .active, let last = voucher.validUntil, last < day else {
            return nil
        }
        book.update(id) { $0.status = .expired }
        guard voucher.balance > 0 else { return nil }
        return VoucherExpired(
            voucherId: id, issuerCityId: voucher.issuerCityId, balance: Money(voucher.balance, voucher.currency),
            personId: voucher.personId, validUntil: last, lapsesAfter: voucher.lapsesAfter, expiredAt: now)
    }

    /// Books what is left of a voucher past its limitation to the city that issued it; what is held waits for its hold.
    ///
    /// Returns what everybody is told: nothing of one on which nothing was left, or which is not at its end.
    mutating func lapse(_ id: UUID, as lapseId: UUID) throws(BookingFault) -> VoucherLapsed? {
        guard let voucher = book[id], let last = voucher.lapsesAfter, last < day, voucher.held == 0 else { return nil }
        if voucher.status == .active { book.update(id) { $0.status = .expired } }
        guard voucher.balance > 0 else { return nil }
        let amount = Money(voucher.balance, voucher.currency)
        try book.book(
            LedgerEntry(
                .init(.lapse, lapseId), at: now, moving: amount, debit: .voucher(id),
                credit: .expired(cityId: voucher.issuerCityId)))
        return VoucherLapsed(
            lapseId: lapseId, voucherId: id, issuerCityId: voucher.issuerCityId, amount: amount,
            personId: voucher.personId, lapsesAfter: last, lapsedAt: now)
    }
}
