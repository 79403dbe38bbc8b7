import Contracts
import FoundationEssentials

/// A hold as a till asks for it, its code hashed: what ``HoldAmount`` says, ready for locks and decisions.
struct HoldRequest: Sendable {
    let holdId: UUID
    let merchantId: UUID
    let amount: Money
    let timeToLiveSeconds: Int
    let code: PresentedCode
    /// What the till said, under each live key, the current first.
    let contents: [RedemptionContent]

    init(_ command: HoldAmount, keys: CodeKeys) {
        holdId = command.holdId
        merchantId = command.merchantId
        amount = command.amount
        timeToLiveSeconds = command.timeToLiveSeconds
        code = PresentedCode(command.code, keys: keys)
        contents = code.contents(
            with: "hold \(merchantId.text) \(amount.amount) \(amount.currency) \(timeToLiveSeconds)")
    }

    /// Whether an earlier content is the same; one under a key that is no longer live cannot be compared, and differs.
    func matches(_ earlier: RedemptionContent) -> Bool {
        contents.contains(earlier)
    }

    /// When it ends that begins now.
    func expiresAt(from now: Timestamp) -> Timestamp {
        // The contract allows thirty days at most.
        Timestamp(milliseconds: now.milliseconds + Int64(timeToLiveSeconds) * 1000)
    }
}

/// A hold that was refused.
struct HoldRefusal: Hashable, Sendable {
    let holdId: UUID
    let merchantId: UUID
    /// The voucher, where its code was right.
    let voucherId: UUID?
    let reason: RedemptionRefusalReason
    let content: RedemptionContent

    /// What everybody is told: no more than the till is.
    var event: HoldRefused { HoldRefused(holdId: holdId, code: reason.problem.code) }
}

/// How a hold id ended the first time.
struct EarlierHold: Hashable, Sendable {
    enum Outcome: Hashable, Sendable {
        case held(Hold)
        case refused(RedemptionRefusalReason)
    }

    var holdId: UUID
    var content: RedemptionContent
    var outcome: Outcome

    init(_ hold: Hold) {
        (holdId, content, outcome) = (hold.holdId, hold.content, .held(hold))
    }

    init(holdId: UUID, content: RedemptionContent, refused reason: RedemptionRefusalReason) {
        (self.holdId, self.content, outcome) = (holdId, content, .refused(reason))
    }
}

/// Decides a batch of holds, one after the other, over vouchers that are locked: what cannot be spent cannot be held.
///
/// Load it with what the batch names: the vouchers of its codes, the earlier holds and refusals with its ids, the merchants it
/// names, and what is known of whose vouchers are taken where. Then decide in order and write ``changes``.
struct Holds: Sendable {
    /// What becomes of a request.
    enum Decision: Sendable {
        /// It is done now: answer, and tell.
        case held(Hold, AmountHeld)
        /// It ended like this before: answer, and tell nobody.
        case repeated(EarlierHold.Outcome)
        /// It is refused now: answer with the reason's problem, and tell.
        case refused(HoldRefusal)
        /// The id was used with other content: answer with that, and tell.
        case differs
    }

    private var book: HoldBook
    private let merchants: [UUID: KnownMerchant]
    private let rule: AcceptanceRule
    private var earlier: [UUID: EarlierHold]
    private var refused: [HoldRefusal] = []

    init(vouchers: [Voucher], earlier: [EarlierHold], merchants: [KnownMerchant], rule: AcceptanceRule) {
        book = HoldBook(vouchers: vouchers)
        self.merchants = Dictionary(merchants.map { ($0.merchantId, $0) }) { first, _ in first }
        self.rule = rule
        self.earlier = Dictionary(earlier.map { ($0.holdId, $0) }) { first, _ in first }
    }

    /// Decides one request.
    mutating func hold(_ request: HoldRequest, at now: Timestamp) throws(BookingFault) -> Decision {
        if let first = earlier[request.holdId] {
            return request.matches(first.content) ? .repeated(first.outcome) : .differs
        }
        if let mistake = request.code.mistake {
            return refuse(request, mistake == .malformed ? .codeMalformed : .wrongCheckCharacter)
        }
        guard let merchant = merchants[request.merchantId] else { return refuse(request, .merchantUnknown) }
        if merchant.isClosed(on: Day(of: now)) { return refuse(request, .merchantClosed) }
        guard let voucher = book[request.code.lookups] else { return refuse(request, .voucherUnknown) }
        if let reason = rule.refusal(of: request.amount, from: voucher, in: merchant.cityId, at: now) {
            return refuse(request, reason, voucher.voucherId)
        }
        return try setAside(request, voucher, merchant, now)
    }

    private mutating func setAside(
        _ request: HoldRequest, _ voucher: Voucher, _ merchant: KnownMerchant, _ now: Timestamp
    ) throws(BookingFault) -> Decision {
        // The contract allows no amount below 1; a negative one would print money.
        precondition(request.amount.amount > 0, "an amount is positive")
        let hold = Hold(
            holdId: request.holdId, voucherId: voucher.voucherId, merchantId: merchant.merchantId,
            cityId: merchant.cityId, amount: request.amount,
            balance: Money(voucher.available - request.amount.amount, voucher.currency), content: request.contents[0],
            heldAt: now, expiresAt: request.expiresAt(from: now))
        try book.open(hold)
        if let current = request.code.lookups.first { book.update(voucher.voucherId) { $0.lookup = current } }
        earlier[hold.holdId] = EarlierHold(hold)
        return .held(hold, hold.event(of: voucher))
    }

    private mutating func refuse(
        _ request: HoldRequest, _ reason: RedemptionRefusalReason, _ voucherId: UUID? = nil
    ) -> Decision {
        let refusal = HoldRefusal(
            holdId: request.holdId, merchantId: request.merchantId, voucherId: voucherId, reason: reason,
            content: request.contents[0])
        if reason.isRecorded {
            refused.append(refusal)
            earlier[request.holdId] = EarlierHold(holdId: request.holdId, content: refusal.content, refused: reason)
        }
        return .refused(refusal)
    }

    /// What was decided so far.
    var changes: HoldBook.Changes { book.changes }

    /// The refusals that are outcomes, by hold id.
    var refusals: [HoldRefusal] { refused.sorted { $0.holdId < $1.holdId } }
}

extension Holds: CodeDecisions {
    func isWrongCode(_ request: HoldRequest, _ decision: Decision) -> Bool {
        switch decision {
        case .refused(let refusal): refusal.reason.isWrongCode
        case .differs: book[request.code.lookups] == nil
        case .held, .repeated: false
        }
    }
}
