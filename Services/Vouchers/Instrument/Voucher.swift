import Contracts
import FoundationEssentials

/// A voucher as its row says.
struct Voucher: Hashable, Sendable {
    typealias Status = VoucherStatus

    var voucherId: UUID
    /// The city that owes the money.
    var issuerCityId: UUID
    var currency: String
    /// What it was issued for, in minor units.
    var value: Int64
    /// What is owed to its holder, what is held for shops included; changed by what is booked alone.
    var balance: Int64 = 0
    /// What is held for shops, of the balance.
    var held: Int64 = 0
    var status: Status
    /// Who is told what happens to it.
    var personId: UUID?
    /// How its code is found.
    var lookup: CodeLookup
    /// The end of its code, for people.
    var lastFour: String
    /// When it was sold or given away; of printed stock, until then, when it was made.
    ///
    /// Which cities take it depends on who was a member then.
    var issuedAt: Timestamp
    /// The terms that it was issued under, if it belongs to a programme.
    var termsId: UUID?
    /// The order that it was made for.
    var orderId: UUID?
    /// The last day on which it can be spent, as it is printed; for ever if absent.
    var validUntil: Day?
    /// The last day on which its money can be claimed at all; for ever if absent.
    var lapsesAfter: Day?
    /// The only cities that take it, whatever is agreed between cities later; all that acceptance allows if absent.
    var acceptedIn: [UUID]?

    /// What can be spent.
    var available: Int64 { balance - held }

    /// Whether its printed validity is over on that day.
    func isExpired(on day: Day) -> Bool {
        status == .expired || validUntil.map { $0 < day } ?? false
    }
}
