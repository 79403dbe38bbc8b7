import Contracts
import FoundationEssentials

@testable import vouchers

/// Holds, captures, releases and the end of holds.
extension World {
    mutating func holdSome() throws {
        let commands: [HoldAmount] = batch(max: 5) { world in
            HoldAmount(
                holdId: world.newID(), code: Secret(world.anyCode()), merchantId: world.anyMerchant(),
                amount: world.amount(),
                timeToLiveSeconds: Int.random(in: 1...World.timeToLiveSecondsMax, using: &world.generator))
        } changed: { earlier, _ in
            var command = earlier
            command.timeToLiveSeconds += 1
            return command
        }
        let requests = commands.map { HoldRequest($0, keys: keys) }
        let ids = Set(commands.map(\.holdId))
        let held = ids.compactMap { rows.holds[$0] }.map(EarlierHold.init(_:))
        var holds = Holds(
            vouchers: vouchers(behind: requests.flatMap(\.code.lookups)),
            earlier: held + ids.compactMap { rows.holdRefusals[$0] }, merchants: merchants, rule: rule)
        for (command, request) in zip(commands, requests) { try judge(command, holds.hold(request, at: now)) }
        write(holds.changes)
        for refusal in holds.refusals {
            rows.holdRefusals[refusal.holdId] = EarlierHold(
                holdId: refusal.holdId, content: refusal.content, refused: refusal.reason)
        }
        expectSorted(holds.refusals.map(\.holdId))
    }

    private mutating func judge(_ command: HoldAmount, _ decision: Holds.Decision) throws {
        let outcome: Outcome =
            switch decision {
            case .held(let held, _): .done(held.reply)
            case .repeated(.held(let held)): .repeated(held.reply)
            case .repeated(.refused(let reason)): .repeatedRefusal(reason.problem.code)
            case .refused(let refusal): .refused(refusal.reason.problem.code, isOutcome: refusal.reason.isRecorded)
            case .differs: .refused("hold-differs", isOutcome: false)
            }
        let rule = refusal(of: command.amount, command.code.revealed, at: command.merchantId)
        let isDone = try judge(command, "hold \(command.holdId)", differs: "hold-differs", rule: rule, outcome)
        guard isDone, case .held(let held, let event) = decision else { return }
        let amount = command.amount.amount
        model.purses[held.voucherId]?.free -= amount
        model.purses[held.voucherId]?.held += amount
        model.holds[held.holdId] = Model.Held(
            purse: held.voucherId, merchant: command.merchantId, left: amount, expiresAt: held.expiresAt)
        hold(event.balance.amount == model.purses[held.voucherId]?.free, "the balance differs")
    }

    /// Holds and their vouchers, as a handler reads them.
    private func locked(_ ids: some Sequence<UUID>) -> (vouchers: [Voucher], holds: [Hold]) {
        let holds = Set(ids).compactMap { rows.holds[$0] }
        return (Set(holds.map(\.voucherId)).compactMap { rows.vouchers[$0] }, holds)
    }

    private mutating func write(_ changes: HoldBook.Changes) {
        write(changes.book)
        for row in changes.added {
            hold(rows.holds[row.holdId] == nil, "a hold inserted twice")
            rows.holds[row.holdId] = row
        }
        for row in changes.changed { rows.holds[row.holdId] = row }
        expectSorted(changes.added.map(\.holdId))
        expectSorted(changes.changed.map(\.holdId))
    }

    /// Why nothing can be done with a hold.
    private func refusal(_ id: UUID, at merchant: UUID) -> String? {
        guard let held = model.holds[id], held.merchant == merchant else { return "hold-unknown" }
        return held.end ?? (held.expiresAt <= now ? "hold-expired" : nil)
    }

    /// A hold and its merchant, rarely wrong.
    private mutating func anyHold() -> (UUID, UUID) {
        guard let id = pick(model.holds.keys), let held = model.holds[id] else { return (newID(), anyMerchant()) }
        return (id, Int.random(in: 0..<10, using: &generator) == 0 ? anyMerchant() : held.merchant)
    }

    // MARK: Captures

    mutating func captureSome() throws {
        let commands: [CaptureHold] = batch(max: 6) { world in
            let (id, merchant) = world.anyHold()
            let left = world.model.holds[id]?.left ?? 0
            let isWhole = Int.random(in: 0..<4, using: &world.generator) == 0
            return CaptureHold(
                redemptionId: world.anyRedemptionID(), holdId: id, merchantId: merchant,
                amount: isWhole && left > 0 ? Money(left, "EUR") : world.amount(upTo: left + 50),
                releasesRest: [nil, false, true].randomElement(using: &world.generator) ?? nil)
        } changed: { earlier, _ in
            var command = earlier
            command.amount.amount += 1
            return command
        }
        let (vouchers, holds) = locked(commands.map(\.holdId))
        var captures = Captures(
            vouchers: vouchers, holds: holds, earlier: earlier(commands.map(\.redemptionId)))
        for command in commands { try judge(command, captures.capture(command, at: now)) }
        write(captures.changes)
        write(captures.redemptions)
    }

