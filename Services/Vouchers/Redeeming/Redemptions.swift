import Contracts
import FoundationEssentials

/// A merchant as the copy of the registry knows it.
struct KnownMerchant: Hashable, Sendable {
    var merchantId: UUID
    var cityId: UUID
    /// The first day on which it takes no vouchers any more.
    var closedFrom: Day?

    /// Whether it takes no vouchers on that day.
    func isClosed(on day: Day) -> Bool { closedFrom.map { $0 <= day } ?? false }
}

/// A redemption as a till asks for it, its code hashed: what ``RedeemVoucher`` says, ready for locks and decisions.
struct RedemptionRequest: Sendable {
    let redemptionId: UUID
    let merchantId: UUID
    let amount: Money
    /// One for each live key, the current first; none if the code cannot be one.
    let lookups: [CodeLookup]
    /// Why the code cannot be one.
    let mistake: VoucherCode.Mistake?
    /// What the till said, under each live key, the current first.
    let contents: [RedemptionContent]

    init(_ command: RedeemVoucher, keys: CodeKeys) {
        redemptionId = command.redemptionId
        merchantId = command.merchantId
        amount = command.amount
        let code = PresentedCode(command.code, keys: keys)
        (lookups, mistake) = (code.lookups, code.mistake)
        contents = code.contents(with: "\(merchantId.text) \(amount.amount) \(amount.currency)")
    }

    /// Whether an earlier content is the same; one under a key that is no longer live cannot be compared, and differs.
    func matches(_ earlier: RedemptionContent) -> Bool {
        contents.contains(earlier)
    }
}

/// Why a redemption is refused, as operators see it; tills see ``problem``.
enum RedemptionRefusalReason: String, CaseIterable, Sendable {
    case codeMalformed = "code-malformed"
    case wrongCheckCharacter = "wrong-check-character"
    case voucherUnknown = "voucher-unknown"
    case voucherNotActive = "voucher-not-active"
    case voucherExpired = "voucher-expired"
    case insufficientBalance = "insufficient-balance"
    case currencyDiffers = "currency-differs"
    case merchantUnknown = "merchant-unknown"
    case merchantClosed = "merchant-closed"
    case notAcceptedHere = "not-accepted-here"
    case acceptanceUnknown = "acceptance-unknown"
    case redemptionDiffers = "redemption-differs"

    /// Whether the refusal is the outcome that a repeat gets; the others may end otherwise another time.
    var isRecorded: Bool {
        switch self {
        case .merchantUnknown, .merchantClosed, .acceptanceUnknown, .redemptionDiffers: false
        default: true
        }
    }

    /// Whether the code is one that is not good, whyever: what tills hear `voucher-not-usable` for.
    var isWrongCode: Bool {
        switch self {
        case .codeMalformed, .wrongCheckCharacter, .voucherUnknown, .voucherNotActive, .voucherExpired: true
        default: false
        }
    }

    /// What the outside learns: one answer for every code that is not good, whyever.
    var problem: Problem {
        switch self {
        case .codeMalformed, .wrongCheckCharacter, .voucherUnknown, .voucherNotActive, .voucherExpired:
            Problem("voucher-not-usable", "This voucher cannot be used.")
        case .insufficientBalance:
            Problem("insufficient-balance", "The voucher's balance is lower than the amount.")
        case .currencyDiffers:
            Problem("currency-differs", "The voucher is in another currency.")
        case .merchantUnknown:
            Problem("merchant-unknown", "This merchant is not known here yet.", retryable: true)
        case .notAcceptedHere:
            Problem("not-accepted-here", "This city does not take the vouchers of the city that issued this one.")
        case .acceptanceUnknown:
            Problem(
                "acceptance-unknown", "It is not known here yet whether this city takes these vouchers.",
                retryable: true)
        case .merchantClosed:
            Problem("merchant-closed", "This merchant takes no vouchers any more.")
        case .redemptionDiffers:
            Problem("redemption-differs", "This redemption id was used with other content.")
        }
    }
}

