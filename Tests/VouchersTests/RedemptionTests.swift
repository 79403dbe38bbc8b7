import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Each rule of a redemption by itself.
@Suite struct RedemptionTests {
    private let now = Timestamp(milliseconds: 1_796_113_800_000)
    private let keys: CodeKeys
    private let merchant = KnownMerchant(merchantId: UUID(), cityId: UUID())
    private let code: VoucherCode
    private let voucher: Voucher

    init() throws {
        keys = try CodeKeys([(2, [UInt8](repeating: 2, count: 32)), (1, [UInt8](repeating: 1, count: 32))])
        var generator = SeededGenerator(seed: 1)
        code = VoucherCode.random(using: &generator)
        voucher = Voucher(
            voucherId: UUID(), issuerCityId: UUID(), currency: "EUR", value: 5000, balance: 5000, status: .active,
            personId: UUID(), lookup: keys.lookup(for: code), lastFour: code.lastFour,
            issuedAt: now)
    }

    /// Both cities have been members since 2020 and until then.
    private func members(until: Day? = nil) -> AcceptanceRule {
        let period = Period(from: Day(number: 18_262), until: until)
        return AcceptanceRule(active: [voucher.issuerCityId: [period], merchant.cityId: [period]], edges: [:])
    }

    private func request(
        id: UUID = UUID(), code: String? = nil, amount: Money = Money(1250, "EUR"), merchantId: UUID? = nil
    ) -> RedemptionRequest {
        let command = RedeemVoucher(
            redemptionId: id, code: Secret(code ?? self.code.formatted),
            merchantId: merchantId ?? merchant.merchantId, amount: amount)
        return RedemptionRequest(command, keys: keys)
    }

    private func redemptions(_ vouchers: [Voucher], earlier: [EarlierRedemption] = []) -> Redemptions {
        Redemptions(vouchers: vouchers, earlier: earlier, merchants: [merchant], rule: members())
    }

    private func reason(_ decision: Redemptions.Decision) -> RedemptionRefusalReason? {
        if case .refused(let refusal) = decision { refusal.reason } else { nil }
    }

    @Test func aVoucherIsSpentInPartsUntilNothingIsLeft() throws {
        var batch = redemptions([voucher])
        for left in [Int64(3750), 2500, 1250, 0] {
            guard case .redeemed(let redemption) = try batch.redeem(request(), at: now) else {
                Issue.record("not redeemed")
                return
            }
            #expect(redemption.balance == Money(left, "EUR"))
            #expect(redemption.event.cityId == merchant.cityId && redemption.event.issuerCityId == voucher.issuerCityId)
        }
        #expect(reason(try batch.redeem(request(amount: Money(1, "EUR")), at: now)) == .insufficientBalance)
        #expect(batch.changes.book.changed.map(\.balance) == [0])
        #expect(batch.changes.redemptions.count == 4 && batch.changes.book.entries.count == 4)
        #expect(batch.changes.refusals.map(\.reason) == [.insufficientBalance])
    }

    @Test func aMerchantThatIsClosedTakesNothingFromItsDayOn() throws {
        let today = Day(of: now)
        for (day, expected) in [
            (today, RedemptionRefusalReason.merchantClosed), (today.advanced(by: -1), .merchantClosed),
            (today.advanced(by: 1), nil),
        ] as [(Day, RedemptionRefusalReason?)] {
            var closing = merchant
            closing.closedFrom = day
            var batch = Redemptions(vouchers: [voucher], earlier: [], merchants: [closing], rule: members())
            #expect(reason(try batch.redeem(request(), at: now)) == expected, "\(day)")
            // The day may be moved: the refusal is not the last word about this id.
            #expect(batch.changes.refusals.isEmpty)
        }
    }

    @Test func aRepeatGetsTheFirstOutcomeAndChangesNothing() throws {
        var batch = redemptions([voucher])
        let first = request()
        guard case .redeemed(let redemption) = try batch.redeem(first, at: now) else {
            Issue.record("not redeemed")
            return
        }
        let later = Timestamp(milliseconds: now.milliseconds + 60_000)
        #expect(try batch.redeem(first, at: later) == .repeated(.redeemed(redemption)))
        // The same code in another spelling is the same content.
        let spelled = request(id: first.redemptionId, code: code.formatted.lowercased().replacing("-", with: " "))
        #expect(try batch.redeem(spelled, at: later) == .repeated(.redeemed(redemption)))
        #expect(batch.changes.redemptions.count == 1 && batch.changes.book.changed.map(\.balance) == [3750])
    }

    @Test func theSameIdWithOtherContentIsRefusedAndTheFirstOutcomeStays() throws {
        var batch = redemptions([voucher])
        let id = UUID()
        let first = try batch.redeem(request(id: id), at: now)
        for other in [
            request(id: id, amount: Money(1251, "EUR")), request(id: id, amount: Money(1250, "HUF")),
            request(id: id, merchantId: UUID()), request(id: id, code: "0000-0000-0000-0000"),
            request(id: id, code: "rubbish"),
        ] {
            #expect(reason(try batch.redeem(other, at: now)) == .redemptionDiffers)
        }
        guard case .redeemed(let redemption) = first else {
            Issue.record("not redeemed")
            return
        }
        #expect(try batch.redeem(request(id: id), at: now) == .repeated(.redeemed(redemption)))
        #expect(batch.changes.refusals.isEmpty)
    }

