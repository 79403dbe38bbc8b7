import Contracts
import FoundationEssentials

/// Why an operator's command about a voucher is refused.
enum LifeRefusalReason: String, CaseIterable, Sendable {
    case voucherUnknown = "voucher-unknown"
    case voucherBlocked = "voucher-blocked"
    case voucherEnded = "voucher-ended"
    case voucherExpired = "voucher-expired"
    case voucherHeld = "voucher-held"
    case voucherSpent = "voucher-spent"
    case nothingLeft = "nothing-left"
    case notRedeemableForCash = "not-redeemable-for-cash"
    case givenAway = "given-away"
    case notASale = "not-a-sale"
    case cancellationTooLate = "cancellation-too-late"
    case alreadyReplaced = "already-replaced"
    case replacementDiffers = "replacement-differs"
    case refundDiffers = "refund-differs"
    case cancellationDiffers = "cancellation-differs"

    var problem: Problem {
        let title =
            switch self {
            case .voucherUnknown: "There is no such voucher."
            case .voucherBlocked: "This voucher is blocked."
            case .voucherEnded: "This voucher was replaced or cancelled."
            case .voucherExpired: "This voucher's validity is over; it can be exchanged."
            case .voucherHeld: "A shop has set aside some of this voucher."
            case .voucherSpent: "Some of this voucher was spent or set aside."
            case .nothingLeft: "Nothing is left on this voucher."
            case .notRedeemableForCash: "No money is given for this voucher."
            case .givenAway: "This voucher was given away, and its terms give no money for that."
            case .notASale: "This voucher was not sold; it stands for another one."
            case .cancellationTooLate: "This voucher was sold too long ago."
            case .alreadyReplaced: ReplaceVoucher.expiredReply.title
            case .replacementDiffers: "This replacement id was used with other content."
            case .refundDiffers: "This refund id was used with other content."
            case .cancellationDiffers: "This cancellation id was used with other content."
            }
        return Problem(rawValue, title, retryable: self == .voucherHeld)
    }
}

/// A replacement, a refund or a cancellation, under the id that its sender chose.
struct VoucherChange: Hashable, Sendable {
    /// The kinds as they stand in the database.
    enum Kind: String, CaseIterable, Sendable {
        case replacement
        case refund
        case cancellation
    }

    var changeId: UUID
    var kind: Kind
    var voucherId: UUID
    /// Of a replacement.
    var newVoucherId: UUID?
    /// What moved, or was paid, or is owed no more.
    var amount: Money
    var changedAt: Timestamp
}

/// That a voucher is blocked, and what it was before.
struct VoucherBlock: Hashable, Sendable {
    var voucherId: UUID
    var status: VoucherStatus
    var blockedAt: Timestamp
}

/// What becomes of an operator's command.
enum LifeDecision<Done: Sendable>: Sendable {
    /// It is so now: answer, and tell.
    case done(Done)
    /// It was so before: answer, and tell nobody.
    case repeated(Done)
    case refused(LifeRefusalReason)
}

/// The vouchers that a batch of operators' commands is about, locked, and what is decided of them, one command after the other.
///
/// Load it with the vouchers, their blocks, and the changes that were made earlier under the commands' ids.
struct VoucherLife: Sendable {
    var book: VoucherBook
    private let blocksBefore: [UUID: VoucherBlock]
    private(set) var blocks: [UUID: VoucherBlock]
    private var earlier: [UUID: VoucherChange]
    private var made: [VoucherChange] = []

    init(_ vouchers: [Voucher], blocks: [VoucherBlock] = [], earlier: [VoucherChange] = []) {
        book = VoucherBook(vouchers)
        blocksBefore = Dictionary(blocks.map { ($0.voucherId, $0) }) { first, _ in first }
        self.blocks = blocksBefore
        self.earlier = Dictionary(earlier.map { ($0.changeId, $0) }) { first, _ in first }
    }

    /// A voucher of this city; one of another city is as good as none.
    func voucher(_ id: UUID, of city: UUID) -> Voucher? {
        book[id].flatMap { $0.issuerCityId == city ? $0 : nil }
    }

    /// The change that was made under this id.
    func change(under id: UUID) -> VoucherChange? { earlier[id] }

    /// Stops a voucher.
    mutating func block(_ command: BlockVoucher, at now: Timestamp) -> LifeDecision<Voucher> {
        guard let voucher = voucher(command.voucherId, of: command.issuerCityId) else {
            return .refused(.voucherUnknown)
        }
        switch voucher.status {
        case .blocked: return .repeated(voucher)
        case .replaced, .cancelled: return .refused(.voucherEnded)
        case .created, .active, .expired: break
        }
        blocks[voucher.voucherId] = VoucherBlock(voucherId: voucher.voucherId, status: voucher.status, blockedAt: now)
        return .done(set(.blocked, of: voucher))
    }

    /// Makes a voucher what it was before it was stopped.
    mutating func unblock(_ command: UnblockVoucher) -> LifeDecision<Voucher> {
        guard let voucher = voucher(command.voucherId, of: command.issuerCityId) else {
            return .refused(.voucherUnknown)
        }
        switch voucher.status {
        case .created, .active, .expired: return .repeated(voucher)
        case .replaced, .cancelled: return .refused(.voucherEnded)
        case .blocked: break
        }
        let status = blocks.removeValue(forKey: voucher.voucherId)?.status ?? .active
        return .done(set(status, of: voucher))
    }

    /// Ends a voucher; what it was before it was blocked does not matter any more.
    mutating func end(_ voucher: Voucher, as status: VoucherStatus) {
        blocks[voucher.voucherId] = nil
        _ = set(status, of: voucher)
    }

    private mutating func set(_ status: VoucherStatus, of voucher: Voucher) -> Voucher {
        book.update(voucher.voucherId) { $0.status = status }
        return book[voucher.voucherId] ?? voucher
    }

    /// Notes what was done under which id.
    mutating func note(_ change: VoucherChange) {
        earlier[change.changeId] = change
        made.append(change)
    }

    // MARK: What is to be written

    /// By id.
    var newBlocks: [VoucherBlock] {
        blocks.values.filter { blocksBefore[$0.voucherId] == nil }.sorted { $0.voucherId < $1.voucherId }
    }

    /// By id.
    var endedBlocks: [UUID] { blocksBefore.keys.filter { blocks[$0] == nil }.sorted() }

    /// By id.
    var changes: [VoucherChange] { made.sorted { $0.changeId < $1.changeId } }
}
