import Contracts
import Foundation

extension EventLog {
    /// What was said of the desk's commands, and under how many ids: all but what is about the tills.
    func saidOfDesk(_ cards: Set<UUID>, purchases: Set<UUID>) throws -> [Errand.Said: Int] {
        var said: [Errand.Said: Int] = [:]
        func count<E: Event>(_ type: E.Type, _ id: (E) -> UUID) throws {
            for (_, event) in try events(type, by: id).values.joined() {
                said[Errand.Said(type, id(event)), default: 0] += 1
            }
        }
        func count<E: Event>(_ type: E.Type, _ id: (E) -> UUID, code: (E) -> String) throws {
            for (entry, event) in try events(type, by: id).values.joined() {
                said[Errand.Said(type: entry.type, id: id(event), code: code(event)), default: 0] += 1
            }
        }
        for (_, event) in try events(VoucherIssued.self, by: \.issueId).values.joined()
        where !cards.contains(event.voucherId) {
            said[Errand.Said(VoucherIssued.self, event.issueId), default: 0] += 1
        }
        for (_, event) in try events(VoucherRedeemed.self, by: \.redemptionId).values.joined()
        where !cards.contains(event.voucherId) {
            said[Errand.Said(VoucherRedeemed.self, event.redemptionId), default: 0] += 1
        }
        for (entry, event) in try events(RedemptionRefused.self, by: \.redemptionId).values.joined()
        where !purchases.contains(event.redemptionId) {
            said[Errand.Said(type: entry.type, id: event.redemptionId, code: event.code), default: 0] += 1
        }
        try count(IssueRefused.self, \.issueId, code: \.code)
        try count(AmountHeld.self, \.holdId)
        try count(HoldRefused.self, \.holdId, code: \.code)
        try count(HoldReleased.self, \.holdId)
        try count(ReleaseRefused.self, \.holdId, code: \.code)
        try count(RedemptionReversed.self, \.reversalId)
        try count(ReversalRefused.self, \.reversalId, code: \.code)
        try count(VoucherBlocked.self, \.voucherId)
        try count(VoucherUnblocked.self, \.voucherId)
        try count(VoucherReplaced.self, \.replacementId)
        try count(VoucherRefunded.self, \.refundId)
        try count(VoucherCancelled.self, \.cancellationId)
        try count(VoucherExpired.self, \.voucherId)
        try count(VoucherExchanged.self, \.exchangeId)
        try count(ExchangeRefused.self, \.exchangeId, code: \.code)
        try count(StockActivated.self, \.saleId)
        try count(StockRefused.self, \.saleId, code: \.code)
        try count(CodesCollected.self, \.fileId)
        try count(CodesReprinted.self, \.fileId)
        try count(CodesRefused.self, \.fileId, code: \.code)
        try count(VoucherChangeRefused.self, \.voucherId, code: \.code)
        try count(OrderPlaced.self, \.orderId)
        try count(OrderRefused.self, \.orderId, code: \.code)
        return said
    }
}

extension Errand.Said {
    init<E: Event>(_ type: E.Type, _ id: UUID) {
        self.init(type: E.type.description, id: id)
    }
}
