import Contracts
import Foundation
import Testing

/// The audit finds what it is there for: each test spoils one thing of a run in which everything was right.
@Suite("Audit")
struct AuditTests {
    /// One voucher of 10.00, one redemption of 3.00, one refusal; everything said and answered.
    private struct Run {
        var card = Card(voucherId: UUID(), code: "code", value: 1_000)
        var paid = UUID()
        var refusedId = UUID()
        var merchant = UUID()
        var wipes: [ClosedRange<Date>] = []
        var confirms = ["a": 1, "b": 2]
        var answers: [String: [TillAnswer]] = [:]
        var balance: Int64 = 700
        var redemptions: [AuditRedemptions.Row] = []
        var refusals: [AuditRefusals.Row] = []
        var postings: [AuditPostings.Row] = []
        var redeemed: [(entry: EventLog.Entry, event: VoucherRedeemed)] = []
        var refused: [(entry: EventLog.Entry, event: RedemptionRefused)] = []

        init() {
            redemptions = [
                .init(redemptionId: paid, voucherId: card.voucherId, merchantId: merchant, amount: 300, balance: 700)
            ]
            refusals = [
                .init(
                    redemptionId: refusedId, merchantId: merchant, voucherId: card.voucherId,
                    reason: "insufficient-balance")
            ]
            let issue = UUID()
            postings = [
                line("issue", issue, "issuer-cash", UUID(), 1_000),
                line("issue", issue, "voucher", card.voucherId, -1_000),
                line("redemption", paid, "voucher", card.voucherId, 300),
                line("redemption", paid, "merchant-payable", merchant, -300),
            ]
            redeemed = [(entry("1", VoucherRedeemed.type), event(300))]
            refused = [(entry("2", RedemptionRefused.type), refusal("insufficient-balance"))]
            answers = ["a": [answer(700), answer(700)], "b": [problem("insufficient-balance")]]
        }

        func line(
            _ cause: String, _ id: UUID, _ account: String, _ owner: UUID, _ amount: Int64
        ) -> AuditPostings.Row {
            .init(cause: cause, causeId: id, account: account, ownerId: owner, amount: amount, currency: "EUR")
        }

        func entry(_ id: String, _ type: MessageType) -> EventLog.Entry {
            EventLog.Entry(type: type.description, messageId: id, user: "vouchers", body: [], saidAt: Date())
        }

        func event(_ amount: Int64) -> VoucherRedeemed {
            VoucherRedeemed(
                redemptionId: paid, voucherId: card.voucherId, issuerCityId: UUID(), merchantId: merchant,
                cityId: UUID(), amount: Money(amount, "EUR"), balance: Money(700, "EUR"), personId: nil,
                redeemedAt: Timestamp(Date()))
        }

        func refusal(_ code: String) -> RedemptionRefused { RedemptionRefused(redemptionId: refusedId, code: code) }

        func answer(_ balance: Int) -> TillAnswer { TillAnswer(isProblem: false, json: #"{"balance":\#(balance)}"#) }
        func problem(_ code: String) -> TillAnswer { TillAnswer(isProblem: true, json: "{}", code: code) }

        func purchase(_ id: UUID, _ messageId: String, _ amount: Int64) -> Purchase {
            Purchase(
                redemptionId: id, kind: .card(card), merchantId: merchant, amount: amount, asks: true, body: [],
                messageIds: [messageId])
        }

        var faults: [String] {
            Audit(
                wipes: wipes, purchases: [purchase(paid, "a", 300), purchase(refusedId, "b", 800)], confirms: confirms,
                answers: answers,
                redemptions: Dictionary(redemptions.map { ($0.redemptionId, $0) }) { first, _ in first },
                refusals: Dictionary(refusals.map { ($0.redemptionId, $0) }) { first, _ in first },
                vouchers: [card.voucherId: .init(voucherId: card.voucherId, value: card.value, balance: balance)],
                postings: postings, redeemed: Dictionary(grouping: redeemed) { $0.event.redemptionId },
                refused: Dictionary(grouping: refused) { $0.event.redemptionId }
            ).faults
        }
    }

    @Test("a run in which everything was right has no faults")
    func right() {
        #expect(Run().faults == [])
    }

    @Test("an effect that is missing, doubled, other than asked for, or never asked for")
    func effects() {
        expectFault { $0.redemptions = [] }
        expectFault { $0.refusals = [] }
        expectFault { run in
            run.refusals.append(
                .init(redemptionId: run.paid, merchantId: run.merchant, voucherId: nil, reason: "insufficient-balance"))
        }
        expectFault { run in
            run.redemptions[0] = .init(
                redemptionId: run.paid, voucherId: UUID(), merchantId: run.merchant, amount: 300, balance: 700)
        }
        expectFault { run in
            run.redemptions.append(
                .init(
                    redemptionId: UUID(), voucherId: run.card.voucherId, merchantId: run.merchant, amount: 1,
                    balance: 699))
        }
        expectFault { $0.confirms["a"] = nil }
    }

    @Test("a refusal without a reason")
    func refusals() {
        expectFault { run in
            run.refusals[0] = .init(
                redemptionId: run.refusedId, merchantId: run.merchant, voucherId: nil, reason: "voucher-unknown")
        }
        // There was enough left for it.
        expectFault { $0.balance = 900 }
    }

    @Test("an event that is missing, under two ids, different, or early without a wipe")
    func events() {
        expectFault { $0.redeemed = [] }
        expectFault { $0.redeemed.append(($0.entry("3", VoucherRedeemed.type), $0.event(300))) }
        expectFault { $0.redeemed[0].event.amount = Money(301, "EUR") }
        expectFault { $0.refused = [] }
        expectFault { $0.refused.append(($0.entry("3", RedemptionRefused.type), $0.refusal(Audit.merchantUnknown))) }
        var wiped = Run()
        wiped.refused.append((wiped.entry("3", RedemptionRefused.type), wiped.refusal(Audit.merchantUnknown)))
        wiped.wipes = [Date.distantPast...Date.distantFuture]
        #expect(wiped.faults == [])
    }

    @Test("an answer that is missing, or another one the second time")
    func answers() {
        expectFault { $0.answers["a"] = nil }
        expectFault { run in run.answers["a"] = [run.answer(700), run.answer(699)] }
        expectFault { $0.answers["b"] = [$0.answer(0)] }
    }

    @Test("a journal that does not balance, or is not what the vouchers say")
    func ledger() {
        expectFault { $0.postings.removeLast() }
        expectFault { $0.postings.removeLast(2) }
        expectFault { $0.balance = 600 }
        expectFault { $0.balance = -1 }
        expectFault { $0.postings[3] = $0.line("redemption", $0.paid, "merchant-payable", $0.merchant, -299) }
        expectFault { run in
            run.redemptions[0] = .init(
                redemptionId: run.paid, voucherId: run.card.voucherId, merchantId: run.merchant, amount: 300,
                balance: 650)
        }
    }

    private func expectFault(sourceLocation: SourceLocation = #_sourceLocation, _ spoil: (inout Run) -> Void) {
        var run = Run()
        spoil(&run)
        #expect(!run.faults.isEmpty, sourceLocation: sourceLocation)
    }
}
