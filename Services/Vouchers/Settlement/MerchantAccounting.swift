import Contracts
import FoundationEssentials

/// What a run has of a merchant in one currency, as it is assigned: all that a statement is made of.
struct MerchantSums: Hashable, Sendable {
    /// Whether there is an account to pay into.
    enum Account: String, CaseIterable, Sendable {
        /// The registry has not said yet.
        case unasked
        /// The registry has none.
        case none
        case known
    }

    var merchantId: UUID
    var cityId: UUID
    var currency: String
    var redemptions: Int64 = 0
    var redeemed: Int64 = 0
    var reversals: Int64 = 0
    var reversed: Int64 = 0
    var feeBasisPoints: Int = 0
    /// Of the country of the merchant's city; `nil` where it has no rate here.
    var feeVATBasisPoints: Int?
    var carriedIn: Int64 = 0
    var account: Account = .known

    /// The statement; throws for sums beyond all money there is.
    ///
    /// The fee is of what was spent less what was taken back, so that taking back later gives back the fee.
    func statement() throws(BookingFault) -> MerchantStatement {
        let base = Int128(redeemed) - Int128(reversed)
        let fee = Self.share(feeBasisPoints, of: base)
        let vat = Self.share(feeVATBasisPoints ?? 0, of: fee)
        let due = base - fee - vat + Int128(carriedIn)
        guard let fee = Int64(exactly: fee), let vat = Int64(exactly: vat), let due = Int64(exactly: due) else {
            throw BookingFault(description: "settlement: merchant \(merchantId.text) has sums beyond 64 bits")
        }
        return MerchantStatement(
            merchantId: merchantId, cityId: cityId, currency: currency, redemptions: redemptions, redeemed: redeemed,
            reversals: reversals, reversed: reversed, feeBasisPoints: feeBasisPoints, fee: fee,
            feeVATBasisPoints: feeVATBasisPoints, feeVAT: vat, carriedIn: carriedIn, due: due, outcome: outcome(of: due)
        )
    }

    private func outcome(of due: Int64) -> StatementOutcome {
        if due == 0 { return .nothing }
        if due < 0 { return .carriedNegative }
        return account == .none ? .carriedNoAccount : .payout
    }

    /// So many hundredths of a percent, a half rounded away from zero: what is given back is what was taken.
    static func share(_ basisPoints: Int, of amount: Int128) -> Int128 {
        let product = amount * Int128(basisPoints)
        return (product + (product < 0 ? -5_000 : 5_000)) / 10_000
    }
}

/// A statement with its own id, and whom its payment would go to.
struct StatementToBook: Sendable {
    var statementId: UUID
    var statement: MerchantStatement
    var creditor: Creditor?
}

/// Whom a payment goes to, as it is stored.
struct Creditor: Hashable, Sendable {
    var name: String
    var ibanMask: String?
    var sealedParty: [UInt8]?
}

/// What closing a run books of its statements and pairs.
///
/// A merchant's payment needs an account; one that is gone since the statement was made leaves the amount to the next run.
struct SettlementBooking: Sendable {
    /// What is left to the next run.
    struct Carry: Hashable, Sendable {
        var statementId: UUID
        var merchantId: UUID
        var cityId: UUID
        var currency: String
        var amount: Int64
    }

    let runId: UUID
    let bookedAt: Timestamp
    private(set) var entries: [LedgerEntry] = []
    private(set) var payouts: [NewPayout] = []
    private(set) var carries: [Carry] = []
    /// What became of each statement: its id, its outcome, its payment.
    private(set) var statements: [(id: UUID, outcome: StatementOutcome, payoutId: UUID?)] = []
    /// What became of each pair: its id, its payment.
    private(set) var pairs: [(id: UUID, payoutId: UUID?)] = []

    init(runId: UUID, bookedAt: Timestamp) {
        self.runId = runId
        self.bookedAt = bookedAt
    }

    /// Books a statement: the city owes the merchant no longer what it keeps as fee, and what it pays is on its way.
    mutating func book(_ item: StatementToBook) {
        let statement = item.statement
        var outcome = statement.outcome
        if outcome == .payout, item.creditor?.sealedParty == nil { outcome = .carriedNoAccount }
        let paid = outcome == .payout ? statement.due : 0
        let merchant = statement.merchantId
        add(
            .init(.settlement, item.statementId), statement.currency,
            [
                (.merchantPayable(merchant), Int128(paid) + Int128(statement.fee) + Int128(statement.feeVAT)),
                (.fees(cityId: statement.cityId), -Int128(statement.fee)),
                (.feeVAT(cityId: statement.cityId), -Int128(statement.feeVAT)),
                (.merchantPaid(merchant), -Int128(paid)),
            ])
        var payoutId: UUID?
        if paid > 0, let creditor = item.creditor {
            payoutId = pay(
                .merchant, from: statement.cityId, to: merchant, creditor, Money(paid, statement.currency))
        } else if statement.due != 0 {
            carries.append(
                Carry(
                    statementId: item.statementId, merchantId: merchant, cityId: statement.cityId,
                    currency: statement.currency, amount: statement.due))
        }
        statements.append((item.statementId, outcome, payoutId))
    }

    /// Books what two cities owe each other; one payment settles both.
    mutating func book(
        _ pair: SettlementPair, id: UUID, creditorOf: (UUID) -> Creditor
    ) throws(BookingFault) {
        guard let net = Int64(exactly: Int128(pair.owes) - Int128(pair.isOwed)), net != .min else {
            throw BookingFault(description: "clearing: pair \(id.text) has sums beyond 64 bits")
        }
        add(
            .init(.clearing, id), pair.currency,
            [
                (.clearing(of: pair.cityId, with: pair.otherCityId), -Int128(net)),
                (.clearing(of: pair.otherCityId, with: pair.cityId), Int128(net)),
            ])
        var payoutId: UUID?
        if net != 0 {
            let (debtor, creditor) =
                net > 0 ? (pair.cityId, pair.otherCityId) : (pair.otherCityId, pair.cityId)
            payoutId = pay(
                .clearing, from: debtor, to: creditor, creditorOf(creditor), Money(abs(net), pair.currency))
        }
        pairs.append((id, payoutId))
    }

    private mutating func pay(
        _ kind: PayoutKind, from debtor: UUID, to creditorId: UUID, _ creditor: Creditor, _ amount: Money
    ) -> UUID {
        let id = UUID.version7(at: bookedAt.date)
        payouts.append(
            NewPayout(
                payoutId: id, kind: kind, debtorCityId: debtor, creditorId: creditorId, creditor: creditor,
                amount: amount))
        return id
    }

    /// Adds the entry of these lines, unless all of them are nothing.
    private mutating func add(_ cause: LedgerEntry.Cause, _ currency: String, _ lines: [(Account, Int128)]) {
        let postings = lines.compactMap { account, amount -> Posting? in
            guard amount != 0, let amount = Int64(exactly: amount) else { return nil }
            return Posting(account: account, amount: amount, currency: currency)
        }
        if LedgerEntry.isBalanced(postings) { entries.append(LedgerEntry(cause, at: bookedAt, postings)) }
    }
}

/// A payment that a run makes.
struct NewPayout: Hashable, Sendable {
    var payoutId: UUID
    var kind: PayoutKind
    var debtorCityId: UUID
    var creditorId: UUID
    var creditor: Creditor
    var amount: Money
}
