import FoundationEssentials
import Postgres

/// What moved on a day under one key: amounts in the order of the columns of its table.
struct Movement<Key: Hashable & Sendable>: Hashable, Sendable {
    var key: Key
    var amounts: [Int64]

    /// What has to be added to what is kept so that it says what the journal says, by key; nothing where both are the same.
    static func corrections(of kept: [Movement], to journal: [Movement]) -> [Movement] {
        var open = Dictionary(kept.map { ($0.key, $0.amounts) }) { first, _ in first }
        var corrections: [Movement] = []
        for movement in journal {
            let old = open.removeValue(forKey: movement.key) ?? []
            let amounts = movement.amounts.enumerated().map { place, amount in
                amount &- (place < old.count ? old[place] : 0)
            }
            corrections.append(Movement(key: movement.key, amounts: amounts))
        }
        corrections += open.map { Movement(key: $0, amounts: $1.map { 0 &- $0 }) }
        return corrections.filter { $0.amounts.contains { $0 != 0 } }
    }
}

/// Whose vouchers: those that a city issued in one month, in one currency.
struct CohortKey: Hashable, Sendable {
    var issuerCityId: UUID
    var currency: String
    /// The first day of the month of issue.
    var cohort: CalendarDate
}

/// Whose vouchers were spent where.
struct FlowKey: Hashable, Sendable {
    var issuerCityId: UUID
    /// The city of the shop.
    var cityId: UUID
    /// Of the shop; empty if it has none.
    var category: String
    var currency: String
}

/// Into which accounts something was booked.
struct BookingKey: Hashable, Sendable {
    /// As ``LedgerEntry/Cause/Kind`` stands in the database.
    var cause: String
    /// As ``Account/Kind`` stands in the database.
    var account: String
    var currency: String
}

/// What a piece of the journal adds to the figures of its day.
struct DayMovements: Sendable {
    var owed: [Movement<CohortKey>]
    var spent: [Movement<FlowKey>]
    /// Amounts, and how many lines they are of.
    var booked: [Movement<BookingKey>]

    /// How many lines of the journal they are made of.
    var lines: Int64 { booked.reduce(0) { $0 &+ $1.amounts[1] } }

    /// What has to be added to what is kept of a day so that it says what the journal says.
    func correcting(_ kept: DayMovements) -> DayMovements {
        DayMovements(
            owed: Movement.corrections(of: kept.owed, to: owed), spent: Movement.corrections(of: kept.spent, to: spent),
            booked: Movement.corrections(of: kept.booked, to: booked))
    }
}

/// How causes of entries change what is owed, as lists of SQL.
enum OwedBy {
    static let accounts = "'voucher', 'voucher-held'"
    static let issue = "'issue'"
    static let redemption = "'redemption', 'capture'"
    static let reversal = "'reversal'"
    static let expiry = "'lapse'"
    static let refund = "'refund', 'cancellation'"
    /// What changes what is owed at all; every other cause moves money between vouchers, or none.
    static let all = [issue, redemption, reversal, expiry, refund].joined(separator: ", ")
}
