import Contracts
import FoundationEssentials

/// A voucher as its row says.
struct Voucher: Hashable, Sendable {
    /// Where a voucher stands in its life; that it is spent shows in its balance.
    enum Status: String, CaseIterable, Sendable {
        /// Printed, not yet sold.
        case created
        /// Can be spent.
        case active
        /// Stopped by an operator; can be undone.
        case blocked
        /// Past its printed validity.
        case expired
        /// Its balance moved to another code.
        case replaced
        /// Taken back before it was spent.
        case cancelled
    }

    var voucherId: UUID
    /// The city that owes the money.
    var issuerCityId: UUID
    var currency: String
    /// What it was issued for, in minor units.
    var value: Int64
    /// What can still be spent, never below zero.
    var balance: Int64
    var status: Status
    /// Who is told what happens to it.
    var personId: UUID?
    /// How its code is found.
    var lookup: CodeLookup
    /// The end of its code, for people.
    var lastFour: String
    /// Which cities take it depends on who was a member then.
    var issuedAt: Timestamp
}
