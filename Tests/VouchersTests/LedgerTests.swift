import Contracts
import FoundationEssentials
import Testing

@testable import vouchers

/// An entry that does not sum to zero cannot be made.
@Suite struct LedgerTests {
    private let now = Timestamp(milliseconds: 1_796_113_800_000)

    @Test func movingMoneyBalances() {
        let entry = LedgerEntry(
            .init(.issue, UUID()), at: now, moving: Money(1250, "EUR"), debit: .issuerCash(cityId: UUID()),
            credit: .voucher(UUID()))
        #expect(entry.postings.map(\.amount) == [1250, -1250])
        #expect(entry.postings.map(\.account.kind) == [.issuerCash, .voucher])
        #expect(LedgerEntry.isBalanced(entry.postings))
    }

    @Test func everyCurrencyBalancesByItself() {
        let account = Account.merchantPayable(UUID())
        func posting(_ amount: Int64, _ currency: String) -> Posting {
            Posting(account: account, amount: amount, currency: currency)
        }
        #expect(!LedgerEntry.isBalanced([]))
        #expect(!LedgerEntry.isBalanced([posting(1, "EUR")]))
        #expect(!LedgerEntry.isBalanced([posting(1, "EUR"), posting(-1, "HUF")]))
        #expect(LedgerEntry.isBalanced([posting(1, "EUR"), posting(2, "HUF"), posting(-1, "EUR"), posting(-2, "HUF")]))
        // Sums beyond 64 bits are sums, not traps.
        #expect(!LedgerEntry.isBalanced([posting(.max, "EUR"), posting(.max, "EUR")]))
        #expect(!LedgerEntry.isBalanced([posting(.min, "EUR"), posting(.min, "EUR")]))
    }

    @Test func anUnbalancedEntryStopsTheProcess() async {
        await #expect(processExitsWith: .failure) {
            _ = LedgerEntry(
                .init(.issue, UUID()), at: Timestamp(milliseconds: 0),
                [Posting(account: .voucher(UUID()), amount: 1, currency: "EUR")])
        }
    }

    @Test func theNamesInTheDatabaseAreTheNamesOnTheWire() {
        #expect(
            Account.Kind.allCases.map(\.rawValue) == [
                "voucher", "voucher-held", "issuer-cash", "promotion-cost", "merchant-payable", "merchant-paid", "fees",
                "fee-vat", "clearing", "expired",
            ])
    }
}