    @Test func aRefusalIsRepeatedEvenWhenItWouldSucceedNow() throws {
        let first = request(amount: Money(6000, "EUR"))
        var batch = redemptions([voucher])
        #expect(reason(try batch.redeem(first, at: now)) == .insufficientBalance)
        var richer = voucher
        richer.balance = 10_000
        let earlier = batch.changes.refusals.map {
            EarlierRedemption(redemptionId: $0.redemptionId, content: $0.content, outcome: .refused($0.reason))
        }
        var next = redemptions([richer], earlier: earlier)
        #expect(try next.redeem(first, at: now) == .repeated(.refused(.insufficientBalance)))
        #expect(next.changes.isEmpty)
    }

    @Test func anUnknownMerchantIsNoOutcome() throws {
        let id = UUID()
        var batch = Redemptions(vouchers: [voucher], earlier: [], merchants: [], rule: members())
        #expect(reason(try batch.redeem(request(id: id), at: now)) == .merchantUnknown)
        #expect(RedemptionRefusalReason.merchantUnknown.problem.retryable)
        #expect(batch.changes.isEmpty)
        var next = redemptions([voucher])
        #expect(reason(try next.redeem(request(id: id), at: now)) == nil)
    }

    @Test func aVoucherIsSpentWhereItIsAccepted() throws {
        func reason(_ rule: AcceptanceRule, issued: Timestamp? = nil) throws -> RedemptionRefusalReason? {
            var voucher = voucher
            voucher.issuedAt = issued ?? now
            var batch = Redemptions(vouchers: [voucher], earlier: [], merchants: [merchant], rule: rule)
            return self.reason(try batch.redeem(request(), at: now))
        }
        let (today, tomorrow) = (Day(of: now), Day(of: now).advanced(by: 1))
        #expect(try reason(members()) == nil)
        #expect(try reason(members(until: tomorrow)) == nil)
        #expect(try reason(members(until: today)) == .notAcceptedHere)
        let yesterday = Timestamp(milliseconds: now.milliseconds - 86_400_000)
        #expect(try reason(members(until: today), issued: yesterday) == nil, "leaving does not end the duty to redeem")
        let pair = CityPair(issuerCityId: voucher.issuerCityId, acceptingCityId: merchant.cityId)
        let allowed = [pair: [AcceptanceEdge(period: Period(from: today, until: tomorrow), allows: true)]]
        #expect(try reason(AcceptanceRule(active: [:], edges: allowed)) == nil)
        let denied = [pair: [AcceptanceEdge(period: Period(from: today), allows: false)]]
        #expect(try reason(AcceptanceRule(active: [:], edges: denied)) == .notAcceptedHere)
    }

    @Test func whereAcceptanceIsNotKnownYetThereIsNoOutcome() throws {
        let id = UUID()
        var batch = Redemptions(
            vouchers: [voucher], earlier: [], merchants: [merchant], rule: AcceptanceRule(active: [:], edges: [:]))
        #expect(reason(try batch.redeem(request(id: id), at: now)) == .acceptanceUnknown)
        #expect(RedemptionRefusalReason.acceptanceUnknown.problem.retryable)
        #expect(!RedemptionRefusalReason.notAcceptedHere.problem.retryable)
        #expect(batch.changes.isEmpty)
        var next = redemptions([voucher])
        #expect(reason(try next.redeem(request(id: id), at: now)) == nil)
    }

