import Contracts
import FoundationEssentials

/// A redemption with what was taken back of it.
struct ReversibleRedemption: Hashable, Sendable {
    let redemptionId: UUID
    let voucherId: UUID
    let merchantId: UUID
    /// Where it was spent.
    let cityId: UUID
    let amount: Money
    /// What was taken back so far, in minor units.
    var reversed: Int64

    /// What is left of it, in minor units.
    var remaining: Int64 { amount.amount - reversed }
}

/// A redemption taken back, wholly or in part.
struct Reversal: Hashable, Sendable {
    let reversalId: UUID
    let redemptionId: UUID
    let voucherId: UUID
    let merchantId: UUID
    /// Where it was spent.
    let cityId: UUID
    let amount: Money
    /// What was left of the redemption.
    let remaining: Money
    let reversedAt: Timestamp

    func matches(_ command: ReverseRedemption) -> Bool {
        redemptionId == command.redemptionId && merchantId == command.merchantId && amount == command.amount
    }

    /// What the till is answered.
    var reply: ReverseRedemption.Reply {
        ReverseRedemption.Reply(
            reversalId: reversalId, redemptionId: redemptionId, amount: amount, remaining: remaining,
            reversedAt: reversedAt)
    }

    /// What everybody is told, with the voucher as it is after it.
    func event(of voucher: Voucher) -> RedemptionReversed {
        RedemptionReversed(
            reversalId: reversalId, redemptionId: redemptionId, voucherId: voucherId,
            issuerCityId: voucher.issuerCityId, merchantId: merchantId, cityId: cityId, amount: amount,
            remaining: remaining, balance: Money(voucher.available, voucher.currency), personId: voucher.personId,
            reversedAt: reversedAt)
    }

    /// What is booked: the city owes the holder again instead of the merchant, who owes it if it was paid.
    var entry: LedgerEntry {
        LedgerEntry(
            .init(.reversal, reversalId), at: reversedAt, moving: amount, debit: .merchantPayable(merchantId),
            credit: .voucher(voucherId))
    }
}

/// Why a redemption is not taken back.
enum ReversalRefusalReason: String, CaseIterable, Sendable {
    case redemptionUnknown = "redemption-unknown"
    case exceedsRedemption = "exceeds-redemption"
    case currencyDiffers = "currency-differs"
    case voucherNotUsable = "voucher-not-usable"
    case reversalDiffers = "reversal-differs"

    /// What the outside learns.
    var problem: Problem {
        switch self {
        case .redemptionUnknown: Problem("redemption-unknown", "This redemption is not known here.", retryable: true)
        case .exceedsRedemption: Problem("exceeds-redemption", "Less than this amount is left of the redemption.")
        case .currencyDiffers: Problem("currency-differs", "The redemption is in another currency.")
        case .voucherNotUsable: RedemptionRefusalReason.voucherNotActive.problem
        case .reversalDiffers: Problem("reversal-differs", "This reversal id was used with other content.")
        }
    }
}

/// Decides a batch of reversals, one after the other, over redemptions whose vouchers are locked.
///
/// Money goes back to where it came from, whatever may be bought with it there: a voucher that is blocked can be unblocked, one
/// past its printed validity exchanged, and one that was replaced can be replaced again. One that was cancelled, or whose claim
/// has lapsed, owes nothing to anybody.
///
/// A refusal is no outcome, and needs no record: what is left of a redemption only shrinks.
struct Reversals: Sendable {
    /// What becomes of a command.
    enum Decision: Sendable {
        /// It is done now: answer, and tell.
        case reversed(Reversal, RedemptionReversed)
        /// It was done before: answer, and tell nobody.
        case repeated(Reversal)
        /// Answer with the reason's problem, and tell.
        case refused(ReversalRefusalReason)
    }

    /// What is to be written; every list in the order in which rows are locked and inserted.
    struct Changes: Sendable {
        var book: VoucherBook.Changes
        /// By redemption id.
        var redemptions: [ReversibleRedemption]
        /// By reversal id.
        var reversals: [Reversal]
    }

    private var book: VoucherBook
    private var redemptions: [UUID: ReversibleRedemption]
    private var earlier: [UUID: Reversal]
    private var touched: Set<UUID> = []
    private var reversals: [Reversal] = []

    /// Load it with the redemptions that the batch names, their vouchers, and the earlier reversals under its ids.
    init(vouchers: [Voucher], redemptions: [ReversibleRedemption], earlier: [Reversal]) {
        book = VoucherBook(vouchers)
        self.redemptions = Dictionary(redemptions.map { ($0.redemptionId, $0) }) { first, _ in first }
        self.earlier = Dictionary(earlier.map { ($0.reversalId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func reverse(_ command: ReverseRedemption, at now: Timestamp) throws(BookingFault) -> Decision {
        if let first = earlier[command.reversalId] {
            return first.matches(command) ? .repeated(first) : .refused(.reversalDiffers)
        }
        // Another's redemption is as good as none.
        guard var redemption = redemptions[command.redemptionId], redemption.merchantId == command.merchantId,
            let voucher = book[redemption.voucherId]
        else { return .refused(.redemptionUnknown) }
        guard voucher.takesBack(on: Day(of: now)) else { return .refused(.voucherNotUsable) }
        if command.amount.currency != redemption.amount.currency { return .refused(.currencyDiffers) }
        if command.amount.amount > redemption.remaining { return .refused(.exceedsRedemption) }
        // The contract allows no amount below 1; a negative one would spend again.
        precondition(command.amount.amount > 0, "an amount is positive")

        redemption.reversed += command.amount.amount
        let reversal = Reversal(
            reversalId: command.reversalId, redemptionId: redemption.redemptionId, voucherId: redemption.voucherId,
            merchantId: redemption.merchantId, cityId: redemption.cityId, amount: command.amount,
            remaining: Money(redemption.remaining, redemption.amount.currency), reversedAt: now)
        try book.book(reversal.entry)
        redemptions[redemption.redemptionId] = redemption
        touched.insert(redemption.redemptionId)
        earlier[reversal.reversalId] = reversal
        reversals.append(reversal)
        return .reversed(reversal, reversal.event(of: book[redemption.voucherId] ?? voucher))
    }

    /// What was decided so far.
    var changes: Changes {
        Changes(
            book: book.changes, redemptions: touched.sorted().compactMap { redemptions[$0] },
            reversals: reversals.sorted { $0.reversalId < $1.reversalId })
    }
}

extension Voucher {
    /// Whether somebody may still claim what comes back to it.
    fileprivate func takesBack(on day: Day) -> Bool {
        if let lapsesAfter, lapsesAfter < day { return false }
        return [.active, .blocked, .expired, .replaced].contains(status)
    }
}
