import Contracts
import Messaging

/// Tells the owner what was paid with the voucher, and what is left.
struct TellVoucherRedeemed: TellingHandler {
    typealias Message = VoucherRedeemed

    let newsroom: Newsroom

    func occasion(of event: VoucherRedeemed) -> Occasion? {
        guard let personId = event.personId else { return nil }
        return Occasion(
            template: .voucherRedeemed, occasionId: event.redemptionId, personId: personId,
            facts: [
                "amount": .money(event.amount), "balance": .money(event.balance),
                "redeemedAt": .localMoment(event.redeemedAt), "isSpent": .flag(event.balance.amount == 0),
            ])
    }
}
