import Contracts
import FoundationEssentials

@testable import vouchers

/// Reversals.
extension World {
    mutating func reverseSome() throws {
        let commands: [ReverseRedemption] = batch(max: 6) { world in
            let id = world.pick(world.model.spent.keys) ?? world.newID()
            let spent = world.model.spent[id]
            let isWhole = Int.random(in: 0..<3, using: &world.generator) == 0
            let left = spent?.left ?? 0
            let isOther = Int.random(in: 0..<10, using: &world.generator) == 0
            let other = world.anyMerchant()
            return ReverseRedemption(
                reversalId: world.newID(), redemptionId: id, merchantId: isOther ? other : spent?.merchant ?? other,
                amount: isWhole && left > 0 ? Money(left, "EUR") : world.amount(upTo: left + 50))
        } changed: { earlier, _ in
            var command = earlier
            command.amount.amount += 1
            return command
        }
        let named = Set(commands.map(\.redemptionId)).compactMap { rows.redemptions[$0] }
        var reversals = Reversals(
            vouchers: Set(named.map(\.voucherId)).compactMap { rows.vouchers[$0] },
            redemptions: named.map {
                ReversibleRedemption(
                    redemptionId: $0.redemptionId, voucherId: $0.voucherId, merchantId: $0.merchantId,
                    cityId: $0.cityId, amount: $0.amount, reversed: rows.reversed[$0.redemptionId] ?? 0)
            },
            earlier: Set(commands.map(\.reversalId)).compactMap { rows.reversals[$0] })
        for command in commands { try judge(command, reversals.reverse(command, at: now)) }
        let changes = reversals.changes
        write(changes.book)
        for redemption in changes.redemptions { rows.reversed[redemption.redemptionId] = redemption.reversed }
        for reversal in changes.reversals {
            hold(rows.reversals[reversal.reversalId] == nil, "a reversal inserted twice")
            rows.reversals[reversal.reversalId] = reversal
        }
        expectSorted(changes.redemptions.map(\.redemptionId))
        expectSorted(changes.reversals.map(\.reversalId))
    }

    private mutating func judge(_ command: ReverseRedemption, _ decision: Reversals.Decision) throws {
        let outcome: Outcome =
            switch decision {
            case .reversed(let reversal, _): .done(reversal.reply)
            case .repeated(let reversal): .repeated(reversal.reply)
            case .refused(let reason): .refused(reason.problem.code, isOutcome: false)
            }
        let key = "reversal \(command.reversalId)"
        let isDone = try judge(command, key, differs: "reversal-differs", rule: refusal(of: command), outcome)
        guard isDone, case .reversed(let reversal, let event) = decision else { return }
        let amount = command.amount.amount
        model.purses[reversal.voucherId]?.free += amount
        model.spent[command.redemptionId]?.left -= amount
        model.owed[command.merchantId, default: 0] -= amount
        model.count(.reversed, amount)
        hold(reversal.remaining.amount == model.spent[command.redemptionId]?.left, "what is left differs")
        hold(event.balance.amount == model.purses[reversal.voucherId]?.free, "the balance differs")
    }

    private func refusal(of command: ReverseRedemption) -> String? {
        guard let spent = model.spent[command.redemptionId], spent.merchant == command.merchantId else {
            return "redemption-unknown"
        }
        if command.amount.currency != "EUR" { return "currency-differs" }
        return command.amount.amount > spent.left ? "exceeds-redemption" : nil
    }
}