/// A voucher spent, wholly or in part.
struct Redemption: Hashable, Sendable {
    let redemptionId: UUID
    let voucherId: UUID
    let issuerCityId: UUID
    let merchantId: UUID
    /// Where it was spent.
    let cityId: UUID
    let amount: Money
    /// What was left.
    let balance: Money
    let personId: UUID?
    let redeemedAt: Timestamp
    let content: RedemptionContent
    /// The hold that it was captured from; spent at once if absent.
    var holdId: UUID?

    /// What the till is answered.
    var reply: RedeemVoucher.Reply {
        RedeemVoucher.Reply(
            redemptionId: redemptionId, voucherId: voucherId, amount: amount, balance: balance, redeemedAt: redeemedAt)
    }

    /// What everybody is told.
    var event: VoucherRedeemed {
        VoucherRedeemed(
            redemptionId: redemptionId, voucherId: voucherId, issuerCityId: issuerCityId, merchantId: merchantId,
            cityId: cityId, amount: amount, balance: balance, personId: personId, redeemedAt: redeemedAt,
            holdId: holdId)
    }

    /// What is booked: the city owes the merchant instead of the holder.
    var entry: LedgerEntry {
        LedgerEntry(
            .init(holdId == nil ? .redemption : .capture, redemptionId), at: redeemedAt, moving: amount,
            debit: holdId == nil ? .voucher(voucherId) : .voucherHeld(voucherId), credit: .merchantPayable(merchantId))
    }
}

/// A redemption that was refused.
struct RedemptionRefusal: Hashable, Sendable {
    let redemptionId: UUID
    let merchantId: UUID
    /// The voucher, where its code was right.
    let voucherId: UUID?
    let reason: RedemptionRefusalReason
    let refusedAt: Timestamp
    let content: RedemptionContent

    /// What everybody is told: no more than the till is.
    var event: RedemptionRefused { RedemptionRefused(redemptionId: redemptionId, code: reason.problem.code) }
}

/// How a redemption id ended the first time.
struct EarlierRedemption: Hashable, Sendable {
    enum Outcome: Hashable, Sendable {
        case redeemed(Redemption)
        case refused(RedemptionRefusalReason)
    }

    var redemptionId: UUID
    var content: RedemptionContent
    var outcome: Outcome
}

/// Decides a batch of redemptions, one after the other, over vouchers that are locked.
///
/// Load it with what the batch names: the vouchers whose lookup is among ``RedemptionRequest/lookups``, the earlier
/// redemptions and refusals with its ids, the merchants it names, and what is known of whose vouchers are taken where. Then decide in order and write ``changes``.
struct Redemptions: Sendable {
    /// What becomes of a request.
    enum Decision: Hashable, Sendable {
        /// It is done now: answer, and tell.
        case redeemed(Redemption)
        /// It ended like this before: answer, and tell nobody.
        case repeated(EarlierRedemption.Outcome)
        /// It is refused now: answer with the reason's problem, and tell.
        case refused(RedemptionRefusal)
    }

    /// What is to be written; every list in the order in which rows are inserted.
    struct Changes: Sendable {
        var book: VoucherBook.Changes
        /// By redemption id.
        var redemptions: [Redemption]
        /// By redemption id.
        var refusals: [RedemptionRefusal]

        var isEmpty: Bool { book.isEmpty && redemptions.isEmpty && refusals.isEmpty }
    }

    private var book: VoucherBook
    private let merchants: [UUID: KnownMerchant]
    private let rule: AcceptanceRule
    private var earlier: [UUID: EarlierRedemption]
    private var redemptions: [Redemption] = []
    private var refusals: [RedemptionRefusal] = []

    init(vouchers: [Voucher], earlier: [EarlierRedemption], merchants: [KnownMerchant], rule: AcceptanceRule) {
        book = VoucherBook(vouchers)
        self.merchants = Dictionary(merchants.map { ($0.merchantId, $0) }) { first, _ in first }
        self.rule = rule
        self.earlier = Dictionary(earlier.map { ($0.redemptionId, $0) }) { first, _ in first }
    }

