import Contracts
import Messaging

/// Tells the buyer that the voucher is there; the code is never in a mail.
struct TellVoucherIssued: TellingHandler {
    typealias Message = VoucherIssued

    let newsroom: Newsroom

    func occasion(of event: VoucherIssued) -> Occasion? {
        guard let personId = event.personId else { return nil }
        return Occasion(
            template: .voucherIssued, occasionId: event.issueId, personId: personId,
            facts: ["value": .money(event.value), "issuedAt": .localDay(event.issuedAt)])
    }
}
