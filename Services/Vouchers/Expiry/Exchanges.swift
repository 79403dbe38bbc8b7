import Contracts
import FoundationEssentials

/// An exchange as it is asked for, its code hashed, ready for locks and decisions.
struct ExchangeRequest: Sendable {
    let exchangeId: UUID
    let issuerCityId: UUID
    /// One for each live key, the current first; none if the code cannot be one.
    let lookups: [CodeLookup]
    /// Why the code cannot be one.
    let mistake: VoucherCode.Mistake?

    init(_ command: ExchangeVoucher, keys: CodeKeys) {
        exchangeId = command.exchangeId
        issuerCityId = command.issuerCityId
        do {
            lookups = keys.lookups(for: try VoucherCode(parsing: command.code.revealed))
            mistake = nil
        } catch {
            lookups = []
            mistake = error
        }
    }
}

/// Why a voucher is not exchanged, as the operator of its issuer hears it.
enum ExchangeRefusalReason: String, CaseIterable, Sendable {
    case codeMalformed = "code-malformed"
    case wrongCheckCharacter = "wrong-check-character"
    /// Not there, or another city's.
    case voucherUnknown = "voucher-unknown"
    case voucherNotExpired = "voucher-not-expired"
    case voucherBlocked = "voucher-blocked"
    case voucherNotSold = "voucher-not-sold"
    case voucherReplaced = "voucher-replaced"
    case voucherCancelled = "voucher-cancelled"
    case voucherLapsed = "voucher-lapsed"
    case voucherSpent = "voucher-spent"
    case voucherHeld = "voucher-held"
    case exchangeDiffers = "exchange-differs"
    case alreadyExchanged = "already-exchanged"

    var problem: Problem {
        switch self {
        case .codeMalformed: Problem(rawValue, "This is no code of a voucher.")
        case .wrongCheckCharacter: Problem(rawValue, "This code was mistyped.")
        case .voucherUnknown: Problem(rawValue, "This city has no such voucher.")
        case .voucherNotExpired: Problem(rawValue, "This voucher can still be spent.")
        case .voucherBlocked: Problem(rawValue, "This voucher is blocked.")
        case .voucherNotSold: Problem(rawValue, "This voucher was never sold.")
        case .voucherReplaced: Problem(rawValue, "The balance of this voucher has moved to another.")
        case .voucherCancelled: Problem(rawValue, "This voucher was taken back.")
        case .voucherLapsed: Problem(rawValue, "The money of this voucher can no longer be claimed.")
        case .voucherSpent: Problem(rawValue, "Nothing is left on this voucher.")
        case .voucherHeld: Problem(rawValue, "Some of this voucher is held for a shop.", retryable: true)
        case .exchangeDiffers: Problem(rawValue, "This exchange id was used with other content.")
        case .alreadyExchanged: ExchangeVoucher.expiredReply
        }
    }

    /// What everybody may hear: one code for every voucher that is not good, whyever.
    var publicCode: String {
        switch self {
        case .exchangeDiffers, .alreadyExchanged: rawValue
        default: RedemptionRefusalReason.voucherUnknown.problem.code
        }
    }
}

/// A voucher exchanged for a new one, with the code that is shown once.
struct ExchangedVoucher: Hashable, Sendable {
    let exchangeId: UUID
    /// As it was before.
    let old: Voucher
    let new: Voucher
    let code: VoucherCode
    let exchangedAt: Timestamp

    /// What moved.
    var value: Money { Money(new.value, new.currency) }

    /// What the sender is answered: the only place where the code shows.
    var reply: ExchangeVoucher.Reply {
        ExchangeVoucher.Reply(
            exchangeId: exchangeId, voucherId: old.voucherId, newVoucherId: new.voucherId,
            code: Secret(code.formatted), value: value, validUntil: new.validUntil)
    }

    /// What everybody is told.
    var event: VoucherExchanged {
        VoucherExchanged(
            exchangeId: exchangeId, voucherId: old.voucherId, newVoucherId: new.voucherId,
            issuerCityId: old.issuerCityId, value: value, personId: new.personId, validUntil: new.validUntil,
            exchangedAt: exchangedAt)
    }

    /// What is booked: the city owes the same to whoever holds the new code.
    var entry: LedgerEntry {
        LedgerEntry(
            .init(.exchange, exchangeId), at: exchangedAt, moving: value, debit: .voucher(old.voucherId),
            credit: .voucher(new.voucherId))
    }
}

/// A voucher that an earlier command exchanged.
struct EarlierExchange: Equatable, Sendable {
    var exchangeId: UUID
    /// The old voucher.
    var voucherId: UUID
    var issuerCityId: UUID
    /// The first answer, for as long as it is kept.
    var reply: ExchangeVoucher.Reply?
}

