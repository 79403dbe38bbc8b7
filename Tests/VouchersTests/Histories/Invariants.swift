import Contracts
import FoundationEssentials

@testable import vouchers

/// The invariants of the ledger, replayed from the journal.
extension World {
    /// Records what does not hold.
    func check() {
        var sums: [Account: Int64] = [:]
        for posting in rows.journal.flatMap(\.postings) { sums[posting.account, default: 0] += posting.amount }
        hold(rows.journal.allSatisfy { LedgerEntry.isBalanced($0.postings) }, "an entry does not sum to zero")
        hold(Set(rows.journal.map(\.cause)).count == rows.journal.count, "booked twice")
        checkVouchers(sums)
        checkHolds()
        checkRedemptions()
        checkTotals(sums)
    }

    private func checkVouchers(_ sums: [Account: Int64]) {
        hold(Set(rows.vouchers.keys) == Set(model.purses.keys), "other vouchers")
        for (id, voucher) in rows.vouchers {
            hold(0 <= voucher.held && voucher.held <= voucher.balance, "more is held than owed")
            hold(voucher.balance <= voucher.value, "more is owed than was issued")
            let (free, held) = (-(sums[.voucher(id)] ?? 0), -(sums[.voucherHeld(id)] ?? 0))
            hold(free == voucher.available && held == voucher.held, "a balance differs from its postings")
            hold(free == model.purses[id]?.free && held == model.purses[id]?.held, "a balance differs from the model")
            let open = rows.holds.values.filter { $0.voucherId == id }.map(\.held).reduce(0, +)
            hold(open == voucher.held, "what is held differs from the holds")
        }
    }

    private func checkHolds() {
        let captures = Dictionary(grouping: rows.redemptions.values.filter { $0.holdId != nil }) { $0.holdId }
        let released = Dictionary(
            rows.journal.filter { $0.cause.kind == .release }
                .map { ($0.cause.id, $0.postings.map(\.amount).max() ?? 0) }, uniquingKeysWith: +)
        for (id, row) in rows.holds {
            let captured = captures[id]?.map(\.amount.amount).reduce(0, +) ?? 0
            hold(row.captured == captured, "what was captured differs from the redemptions")
            hold(row.released == released[id] ?? 0, "what was released differs from the journal")
            hold(row.held >= 0 && (row.state == .open) == (row.held > 0), "capture and release are not the hold")
            hold((row.closedAt == nil) == (row.state == .open), "when it was closed")
            hold(row.held == model.holds[id]?.left, "a hold differs from the model")
        }
    }

    private func checkRedemptions() {
        let taken = Dictionary(grouping: rows.reversals.values, by: \.redemptionId)
        for (id, redemption) in rows.redemptions {
            let reversed = taken[id]?.map(\.amount.amount).reduce(0, +) ?? 0
            hold(rows.reversed[id] == reversed, "what was taken back differs from the reversals")
            hold(reversed <= redemption.amount.amount, "more was taken back than spent")
            hold(model.spent[id]?.left == redemption.amount.amount - reversed, "a redemption differs from the model")
        }
        hold(rows.redemptions.count == model.spent.count, "other redemptions")
    }

    private func checkTotals(_ sums: [Account: Int64]) {
        func total(_ kinds: Account.Kind...) -> Int64 {
            sums.filter { kinds.contains($0.key.kind) }.values.reduce(0, +)
        }
        hold(sums.values.reduce(0, +) == 0, "the ledger does not sum to zero")
        hold(-total(.voucher, .voucherHeld) == model.liability, "liabilities are not what the flows say")
        for merchant in merchants.map(\.merchantId) {
            hold(-(sums[.merchantPayable(merchant)] ?? 0) == model.owed[merchant] ?? 0, "a shop is owed something else")
        }
    }
}
