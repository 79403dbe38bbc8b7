import Contracts
import FoundationEssentials

/// Where money stands.
enum Account: Hashable, Sendable {
    /// Owed to whoever holds the voucher: a liability, so its sum is zero or below.
    case voucher(UUID)
    /// Taken in by the city that issues.
    case issuerCash(cityId: UUID)
    /// Owed to a merchant until it is paid out.
    case merchantPayable(UUID)

    /// The kinds as they stand in the database and in ``GetLedger``.
    enum Kind: String, CaseIterable, Sendable {
        case voucher
        case issuerCash = "issuer-cash"
        case merchantPayable = "merchant-payable"
    }

    var kind: Kind {
        switch self {
        case .voucher: .voucher
        case .issuerCash: .issuerCash
        case .merchantPayable: .merchantPayable
        }
    }

    /// The voucher, the city or the merchant.
    var owner: UUID {
        switch self {
        case .voucher(let id), .issuerCash(let id), .merchantPayable(let id): id
        }
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
    enum Cause: Hashable, Sendable {
        case issue(UUID)
        case redemption(UUID)

        /// The kinds as they stand in the database.
        enum Kind: String, CaseIterable, Sendable {
            case issue
            case redemption
        }

        var kind: Kind {
            switch self {
            case .issue: .issue
            case .redemption: .redemption
            }
        }

        var id: UUID {
            switch self {
            case .issue(let id), .redemption(let id): id
            }
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
        var sums: [String: Int128] = [:]
        for posting in postings { sums[posting.currency, default: 0] += Int128(posting.amount) }
        return !postings.isEmpty && sums.values.allSatisfy { $0 == 0 }
    }
}