/// Decides a batch of exchanges, one after the other, over vouchers that are locked.
///
/// Load it with what the batch names: the vouchers whose lookup is among ``ExchangeRequest/lookups``, their terms, and what was
/// exchanged earlier under its ids.
struct Exchanges: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is done now: answer, and tell.
        case exchanged(ExchangedVoucher)
        /// It was done before, and the first answer is still kept: answer, and tell nobody.
        case repeated(ExchangeVoucher.Reply)
        /// Answer with the reason's problem; tell, unless it was done before (`already-exchanged`).
        case refused(ExchangeRefusalReason)
    }

    private var book: VoucherBook
    private let terms: [UUID: Terms]
    private let keys: CodeKeys
    private var earlier: [UUID: EarlierExchange]
    private var exchanged: [ExchangedVoucher] = []

    init(vouchers: [Voucher], terms: [Terms], earlier: [EarlierExchange], keys: CodeKeys) {
        book = VoucherBook(vouchers)
        self.terms = Dictionary(terms.map { ($0.termsId, $0) }) { first, _ in first }
        self.earlier = Dictionary(earlier.map { ($0.exchangeId, $0) }) { first, _ in first }
        self.keys = keys
    }

    /// Decides one request; ids and codes come from `generator`.
    mutating func exchange(
        _ request: ExchangeRequest, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(BookingFault) -> Decision {
        let found = book[request.lookups]
        if let first = earlier[request.exchangeId] {
            guard found?.voucherId == first.voucherId, request.issuerCityId == first.issuerCityId else {
                return .refused(.exchangeDiffers)
            }
            return first.reply.map(Decision.repeated) ?? .refused(.alreadyExchanged)
        }
        if let mistake = request.mistake {
            return .refused(mistake == .malformed ? .codeMalformed : .wrongCheckCharacter)
        }
        // One of another city is answered as if it did not exist: the sender speaks for the city that it names.
        guard let old = found, old.issuerCityId == request.issuerCityId else { return .refused(.voucherUnknown) }
        if let reason = refusal(of: old, on: Day(of: now)) { return .refused(reason) }
        let result = make(request, old, now, &generator)
        book.add(result.new)
        try book.book(result.entry)
        book.update(old.voucherId) { voucher in
            voucher.status = .replaced
            if let current = request.lookups.first { voucher.lookup = current }
        }
        exchanged.append(result)
        earlier[request.exchangeId] = EarlierExchange(
            exchangeId: request.exchangeId, voucherId: old.voucherId, issuerCityId: old.issuerCityId,
            reply: result.reply)
        return .exchanged(result)
    }

    /// Why a voucher cannot be exchanged on a day.
    private func refusal(of voucher: Voucher, on day: Day) -> ExchangeRefusalReason? {
        switch voucher.status {
        case .created: return .voucherNotSold
        case .blocked: return .voucherBlocked
        case .replaced: return .voucherReplaced
        case .cancelled: return .voucherCancelled
        case .active, .expired: break
        }
        if let last = voucher.lapsesAfter, last < day { return .voucherLapsed }
        if !voucher.isExpired(on: day) { return .voucherNotExpired }
        if voucher.balance == 0 { return .voucherSpent }
        return voucher.held > 0 ? .voucherHeld : nil
    }

    /// The new voucher is the same claim: under the same terms, taken where the old one was, and lapsing when the old one did.
    private func make(
        _ request: ExchangeRequest, _ old: Voucher, _ now: Timestamp, _ generator: inout some RandomNumberGenerator
    ) -> ExchangedVoucher {
        let code = VoucherCode.random(using: &generator)
        var new = old
        new.voucherId = UUID.version7(at: now, using: &generator)
        new.value = old.balance
        new.status = .active
        new.lookup = keys.lookup(for: code)
        new.lastFour = code.lastFour
        // Of an order are the vouchers that it asked for.
        new.orderId = nil
        let validUntil = old.termsId.flatMap { terms[$0] }?.validUntil(soldOn: Day(of: now))
        new.validUntil = validUntil.map { min($0, old.lapsesAfter ?? $0) }
        return ExchangedVoucher(
            exchangeId: request.exchangeId, old: old, new: new, code: code, exchangedAt: now)
    }

    /// What is to be written of vouchers and booked.
    var changes: VoucherBook.Changes { book.changes }

    /// What was exchanged under which id, in the order in which rows are inserted.
    var records: [ExchangedVoucher] { exchanged.sorted { $0.exchangeId < $1.exchangeId } }
}

extension Exchanges: CodeDecisions {
    /// Operators hear of each voucher of their city why it is not exchanged: wrong is a code that is none of theirs.
    func isWrongCode(_ request: ExchangeRequest, _ decision: Decision) -> Bool {
        guard case .refused(let reason) = decision else { return false }
        return switch reason {
        case .codeMalformed, .wrongCheckCharacter, .voucherUnknown: true
        case .exchangeDiffers: book[request.lookups] == nil
        default: false
        }
    }
}
