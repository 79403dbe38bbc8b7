import Contracts
import FoundationEssentials
import Testing

@testable import vouchers

/// Issues and redemptions.
extension World {
    mutating func issueSome() throws {
        var issues = Issues(cities: [city], earlier: [], keys: keys)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let value = Money(Int64.random(in: 100...5_000, using: &generator), "EUR")
            let command = IssueVoucher(issueId: newID(), issuerCityId: city, value: value)
            guard case .issued(let issued) = try issues.issue(command, at: now, using: &generator) else {
                Issue.record("not issued")
                continue
            }
            model.codes[issued.code.formatted] = issued.voucher.voucherId
            model.purses[issued.voucher.voucherId] = Model.Purse(free: value.amount)
            model.count(.issued, value.amount)
        }
        write(issues.changes)
    }

    /// A code as a till may say it, rarely wrong.
    mutating func anyCode() -> String {
        let wrong = ["rubbish", "0000-0000-0000-0000", "0000-0000-0000-0001"]
        if Int.random(in: 0..<15, using: &generator) == 0 { return wrong.randomElement(using: &generator) ?? "" }
        return pick(model.codes.keys) ?? "rubbish"
    }

    /// A merchant as a till may say it, rarely unknown.
    mutating func anyMerchant() -> UUID {
        if Int.random(in: 0..<20, using: &generator) == 0 { return newID() }
        return merchants.randomElement(using: &generator)?.merchantId ?? newID()
    }

    /// Why so much cannot be spent or held.
    func refusal(of amount: Money, _ code: String, at merchant: UUID) -> String? {
        let purse = model.codes[code].flatMap { model.purses[$0] }
        if purse == nil, code != "0000-0000-0000-0000" { return "voucher-not-usable" }
        if !merchants.contains(where: { $0.merchantId == merchant }) { return "merchant-unknown" }
        guard let purse, purse.status == .active else { return "voucher-not-usable" }
        if merchant == merchants.last?.merchantId { return "not-accepted-here" }
        if amount.currency != "EUR" { return "currency-differs" }
        return purse.free < amount.amount ? "insufficient-balance" : nil
    }

    /// The vouchers that lookups find, as a handler reads them.
    func vouchers(behind lookups: [CodeLookup]) -> [Voucher] {
        let lookups = Set(lookups)
        return rows.vouchers.values.filter { lookups.contains($0.lookup) }
    }

    /// What became of redemption ids, as a handler reads it.
    func earlier(_ ids: [UUID]) -> [EarlierRedemption] {
        Set(ids).compactMap { id in
            rows.redemptions[id].map {
                EarlierRedemption(redemptionId: id, content: $0.content, outcome: .redeemed($0))
            } ?? rows.refusals[id]
        }
    }

    mutating func redeemSome() throws {
        let commands: [RedeemVoucher] = batch { world in
            RedeemVoucher(
                redemptionId: world.newID(), code: Secret(world.anyCode()), merchantId: world.anyMerchant(),
                amount: world.amount())
        } changed: { earlier, _ in
            var command = earlier
            command.amount.amount += 1
            return command
        }
        let requests = commands.map { RedemptionRequest($0, keys: keys) }
        var redemptions = Redemptions(
            vouchers: vouchers(behind: requests.flatMap(\.lookups)), earlier: earlier(commands.map(\.redemptionId)),
            merchants: merchants, rule: rule)
        for (command, request) in zip(commands, requests) {
            try judge(command, redemptions.redeem(request, at: now))
        }
        write(redemptions.changes.book)
        write(redemptions.changes.redemptions)
        for refusal in redemptions.changes.refusals {
            rows.refusals[refusal.redemptionId] = EarlierRedemption(
                redemptionId: refusal.redemptionId, content: refusal.content, outcome: .refused(refusal.reason))
        }
    }

    private mutating func judge(_ command: RedeemVoucher, _ decision: Redemptions.Decision) throws {
        let outcome: Outcome =
            switch decision {
            case .redeemed(let redemption): .done(redemption.reply)
            case .repeated(.redeemed(let redemption)): .repeated(redemption.reply)
            case .repeated(.refused(let reason)): .repeatedRefusal(reason.problem.code)
            case .refused(let refusal):
                .refused(refusal.reason.problem.code, isOutcome: refusal.reason.isRecorded)
            }
        let rule = refusal(of: command.amount, command.code.revealed, at: command.merchantId)
        let key = "redemption \(command.redemptionId)"
        let isDone = try judge(command, key, differs: "redemption-differs", rule: rule, outcome)
        guard isDone, case .redeemed(let redemption) = decision else { return }
        model.spend(
            command.amount.amount, of: redemption.voucherId, at: command.merchantId, command.redemptionId)
        hold(redemption.balance.amount == model.purses[redemption.voucherId]?.free, "the balance differs")
    }
}
