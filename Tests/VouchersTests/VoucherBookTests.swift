import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Balances change by entries and by nothing else.
@Suite struct VoucherBookTests {
    private static let now = Timestamp(milliseconds: 1_796_113_800_000)

    private static func voucher(_ value: Int64, _ currency: String = "EUR") -> Voucher {
        Voucher(
            voucherId: UUID(), issuerCityId: UUID(), currency: currency, value: value, status: .active,
            lookup: CodeLookup(keyID: 1, digest: []), lastFour: "ABCD", issuedAt: now)
    }

    private static func entry(_ debit: Account, _ credit: Account, _ amount: Int64, _ currency: String = "EUR")
        -> LedgerEntry
    {
        LedgerEntry(
            .init(.redemption, UUID()), at: now, moving: Money(amount, currency), debit: debit, credit: credit)
    }

    @Test func anEntryThatMustNotBeIsRefusedAndChangesNothing() throws {
        let voucher = Self.voucher(1_000)
        let (free, held) = (Account.voucher(voucher.voucherId), Account.voucherHeld(voucher.voucherId))
        let (cash, shop) = (Account.issuerCash(cityId: voucher.issuerCityId), Account.merchantPayable(UUID()))
        var book = VoucherBook()
        book.add(voucher)
        try book.book(Self.entry(cash, free, 1_000))
        try book.book(Self.entry(free, held, 400))
        let before = try #require(book[voucher.voucherId])
        #expect(before.balance == 1_000 && before.held == 400 && before.available == 600)
        for wrong in [
            Self.entry(cash, free, 1), Self.entry(free, shop, 601), Self.entry(held, shop, 401),
            Self.entry(held, free, 401), Self.entry(free, shop, 10, "HUF"),
            Self.entry(.voucher(UUID()), shop, 1),
        ] {
            #expect(throws: BookingFault.self) { try book.book(wrong) }
        }
        #expect(book[voucher.voucherId] == before)
        #expect(book.changes.entries.count == 2)
    }

    @Test func moneyIsNotChangedButByEntries() {
        let voucher = Self.voucher(1_000)
        var book = VoucherBook([voucher])
        book.update(voucher.voucherId) { voucher in
            voucher.balance = 900
            voucher.held = 5
        }
        #expect(book.changes.isEmpty)
        book.update(voucher.voucherId) { $0.status = .blocked }
        #expect(book.changes.changed.map(\.status) == [.blocked])
        #expect(book.changes.changed.map(\.balance) == [0])
    }

    /// Random entries between random accounts: whatever is taken, balances are what the entries say and within their bounds.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func balancesAreWhatTheEntriesSay(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let vouchers = (0..<4).map { _ in Self.voucher(Int64.random(in: 1...500, using: &generator)) }
        var book = VoucherBook()
        for voucher in vouchers { book.add(voucher) }
        let shop = Account.merchantPayable(UUID())
        let accounts = vouchers.flatMap { [Account.voucher($0.voucherId), .voucherHeld($0.voucherId)] } + [shop, shop]
        for _ in 0..<400 {
            let debit = accounts.randomElement(using: &generator) ?? shop
            let credit = accounts.randomElement(using: &generator) ?? shop
            try? book.book(Self.entry(debit, credit, Int64.random(in: 1...200, using: &generator)))
        }
        let postings = book.changes.entries.flatMap(\.postings)
        let sums = Dictionary(grouping: postings, by: \.account).mapValues { $0.reduce(0) { $0 + $1.amount } }
        #expect(book.changes.entries.count > 20, "enough is booked")
        for voucher in book.changes.added {
            let (free, held) = (sums[.voucher(voucher.voucherId)] ?? 0, sums[.voucherHeld(voucher.voucherId)] ?? 0)
            #expect(voucher.held == -held && voucher.available == -free)
            #expect(voucher.held >= 0 && voucher.available >= 0 && voucher.balance <= voucher.value)
        }
    }
}
