import Contracts
import FoundationEssentials
import Messaging

// What decisions become in the database: rows in the order of their ids.

extension MessageTransaction {
    /// Writes what a batch of redemptions changed.
    mutating func write(_ changes: Redemptions.Changes, at now: Date) {
        if !changes.redemptions.isEmpty {
            write(WriteBalances(vouchers: changes.vouchers))
            write(WriteRedemptions(redemptions: changes.redemptions, now: now))
            write(WritePostings(entries: changes.entries, now: now))
        }
        if !changes.refusals.isEmpty { write(WriteRefusals(refusals: changes.refusals, now: now)) }
    }

    /// Writes what a batch of issues made, with the codes encrypted for as long as they may be shown.
    mutating func write(_ issued: [IssuedVoucher], seal: Seal, at now: Date) throws {
        guard !issued.isEmpty else { return }
        let codes = try issued.map { issued in
            try seal.seal(Array(issued.code.formatted.utf8), for: issued.voucher.voucherId)
        }
        write(WriteVouchers(vouchers: issued.map(\.voucher), now: now))
        write(
            WriteIssues(
                ids: issued.map(\.issueId), vouchers: issued.map(\.voucher.voucherId), sealedCodes: codes,
                until: now.addingTimeInterval(Double(IssueVoucher.replyKeptSeconds))))
        write(WritePostings(entries: issued.map(\.entry), now: now))
        // Whoever issues also forgets what was issued ten minutes ago.
        write(ForgetCodes())
    }
}