    /// A new id, or rarely one that a till has used.
    private mutating func anyRedemptionID() -> UUID {
        let isUsed = Int.random(in: 0..<15, using: &generator) == 0
        return isUsed ? pick(Array(rows.redemptions.keys) + Array(rows.refusals.keys)) ?? newID() : newID()
    }

    private mutating func judge(_ command: CaptureHold, _ decision: Captures.Decision) throws {
        let outcome: Outcome =
            switch decision {
            case .captured(let redemption, _): .done(redemption.reply)
            case .repeated(let redemption): .repeated(redemption.reply)
            case .refused(let reason): .refused(reason.problem.code, isOutcome: false)
            }
        let key = "redemption \(command.redemptionId)"
        let isDone = try judge(command, key, differs: "redemption-differs", rule: refusal(of: command), outcome)
        guard isDone, case .captured(let redemption, let release) = decision else { return }
        let amount = command.amount.amount
        model.spend(amount, of: redemption.voucherId, at: command.merchantId, command.redemptionId, held: true)
        model.holds[command.holdId]?.left -= amount
        let rest = model.holds[command.holdId]?.left ?? 0
        let isReleased = command.releasesRest == true && rest > 0
        hold((release?.amount.amount ?? 0) == (isReleased ? rest : 0), "the rest differs")
        if isReleased || rest == 0 { model.free(command.holdId, end: "hold-closed") }
        hold(redemption.balance.amount == model.purses[redemption.voucherId]?.free, "the balance differs")
    }

    private func refusal(of command: CaptureHold) -> String? {
        if let code = refusal(command.holdId, at: command.merchantId) { return code }
        guard let held = model.holds[command.holdId] else { return "hold-unknown" }
        if model.purses[held.purse]?.status == .blocked { return "voucher-not-usable" }
        if command.amount.currency != "EUR" { return "currency-differs" }
        return command.amount.amount > held.left ? "exceeds-hold" : nil
    }

    // MARK: Releases

    mutating func releaseSome() throws {
        let commands: [ReleaseHold] = batch(max: 3) { world in
            let (id, merchant) = world.anyHold()
            return ReleaseHold(holdId: id, merchantId: merchant)
        } changed: { earlier, world in
            ReleaseHold(holdId: earlier.holdId, merchantId: world.anyMerchant())
        }
        let (vouchers, holds) = locked(commands.map(\.holdId))
        var releases = Releases(vouchers: vouchers, holds: holds)
        for command in commands {
            let decision = try releases.release(command, at: now)
            let outcome: Outcome =
                switch decision {
                case .released(let release): .done(release.reply)
                case .repeated(let reply): .repeated(reply)
                case .refused(let reason): .refused(reason.problem.code, isOutcome: false)
                }
            let rule = refusal(command.holdId, at: command.merchantId)
            let key = "release \(command.holdId)"
            guard try judge(command, key, differs: "hold-unknown", rule: rule, outcome) else { continue }
            if case .released(let release) = decision {
                hold(release.amount.amount == model.holds[command.holdId]?.left, "the rest differs")
                model.free(command.holdId, end: "hold-closed")
                hold(release.balance.amount == model.purses[release.hold.voucherId]?.free, "the balance differs")
            }
        }
        write(releases.changes)
    }

    /// Frees what is over, so many holds at once.
    mutating func expireSomeHolds(max: Int) throws {
        let due = rows.holds.values.filter { $0.state == .open && $0.expiresAt <= now }
            .sorted { ($0.expiresAt, $0.holdId) < ($1.expiresAt, $1.holdId) }.prefix(max)
        let (vouchers, holds) = locked(due.map(\.holdId))
        var releases = Releases(vouchers: vouchers, holds: holds)
        let freed = try releases.expire(at: now)
        hold(Set(freed.map(\.hold.holdId)) == Set(due.map(\.holdId)), "other holds are over")
        for release in freed {
            let left = model.holds[release.hold.holdId]?.left
            hold(left == release.amount.amount && release.cause == .expired, "the rest differs")
            model.free(release.hold.holdId, end: "hold-expired")
        }
        write(releases.changes)
    }
}
