import Contracts
import FoundationEssentials

/// Why an issue is refused.
enum IssueRefusalReason: String, CaseIterable, Sendable {
    case cityUnknown = "city-unknown"
    case issueDiffers = "issue-differs"
    case alreadyIssued = "already-issued"
    case programmeUnknown = "programme-unknown"
    case programmeClosed = "programme-closed"
    case amountNotOffered = "amount-not-offered"
    case voucherPaysNoVoucher = "voucher-pays-no-voucher"

    init(_ refusal: OfferRefusal) {
        self =
            switch refusal {
            case .programmeUnknown: .programmeUnknown
            case .programmeClosed: .programmeClosed
            case .amountNotOffered: .amountNotOffered
            }
    }

    var problem: Problem {
        switch self {
        case .programmeUnknown: OfferRefusal.programmeUnknown.problem
        case .programmeClosed: OfferRefusal.programmeClosed.problem
        case .amountNotOffered: OfferRefusal.amountNotOffered.problem
        case .cityUnknown: Problem("city-unknown", "This city is not known here yet.", retryable: true)
        case .issueDiffers: Problem("issue-differs", "This issue id was used with other content.")
        case .alreadyIssued: IssueVoucher.expiredReply
        case .voucherPaysNoVoucher: OrderRefusalReason.voucherPaysNoVoucher.problem
        }
    }
}

/// A voucher that an earlier command issued.
struct EarlierIssue: Equatable, Sendable {
    var issueId: UUID
    var issuerCityId: UUID
    var value: Money
    var personId: UUID?
    var programmeId: UUID?
    /// The first answer, for as long as it is kept; only its hash is known of the code afterwards.
    var reply: IssueVoucher.Reply?

    func matches(_ command: IssueVoucher) -> Bool {
        issueId == command.issueId && issuerCityId == command.issuerCityId && value == command.value
            && personId == command.personId && programmeId == command.programmeId
    }
}

/// A voucher just issued, with the code that is shown once.
struct IssuedVoucher: Hashable, Sendable {
    let issueId: UUID
    let voucher: Voucher
    let code: VoucherCode
    let issuedAt: Timestamp
    /// The programme whose terms it is under, if it is.
    let programmeId: UUID?

    private var value: Money { Money(voucher.value, voucher.currency) }

    /// What the seller is answered: the only place where the code shows.
    var reply: IssueVoucher.Reply {
        IssueVoucher.Reply(
            voucherId: voucher.voucherId, code: Secret(code.formatted), value: value, validUntil: voucher.validUntil)
    }

    /// What everybody is told.
    var event: VoucherIssued {
        VoucherIssued(
            issueId: issueId, voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId, value: value,
            personId: voucher.personId, issuedAt: issuedAt, programmeId: programmeId, termsId: voucher.termsId,
            validUntil: voucher.validUntil)
    }

    /// What is booked: the city has the money and owes it to the holder.
    var entry: LedgerEntry {
        LedgerEntry(
            .init(.issue, issueId), at: issuedAt, moving: value, debit: .issuerCash(cityId: voucher.issuerCityId),
            credit: .voucher(voucher.voucherId))
    }
}

/// Decides a batch of issues, one after the other.
///
/// Load it with what the batch names: the cities that are known, the vouchers issued earlier under its ids, and the present terms
/// of its programmes.
struct Issues: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is done now: answer, and tell.
        case issued(IssuedVoucher)
        /// It was done before, and the first answer is still kept: answer, and tell nobody.
        case repeated(IssueVoucher.Reply)
        /// Answer with the reason's problem; tell, unless it was done before (`already-issued`).
        case refused(IssueRefusalReason)
    }

    private let cities: Set<UUID>
    private let keys: CodeKeys
    /// By programme.
    private let terms: [UUID: Terms]
    private var earlier: [UUID: EarlierIssue]
    private var issued: [IssuedVoucher] = []
    private var book = VoucherBook()

    init(cities: some Sequence<UUID>, earlier: [EarlierIssue], keys: CodeKeys, terms: [Terms] = []) {
        self.cities = Set(cities)
        self.terms = Dictionary(terms.map { ($0.programmeId, $0) }) { first, _ in first }
        self.earlier = Dictionary(earlier.map { ($0.issueId, $0) }) { first, _ in first }
        self.keys = keys
    }

    /// Decides one command; ids and codes come from `generator`.
    mutating func issue(
        _ command: IssueVoucher, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(BookingFault) -> Decision {
        if let first = earlier[command.issueId] {
            guard first.matches(command) else { return .refused(.issueDiffers) }
            return first.reply.map(Decision.repeated) ?? .refused(.alreadyIssued)
        }
        if command.payment == .voucher { return .refused(.voucherPaysNoVoucher) }
        guard cities.contains(command.issuerCityId) else { return .refused(.cityUnknown) }
        if let refusal = offerRefusal(of: command, on: Day(of: now)) { return .refused(IssueRefusalReason(refusal)) }
        let result = make(command, now, &generator)
        book.add(result.voucher)
        try book.book(result.entry)
        issued.append(result)
        earlier[command.issueId] = EarlierIssue(
            issueId: command.issueId, issuerCityId: command.issuerCityId, value: command.value,
            personId: command.personId, programmeId: command.programmeId, reply: result.reply)
        return .issued(result)
    }

    /// Why the programme that a command names does not sell what it asks for.
    private func offerRefusal(of command: IssueVoucher, on day: Day) -> OfferRefusal? {
        guard let programmeId = command.programmeId else { return nil }
        guard let terms = terms[programmeId] else { return .programmeUnknown }
        return terms.refusal(of: command.value, for: command.issuerCityId, on: day)
    }

    private func make(
        _ command: IssueVoucher, _ now: Timestamp, _ generator: inout some RandomNumberGenerator
    ) -> IssuedVoucher {
        precondition(command.value.amount > 0, "a value is positive")
        let code = VoucherCode.random(using: &generator)
        var voucher = Voucher(
            voucherId: UUID.version7(at: now, using: &generator), issuerCityId: command.issuerCityId,
            currency: command.value.currency, value: command.value.amount, status: .active, personId: command.personId,
            lookup: keys.lookup(for: code), lastFour: code.lastFour, issuedAt: now)
        if let id = command.programmeId, let terms = terms[id] { terms.apply(to: &voucher, soldAt: now) }
        return IssuedVoucher(
            issueId: command.issueId, voucher: voucher, code: code, issuedAt: now, programmeId: command.programmeId)
    }

    /// What is to be written of vouchers and booked.
    var changes: VoucherBook.Changes { book.changes }

    /// What was issued under which id, in the order in which rows are inserted.
    var records: [IssuedVoucher] { issued.sorted { $0.issueId < $1.issueId } }
}
