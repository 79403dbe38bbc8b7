import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import vouchers

/// Redemptions taken back: in parts, at most in full, whatever became of the voucher.
@Suite(.timeLimit(.minutes(2)))
struct ReversalTests {
    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let mistakes = try await shop.bench.mistakes(in: [
                ReadVouchersOfRedemptions(ids: []), ReadReversibleRedemptions(ids: []), ReadReversals(ids: []),
                WriteReversals(reversals: [], now: Date()), WriteReversed(redemptions: []),
            ])
            #expect(mistakes == [])
        }
    }

    @Test func aRedemptionIsTakenBackInPartsAndAtMostInFull() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(5_000)
            let spent = shop.redemption(voucher, 2_000)
            _ = try await shop.bench.run(shop.redeem, [spent])
            let first = shop.reversal(spent.redemptionId, 700, reason: "Returned unopened.")
            let outcome = try await shop.bench.run(ReverseRedemptions(), [first, first])
            let reply = try outcome.reply(to: ReverseRedemption.self)
            #expect(reply.remaining == Money(1_300, "EUR"))
            #expect(try outcome.reply(1, to: ReverseRedemption.self) == reply)
            let event = try #require(try outcome.events(RedemptionReversed.self).first)
            #expect(event.balance.amount == 3_700 && event.cityId == shop.city && event.remaining == reply.remaining)
            #expect(outcome.events.count == 1)

            let more = [shop.reversal(spent.redemptionId, 1_301), shop.reversal(spent.redemptionId, 1_300)]
            let rest = try await shop.bench.run(ReverseRedemptions(), more)
            #expect(rest.problem(0)?.code == "exceeds-redemption")
            #expect(try rest.reply(1, to: ReverseRedemption.self).remaining.amount == 0)
            let none = try await shop.bench.run(ReverseRedemptions(), [shop.reversal(spent.redemptionId, 1)])
            #expect(none.problem()?.code == "exceeds-redemption")
            #expect(try none.events(ReversalRefused.self).map(\.code) == ["exceeds-redemption"])

            let again = try await shop.bench.run(ReverseRedemptions(), [first])
            #expect(try again.reply(to: ReverseRedemption.self) == reply && again.events.isEmpty)
            let other = shop.reversal(spent.redemptionId, 701, id: first.reversalId)
            #expect(try await shop.bench.run(ReverseRedemptions(), [other]).problem()?.code == "reversal-differs")

            let sums = try await shop.sums()
            #expect(sums == ["issuer-cash": 5_000, "merchant-payable": 0, "voucher": -5_000])
            #expect(try await shop.ledger().balanced)
            let audit = try await shop.bench.audit(of: VouchersService.self)
            #expect(audit.map(\.auditedId) == [spent.redemptionId, spent.redemptionId])
        }
    }

    @Test func whatWasCapturedIsTakenBackToWhatCanBeSpent() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            let hold = try await shop.held(voucher, 600)
            let capture = shop.capture(hold.holdId, 200)
            _ = try await shop.bench.run(CaptureHolds(), [capture])
            _ = try await shop.bench.run(ReverseRedemptions(), [shop.reversal(capture.redemptionId, 200)])
            #expect(try await shop.balance(of: voucher) == 600)
            let sums = try await shop.sums()
            #expect(sums["voucher-held"] == -400 && sums["voucher"] == -600 && sums["merchant-payable"] == 0)
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func anothersRedemptionIsAsGoodAsNoneAndOneThatIsOnItsWayMayCome() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            let spent = shop.redemption(voucher, 500)
            let early = shop.reversal(spent.redemptionId, 500)
            let unknown = try await shop.bench.run(ReverseRedemptions(), [early])
            #expect(unknown.problem()?.code == "redemption-unknown" && unknown.problem()?.retryable == true)
            _ = try await shop.bench.run(shop.redeem, [spent])
            var foreign = shop.reversal(spent.redemptionId, 500)
            foreign.merchantId = UUID()
            #expect(try await shop.bench.run(ReverseRedemptions(), [foreign]).problem() == unknown.problem())
            var forint = shop.reversal(spent.redemptionId, 500)
            forint.amount.currency = "HUF"
            #expect(try await shop.bench.run(ReverseRedemptions(), [forint]).problem()?.code == "currency-differs")
            let known = try await shop.bench.run(ReverseRedemptions(), [early])
            #expect(try known.reply(to: ReverseRedemption.self).remaining.amount == 0)
        }
    }

    @Test(arguments: [
        (Voucher.Status.active, 0, true), (.blocked, 0, true), (.expired, 0, true), (.replaced, 0, true),
        (.cancelled, 0, false), (.created, 0, false), (.expired, -1, false), (.active, 1, true),
    ])
    func moneyGoesBackWhereSomebodyMayClaimIt(status: Voucher.Status, lapsesIn days: Int, isTaken: Bool) throws {
        let now = Timestamp(milliseconds: 1_796_113_800_000)
        var voucher = Voucher(
            voucherId: UUID(), issuerCityId: UUID(), currency: "EUR", value: 1_000, balance: 400, status: status,
            lookup: CodeLookup(keyID: 1, digest: []), lastFour: "ABCD", issuedAt: now)
        voucher.lapsesAfter = Day(of: now).advanced(by: days)
        let redemption = ReversibleRedemption(
            redemptionId: UUID(), voucherId: voucher.voucherId, merchantId: UUID(), cityId: UUID(),
            amount: Money(600, "EUR"), reversed: 0)
        var reversals = Reversals(vouchers: [voucher], redemptions: [redemption], earlier: [])
        let command = ReverseRedemption(
            reversalId: UUID(), redemptionId: redemption.redemptionId, merchantId: redemption.merchantId,
            amount: Money(600, "EUR"))
        let decision = try reversals.reverse(command, at: now)
        if isTaken {
            #expect(reversals.changes.book.changed.map(\.balance) == [1_000])
            #expect(reversals.changes.book.changed.map(\.status) == [status])
        } else {
            guard case .refused(.voucherNotUsable) = decision else {
                Issue.record("not refused")
                return
            }
            #expect(reversals.changes.reversals.isEmpty)
        }
    }
}
