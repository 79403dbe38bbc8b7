import Contracts
import FoundationEssentials

/// An amount of a voucher that is set aside for a shop.
///
/// It is open while something of it is held. What becomes of it is decided under the lock of its voucher, which is the same for
/// ever.
struct Hold: Hashable, Sendable {
    let holdId: UUID
    let voucherId: UUID
    let merchantId: UUID
    /// Where the merchant is.
    let cityId: UUID
    let amount: Money
    /// What was spent of it, in minor units.
    var captured: Int64 = 0
    /// What was freed of it, in minor units.
    var released: Int64 = 0
    var state = HoldState.open
    /// What could be spent besides, when it was made.
    let balance: Money
    let content: RedemptionContent
    let heldAt: Timestamp
    let expiresAt: Timestamp
    var closedAt: Timestamp?

    /// What is still held, in minor units.
    var held: Int64 { amount.amount - captured - released }

    /// Whether its time is over, whether or not anybody has noticed.
    func isOver(at now: Timestamp) -> Bool { state == .expired || expiresAt <= now }

    /// What the till is answered.
    var reply: HoldAmount.Reply {
        HoldAmount.Reply(
            holdId: holdId, voucherId: voucherId, amount: amount, balance: balance, heldAt: heldAt,
            expiresAt: expiresAt)
    }

    /// What everybody is told.
    func event(of voucher: Voucher) -> AmountHeld {
        AmountHeld(
            holdId: holdId, voucherId: voucherId, issuerCityId: voucher.issuerCityId, merchantId: merchantId,
            cityId: cityId, amount: amount, balance: balance, personId: voucher.personId, heldAt: heldAt,
            expiresAt: expiresAt)
    }

    /// What is booked: it is owed to the holder as before, but cannot be spent elsewhere.
    var entry: LedgerEntry {
        LedgerEntry(
            .init(.hold, holdId), at: heldAt, moving: amount, debit: .voucher(voucherId),
            credit: .voucherHeld(voucherId))
    }
}

/// An amount that is held no more, and was not spent.
struct Release: Hashable, Sendable {
    let hold: Hold
    let amount: Money
    let cause: ReleaseCause
    let releasedAt: Timestamp
    /// What can be spent of its voucher now.
    let balance: Money
    let personId: UUID?

    /// What the shop is answered.
    var reply: ReleaseHold.Reply {
        ReleaseHold.Reply(holdId: hold.holdId, amount: amount, releasedAt: releasedAt)
    }

    /// What everybody is told.
    var event: HoldReleased {
        HoldReleased(
            holdId: hold.holdId, voucherId: hold.voucherId, merchantId: hold.merchantId, amount: amount,
            balance: balance, cause: cause, personId: personId, releasedAt: releasedAt)
    }
}

/// Why nothing is done with a hold.
enum HoldRefusalReason: String, CaseIterable, Sendable {
    case holdDiffers = "hold-differs"
    case holdUnknown = "hold-unknown"
    case holdExpired = "hold-expired"
    case holdClosed = "hold-closed"
    case exceedsHold = "exceeds-hold"
    case currencyDiffers = "currency-differs"
    case voucherNotUsable = "voucher-not-usable"
    case redemptionDiffers = "redemption-differs"

    /// What the outside learns.
    var problem: Problem {
        switch self {
        case .holdDiffers: Problem("hold-differs", "This hold id was used with other content.")
        case .holdUnknown: Problem("hold-unknown", "This hold is not known here.", retryable: true)
        case .holdExpired: Problem("hold-expired", "The time of this hold is over.")
        case .holdClosed: Problem("hold-closed", "Nothing is held any more.")
        case .exceedsHold: Problem("exceeds-hold", "Less than this amount is still held.")
        case .currencyDiffers: RedemptionRefusalReason.currencyDiffers.problem
        case .voucherNotUsable: RedemptionRefusalReason.voucherNotActive.problem
        case .redemptionDiffers: RedemptionRefusalReason.redemptionDiffers.problem
        }
    }
}
