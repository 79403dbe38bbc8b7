import Contracts
import FoundationEssentials
import Messaging

extension MessageTransaction {
    /// Writes what a batch has changed of vouchers, and what it has booked; new vouchers before whatever refers to them.
    mutating func write(_ changes: VoucherBook.Changes, at now: Date) {
        if !changes.added.isEmpty { write(WriteVouchers(vouchers: changes.added)) }
        if !changes.changed.isEmpty { write(WriteVoucherChanges(vouchers: changes.changed)) }
        if !changes.entries.isEmpty { write(WritePostings(entries: changes.entries, now: now)) }
    }
}
