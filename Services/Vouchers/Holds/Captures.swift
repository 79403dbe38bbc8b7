import Contracts
import FoundationEssentials

extension CaptureHold {
    /// What its redemption id stands for; there is no code to keep secret.
    var content: RedemptionContent {
        RedemptionContent(
            of: """
                capture \(holdId.text) \(merchantId.text) \(amount.amount) \(amount.currency) \(releasesRest ?? false)
                """)
    }
}

/// Decides a batch of captures, one after the other, over holds whose vouchers are locked.
///
/// What was held may be spent wherever it was held: that the shop is closed by now, that its city takes these vouchers no more,
/// or that the voucher is past its printed validity, does not take back what was promised. A voucher that is blocked pays nothing.
///
/// A refusal is no outcome: most would be the same another time, and a blocked voucher may be unblocked.
struct Captures: Sendable {
    /// What becomes of a command.
    enum Decision: Hashable, Sendable {
        /// It is done now: answer, and tell; also what was freed with it.
        case captured(Redemption, Release?)
        /// It was done before: answer, and tell nobody.
        case repeated(Redemption)
        /// It is refused now: answer with the reason's problem, and tell.
        case refused(HoldRefusalReason)
    }

    private var book: HoldBook
    private var earlier: [UUID: EarlierRedemption]
    private var captured: [Redemption] = []

    /// Load it with the holds that the batch names and their vouchers, and with the earlier redemptions and refusals under its
    /// ids.
    init(vouchers: [Voucher], holds: [Hold], earlier: [EarlierRedemption]) {
        book = HoldBook(vouchers: vouchers, holds: holds)
        self.earlier = Dictionary(earlier.map { ($0.redemptionId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func capture(_ command: CaptureHold, at now: Timestamp) throws(BookingFault) -> Decision {
        if let first = earlier[command.redemptionId] {
            guard case .redeemed(let redemption) = first.outcome, first.content == command.content else {
                return .refused(.redemptionDiffers)
            }
            return .repeated(redemption)
        }
        // Another's hold is as good as none.
        guard let hold = book[hold: command.holdId], hold.merchantId == command.merchantId,
            let voucher = book[voucher: hold.voucherId]
        else { return .refused(.holdUnknown) }
        if let reason = refusal(of: command.amount, from: hold, voucher, at: now) { return .refused(reason) }
        return try spend(command, hold, voucher, now)
    }

    private func refusal(
        of amount: Money, from hold: Hold, _ voucher: Voucher, at now: Timestamp
    ) -> HoldRefusalReason? {
        if hold.state == .captured || hold.state == .released { return .holdClosed }
        if hold.isOver(at: now) { return .holdExpired }
        guard [.active, .expired].contains(voucher.status) else { return .voucherNotUsable }
        if amount.currency != hold.amount.currency { return .currencyDiffers }
        return amount.amount > hold.held ? .exceedsHold : nil
    }

    private mutating func spend(
        _ command: CaptureHold, _ hold: Hold, _ voucher: Voucher, _ now: Timestamp
    ) throws(BookingFault) -> Decision {
        let rest = hold.held - command.amount.amount
        let isReleased = command.releasesRest == true && rest > 0
        let redemption = Redemption(
            redemptionId: command.redemptionId, voucherId: hold.voucherId, issuerCityId: voucher.issuerCityId,
            merchantId: hold.merchantId, cityId: hold.cityId, amount: command.amount,
            balance: Money(voucher.available + (isReleased ? rest : 0), voucher.currency), personId: voucher.personId,
            redeemedAt: now, content: command.content, holdId: hold.holdId)
        try book.capture(redemption)
        let release = try isReleased ? book.release(hold.holdId, because: .captured, at: now) : nil
        captured.append(redemption)
        earlier[command.redemptionId] = EarlierRedemption(
            redemptionId: command.redemptionId, content: redemption.content, outcome: .redeemed(redemption))
        return .captured(redemption, release)
    }

    /// What was decided so far.
    var changes: HoldBook.Changes { book.changes }

    /// The redemptions that were made, by id.
    var redemptions: [Redemption] { captured.sorted { $0.redemptionId < $1.redemptionId } }
}
