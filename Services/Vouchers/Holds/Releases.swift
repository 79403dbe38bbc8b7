import Contracts
import FoundationEssentials

/// Decides a batch of releases, one after the other, over holds whose vouchers are locked.
///
/// Whatever became of the voucher and the shop: what is free again belongs to the voucher.
struct Releases: Sendable {
    /// What becomes of a command.
    enum Decision: Sendable {
        /// It is done now: answer, and tell.
        case released(Release)
        /// It was done before: answer, and tell nobody.
        case repeated(ReleaseHold.Reply)
        /// Answer with the reason's problem, and tell.
        case refused(HoldRefusalReason)
    }

    private var book: HoldBook

    /// Load it with the holds that the batch names, and their vouchers.
    init(vouchers: [Voucher], holds: [Hold]) {
        book = HoldBook(vouchers: vouchers, holds: holds)
    }

    /// Decides one command.
    mutating func release(_ command: ReleaseHold, at now: Timestamp) throws(BookingFault) -> Decision {
        // Another's hold is as good as none.
        guard let hold = book[hold: command.holdId], hold.merchantId == command.merchantId else {
            return .refused(.holdUnknown)
        }
        switch hold.state {
        case .captured: return .refused(.holdClosed)
        case .expired: return .refused(.holdExpired)
        case .released:
            return .repeated(
                ReleaseHold.Reply(
                    holdId: hold.holdId, amount: Money(hold.released, hold.amount.currency),
                    releasedAt: hold.closedAt ?? now))
        case .open:
            // The schedule frees it, at once or already in another transaction.
            if hold.isOver(at: now) { return .refused(.holdExpired) }
            return .released(try book.release(hold.holdId, because: .released, at: now))
        }
    }

    /// Frees every hold whose time is over.
    mutating func expire(at now: Timestamp) throws(BookingFault) -> [Release] {
        var releases: [Release] = []
        for hold in book.due(at: now) {
            releases.append(try book.release(hold.holdId, because: .expired, at: now))
        }
        return releases
    }

    /// What was decided so far.
    var changes: HoldBook.Changes { book.changes }
}
