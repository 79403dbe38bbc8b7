import Contracts
import FoundationEssentials

/// Where money stands.
struct Account: Hashable, Sendable {
    /// The kinds as they stand in the database and in ``GetLedger``.
    enum Kind: String, CaseIterable, Sendable {
        /// Owed to whoever holds the voucher, and free to be spent: a liability, so its sum is zero or below.
        case voucher
        /// Owed as well, but held for a shop.
        case voucherHeld = "voucher-held"
        /// Taken in by the city that issues, less what it has paid out.
        case issuerCash = "issuer-cash"
        /// Given away by the city that issues: it owes what nobody paid for.
        case promotionCost = "promotion-cost"
        /// Owed to a merchant until a settlement pays it out.
        case merchantPayable = "merchant-payable"
        /// On its way to a merchant's bank.
        case merchantPaid = "merchant-paid"
        /// What merchants pay their city for the service.
        case fees
        /// The value-added tax on that.
        case feeVAT = "fee-vat"
        /// What one city owes another for vouchers redeemed there, or is owed.
        case clearing
        /// What the city that issued keeps, because nobody may claim it any more.
        case expired
    }

    var kind: Kind
    /// The voucher, the merchant or the city.
    var owner: UUID
    /// The other city, in clearing.
    var counterparty: UUID?

    static func voucher(_ id: UUID) -> Account { Account(kind: .voucher, owner: id) }
    static func voucherHeld(_ id: UUID) -> Account { Account(kind: .voucherHeld, owner: id) }
    static func issuerCash(cityId: UUID) -> Account { Account(kind: .issuerCash, owner: cityId) }
    static func promotionCost(cityId: UUID) -> Account { Account(kind: .promotionCost, owner: cityId) }
    static func merchantPayable(_ id: UUID) -> Account { Account(kind: .merchantPayable, owner: id) }
    static func merchantPaid(_ id: UUID) -> Account { Account(kind: .merchantPaid, owner: id) }
    static func fees(cityId: UUID) -> Account { Account(kind: .fees, owner: cityId) }
    static func feeVAT(cityId: UUID) -> Account { Account(kind: .feeVAT, owner: cityId) }
    static func expired(cityId: UUID) -> Account { Account(kind: .expired, owner: cityId) }

    static func clearing(of cityId: UUID, with counterparty: UUID) -> Account {
        Account(kind: .clearing, owner: cityId, counterparty: counterparty)
    }
}

/// A line of an entry: debits are positive, credits negative, in minor units.
struct Posting: Hashable, Sendable {
    var account: Account
    var amount: Int64
    var currency: String
}

/// An entry of the journal, which sums to zero in every currency and is never changed.
struct LedgerEntry: Hashable, Sendable {
    /// What an entry books; with its id it is the entry's own key, so that nothing is booked twice.
    struct Cause: Hashable, Sendable {
        /// The kinds as they stand in the database.
        enum Kind: String, CaseIterable, Sendable {
            /// Sold or given away: the city owes.
            case issue
            /// Spent at once.
            case redemption
            /// Set aside for a shop.
            case hold
            /// Spent out of what was set aside; its id is that of the redemption.
            case capture
            /// Set aside no longer.
            case release
            /// A redemption taken back, wholly or in part.
            case reversal
            /// Moved to a new code.
            case replacement
            /// Moved from a voucher past its printed validity to a new one.
            case exchange
            /// Paid back to its holder.
            case refund
            /// Taken back before it was spent.
            case cancellation
            /// Past the legal limitation.
            case lapse
            /// A merchant's line of a settlement run.
            case settlement
            /// What two cities owe each other for a run.
            case clearing
            /// Arrived at a merchant's bank, or at a city's.
            case payout
            /// Sent back by the bank.
            case payoutReturn = "payout-return"
        }

        var kind: Kind
        var id: UUID

        init(_ kind: Kind, _ id: UUID) {
            self.kind = kind
            self.id = id
        }
    }

    let cause: Cause
    let bookedAt: Timestamp
    let postings: [Posting]

    /// Makes an entry; that it sums to zero is the promise of whoever writes the postings.
    init(_ cause: Cause, at bookedAt: Timestamp, _ postings: [Posting]) {
        precondition(LedgerEntry.isBalanced(postings), "an entry must sum to zero in every currency")
        self.cause = cause
        self.bookedAt = bookedAt
        self.postings = postings
    }

    /// Moves money from one account to another.
    init(_ cause: Cause, at bookedAt: Timestamp, moving money: Money, debit: Account, credit: Account) {
        self.init(
            cause, at: bookedAt,
            [
                Posting(account: debit, amount: money.amount, currency: money.currency),
                Posting(account: credit, amount: -money.amount, currency: money.currency),
            ])
    }

    /// Whether there is something to book and every currency sums to zero.
    static func isBalanced(_ postings: [Posting]) -> Bool {
        if postings.count == 2 {
            // Almost every entry.
            return postings[0].currency == postings[1].currency
                && Int128(postings[0].amount) + Int128(postings[1].amount) == 0
        }
        var sums: [String: Int128] = [:]
        for posting in postings { sums[posting.currency, default: 0] += Int128(posting.amount) }
        return !postings.isEmpty && sums.values.allSatisfy { $0 == 0 }
    }
}