    @Test(arguments: Voucher.Status.allCases.filter { $0 != .active })
    func onlyAnActiveVoucherIsSpent(status: Voucher.Status) throws {
        var stopped = voucher
        stopped.status = status
        var batch = redemptions([stopped])
        #expect(
            reason(try batch.redeem(request(), at: now)) == (status == .expired ? .voucherExpired : .voucherNotActive))
        #expect(batch.changes.book.changed.isEmpty)
    }

    @Test func theOutsideCannotTellWhyACodeIsNotGood() throws {
        let reasons: [RedemptionRefusalReason] = [
            .codeMalformed, .wrongCheckCharacter, .voucherUnknown, .voucherNotActive,
        ]
        #expect(Set(reasons.map(\.problem.description)).count == 1)
        let refusal = RedemptionRefusal(
            redemptionId: UUID(), merchantId: UUID(), voucherId: UUID(), reason: .voucherNotActive, refusedAt: now,
            content: RedemptionContent(keyID: 1, digest: []))
        #expect(refusal.event.code == "voucher-not-usable")
    }

    @Test func aCodeThatCannotBeOneCostsNoLookup() throws {
        #expect(request(code: "rubbish").lookups.isEmpty)
        var batch = redemptions([])
        #expect(reason(try batch.redeem(request(code: "rubbish"), at: now)) == .codeMalformed)
        #expect(reason(try batch.redeem(request(code: "0000-0000-0000-0001"), at: now)) == .wrongCheckCharacter)
        #expect(reason(try batch.redeem(request(code: "0000-0000-0000-0000"), at: now)) == .voucherUnknown)
        #expect(reason(try batch.redeem(request(amount: Money(1250, "HUF")), at: now)) == .voucherUnknown)
    }

    @Test func anotherCurrencyIsRefused() throws {
        var batch = redemptions([voucher])
        #expect(reason(try batch.redeem(request(amount: Money(1250, "HUF")), at: now)) == .currencyDiffers)
    }

    @Test func aVoucherUnderAnOlderKeyIsFoundAndHashedAnew() throws {
        var old = voucher
        old.lookup = keys.lookups(for: code)[1]
        #expect(old.lookup.keyID == 1)
        var batch = redemptions([old])
        #expect(reason(try batch.redeem(request(), at: now)) == nil)
        #expect(batch.changes.book.changed.map(\.lookup) == [keys.lookup(for: code)])
        #expect(reason(try batch.redeem(request(), at: now)) == nil, "found again in the same batch")
    }

    @Test func aRepeatUnderAnOlderKeyIsStillARepeat() throws {
        let oldKeys = try CodeKeys([(1, [UInt8](repeating: 1, count: 32))])
        let command = RedeemVoucher(
            redemptionId: UUID(), code: Secret("rubbish"), merchantId: merchant.merchantId, amount: Money(1, "EUR"))
        let earlier = EarlierRedemption(
            redemptionId: command.redemptionId, content: RedemptionRequest(command, keys: oldKeys).contents[0],
            outcome: .refused(.codeMalformed))
        var batch = redemptions([], earlier: [earlier])
        #expect(
            try batch.redeem(RedemptionRequest(command, keys: keys), at: now) == .repeated(.refused(.codeMalformed)))
    }
}

/// Each rule of an issue by itself.
@Suite struct IssueTests {
    private let now = Timestamp(milliseconds: 1_796_113_800_000)
    private let city = UUID()
    private var generator = SeededGenerator(seed: 2)
    private let keys: CodeKeys

    init() throws {
        keys = try CodeKeys([(1, [UInt8](repeating: 1, count: 32))])
    }

    @Test mutating func aVoucherIsIssuedOnceAndItsCodeIsInTheAnswerAlone() throws {
        let command = IssueVoucher(issueId: UUID(), issuerCityId: city, value: Money(5000, "EUR"), personId: UUID())
        var issues = Issues(cities: [city], earlier: [], keys: keys)
        guard case .issued(let issued) = try issues.issue(command, at: now, using: &generator) else {
            Issue.record("not issued")
            return
        }
        #expect(issued.reply.code.revealed == issued.code.formatted)
        #expect(issues.changes.added.map(\.balance) == [5000] && issued.voucher.status == .active)
        #expect(issued.voucher.lookup == keys.lookup(for: issued.code))
        #expect(issued.entry.postings.map(\.account.kind) == [.issuerCash, .voucher])
        let event = String(decoding: try JSONEncoder().encode(issued.event), as: UTF8.self)
        #expect(!event.contains(issued.code.lastFour))
        #expect(!"\(issues)\(issued)".contains(issued.code.formatted))
        #expect(try issues.issue(command, at: now, using: &generator) == .repeated(issued.reply))
        #expect(issues.records == [issued])
    }

    @Test mutating func whatWasIssuedEarlierIsNotIssuedAgain() throws {
        let command = IssueVoucher(issueId: UUID(), issuerCityId: city, value: Money(5000, "EUR"))
        let earlier = EarlierIssue(issueId: command.issueId, issuerCityId: city, value: Money(5000, "EUR"))
        var issues = Issues(cities: [city], earlier: [earlier], keys: keys)
        #expect(try issues.issue(command, at: now, using: &generator) == .refused(.alreadyIssued))
        var other = command
        other.value = Money(5001, "EUR")
        #expect(try issues.issue(other, at: now, using: &generator) == .refused(.issueDiffers))
        other = command
        other.personId = UUID()
        #expect(try issues.issue(other, at: now, using: &generator) == .refused(.issueDiffers))
        #expect(issues.changes.isEmpty)
        #expect(IssueRefusalReason.alreadyIssued.problem.code == "already-issued")
    }

    @Test mutating func anUnknownCityIsNoOutcome() throws {
        let command = IssueVoucher(issueId: UUID(), issuerCityId: city, value: Money(5000, "EUR"))
        var issues = Issues(cities: [], earlier: [], keys: keys)
        #expect(try issues.issue(command, at: now, using: &generator) == .refused(.cityUnknown))
        #expect(IssueRefusalReason.cityUnknown.problem.retryable)
        issues = Issues(cities: [city], earlier: [], keys: keys)
        guard case .issued = try issues.issue(command, at: now, using: &generator) else {
            Issue.record("not issued")
            return
        }
    }
}