    /// Decides one request.
    mutating func redeem(_ request: RedemptionRequest, at now: Timestamp) throws(BookingFault) -> Decision {
        if let first = earlier[request.redemptionId] {
            return request.matches(first.content)
                ? .repeated(first.outcome) : refuse(request, .redemptionDiffers, nil, now)
        }
        if let mistake = request.mistake {
            return refuse(request, mistake == .malformed ? .codeMalformed : .wrongCheckCharacter, nil, now)
        }
        guard let merchant = merchants[request.merchantId] else {
            return refuse(request, .merchantUnknown, nil, now)
        }
        if merchant.isClosed(on: Day(of: now)) { return refuse(request, .merchantClosed, nil, now) }
        guard let voucher = book[request.lookups] else { return refuse(request, .voucherUnknown, nil, now) }
        if let reason = rule.refusal(of: request.amount, from: voucher, in: merchant.cityId, at: now) {
            return refuse(request, reason, voucher.voucherId, now)
        }
        return .redeemed(try spend(request, voucher, merchant, now))
    }

    private mutating func spend(
        _ request: RedemptionRequest, _ voucher: Voucher, _ merchant: KnownMerchant, _ now: Timestamp
    ) throws(BookingFault) -> Redemption {
        // The contract allows no amount below 1; a negative one would print money.
        precondition(request.amount.amount > 0, "an amount is positive")
        let redemption = Redemption(
            redemptionId: request.redemptionId, voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId,
            merchantId: merchant.merchantId, cityId: merchant.cityId, amount: request.amount,
            balance: Money(voucher.available - request.amount.amount, voucher.currency), personId: voucher.personId,
            redeemedAt: now, content: request.contents[0])
        try book.book(redemption.entry)
        if let current = request.lookups.first { book.update(voucher.voucherId) { $0.lookup = current } }
        redemptions.append(redemption)
        earlier[request.redemptionId] = EarlierRedemption(
            redemptionId: request.redemptionId, content: request.contents[0], outcome: .redeemed(redemption))
        return redemption
    }

    private mutating func refuse(
        _ request: RedemptionRequest, _ reason: RedemptionRefusalReason, _ voucherId: UUID?, _ now: Timestamp
    ) -> Decision {
        let refusal = RedemptionRefusal(
            redemptionId: request.redemptionId, merchantId: request.merchantId, voucherId: voucherId, reason: reason,
            refusedAt: now, content: request.contents[0])
        if reason.isRecorded {
            refusals.append(refusal)
            earlier[request.redemptionId] = EarlierRedemption(
                redemptionId: request.redemptionId, content: request.contents[0], outcome: .refused(reason))
        }
        return .refused(refusal)
    }

    /// What was decided so far.
    var changes: Changes {
        Changes(
            book: book.changes,
            redemptions: redemptions.sorted { $0.redemptionId < $1.redemptionId },
            refusals: refusals.sorted { $0.redemptionId < $1.redemptionId })
    }
}

extension Redemptions: CodeDecisions {
    func isWrongCode(_ request: RedemptionRequest, _ decision: Decision) -> Bool {
        guard case .refused(let refusal) = decision else { return false }
        return refusal.reason.isWrongCode || refusal.reason == .redemptionDiffers && book[request.lookups] == nil
    }
}

extension AcceptanceRule {
    /// Why so much of a voucher cannot be spent, or held, in a city.
    func refusal(
        of amount: Money, from voucher: Voucher, in city: UUID, at now: Timestamp
    ) -> RedemptionRefusalReason? {
        if voucher.isExpired(on: Day(of: now)) { return .voucherExpired }
        if voucher.status != .active { return .voucherNotActive }
        if let reason = refusal(of: voucher, in: city, at: now) { return reason }
        if voucher.currency != amount.currency { return .currencyDiffers }
        return voucher.available < amount.amount ? .insufficientBalance : nil
    }

    /// Why a city does not take a voucher.
    func refusal(of voucher: Voucher, in city: UUID, at now: Timestamp) -> RedemptionRefusalReason? {
        if let cities = voucher.acceptedIn, !cities.contains(city) { return .notAcceptedHere }
        let answer = accepts(
            issuer: voucher.issuerCityId, acceptor: city, issued: Day(of: voucher.issuedAt), on: Day(of: now))
        if answer.isAcceptance { return nil }
        return answer == .unknown ? .acceptanceUnknown : .notAcceptedHere
    }
}
