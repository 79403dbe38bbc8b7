import Contracts
import FoundationEssentials

/// What the vouchers of one city were worth at another's shops, in one run and currency.
struct IssuedElsewhere: Hashable, Sendable {
    /// Who issued, and owes.
    var issuerCityId: UUID
    /// Where they were spent.
    var cityId: UUID
    var currency: String
    /// Spent less taken back.
    var amount: Int64
}

/// Sets what each of two cities owes the other against each other.
enum Netting {
    /// A pair for every two cities with something between them, the smaller id first; in the order of ids.
    static func pairs(_ sums: [IssuedElsewhere]) throws(BookingFault) -> [SettlementPair] {
        struct Key: Hashable {
            var one: UUID
            var other: UUID
            var currency: String
        }
        var pairs: [Key: SettlementPair] = [:]
        for sum in sums where sum.issuerCityId != sum.cityId {
            let isFirst = sum.issuerCityId < sum.cityId
            let key = Key(
                one: min(sum.issuerCityId, sum.cityId), other: max(sum.issuerCityId, sum.cityId),
                currency: sum.currency)
            var pair =
                pairs[key]
                ?? SettlementPair(cityId: key.one, otherCityId: key.other, currency: key.currency, owes: 0, isOwed: 0)
            let (total, isBeyond) =
                (isFirst ? pair.owes : pair.isOwed).addingReportingOverflow(sum.amount)
            guard !isBeyond else { throw BookingFault(description: "clearing: sums beyond 64 bits") }
            if isFirst { pair.owes = total } else { pair.isOwed = total }
            pairs[key] = pair
        }
        return pairs.values.sorted {
            ($0.cityId.text, $0.otherCityId.text, $0.currency) < ($1.cityId.text, $1.otherCityId.text, $1.currency)
        }
    }
}

extension [MerchantStatement] {
    /// The sums, by currency.
    var totals: [SettlementTotal] {
        var totals: [String: SettlementTotal] = [:]
        for statement in self {
            var total =
                totals[statement.currency]
                ?? SettlementTotal(
                    currency: statement.currency, statements: 0, redeemed: 0, reversed: 0, fees: 0, feeVAT: 0,
                    carriedIn: 0, paidOut: 0, carriedOut: 0)
            total.statements += 1
            total.redeemed &+= statement.redeemed
            total.reversed &+= statement.reversed
            total.fees &+= statement.fee
            total.feeVAT &+= statement.feeVAT
            total.carriedIn &+= statement.carriedIn
            if statement.outcome == .payout {
                total.paidOut &+= statement.due
            } else {
                total.carriedOut &+= statement.due
            }
            totals[statement.currency] = total
        }
        return totals.values.sorted { $0.currency < $1.currency }
    }
}
