import Contracts
import FoundationEssentials

/// Why an issue is refused.
enum IssueRefusalReason: String, CaseIterable, Sendable {
    case cityUnknown = "city-unknown"
    case issueDiffers = "issue-differs"
    case alreadyIssued = "already-issued"
    case voucherPaysNoVoucher = "voucher-pays-no-voucher"

    var problem: Problem {
        switch self {
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
    /// The first answer, for as long as it is kept; only its hash is known of the code afterwards.
    var reply: IssueVoucher.Reply?

    func matches(_ command: IssueVoucher) -> Bool {
        issueId == command.issueId && issuerCityId == command.issuerCityId && value == command.value
            && personId == command.personId
    }
}

/// A voucher just issued, with the code that is shown once.
struct IssuedVoucher: Hashable, Sendable {
    let issueId: UUID
    let voucher: Voucher
    let code: VoucherCode
    let issuedAt: Timestamp

    private var value: Money { Money(voucher.value, voucher.currency) }

    /// What the seller is answered: the only place where the code shows.
    var reply: IssueVoucher.Reply {
        IssueVoucher.Reply(voucherId: voucher.voucherId, code: Secret(code.formatted), value: value)
    }

    /// What everybody is told.
    var event: VoucherIssued {
        VoucherIssued(
            issueId: issueId, voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId, value: value,
            personId: voucher.personId, issuedAt: issuedAt)
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
/// Load it with what the batch names: the cities that are known, and the vouchers issued earlier under its ids.
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
    private var earlier: [UUID: EarlierIssue]
    private var issued: [IssuedVoucher] = []
    private var book = VoucherBook()

    init(cities: some Sequence<UUID>, earlier: [EarlierIssue], keys: CodeKeys) {
        self.cities = Set(cities)
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
        precondition(command.value.amount > 0, "a value is positive")
        let code = VoucherCode.random(using: &generator)
        let voucher = Voucher(
            voucherId: UUID.version7(at: now, using: &generator), issuerCityId: command.issuerCityId,
            currency: command.value.currency, value: command.value.amount, status: .active, personId: command.personId,
            lookup: keys.lookup(for: code), lastFour: code.lastFour,
            issuedAt: now)
        let result = IssuedVoucher(issueId: command.issueId, voucher: voucher, code: code, issuedAt: now)
        book.add(voucher)
        try book.book(result.entry)
        issued.append(result)
        earlier[command.issueId] = EarlierIssue(
            issueId: command.issueId, issuerCityId: command.issuerCityId, value: command.value,
            personId: command.personId, reply: result.reply)
        return .issued(result)
    }

    /// What is to be written of vouchers and booked.
    var changes: VoucherBook.Changes { book.changes }

    /// What was issued under which id, in the order in which rows are inserted.
    var records: [IssuedVoucher] { issued.sorted { $0.issueId < $1.issueId } }
}
