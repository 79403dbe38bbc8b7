import Contracts
import Foundation
import TestKit

/// One of those who work at a desk: takes one voucher after another through its life.
struct Clerk {
    /// What a clerk knows of the voucher in hand.
    private struct Case {
        var voucherId: UUID
        var code: Secret
        let city: UUID
        /// What can be spent.
        var balance: Int64
        /// The last capture, and what is left of it.
        var redemption: (id: UUID, merchantId: UUID, left: Int64)?
    }

    let desk: Desk
    private var generator: SeededGenerator
    /// The first step of all, so that each kind is among the first.
    private var turn: Int

    init(desk: Desk, number: Int, seed: UInt64) {
        self.desk = desk
        generator = SeededGenerator(seed: seed)
        turn = number * 2
    }

    /// Works until the task is cancelled.
    mutating func work() async throws {
        do {
            while !Task.isCancelled { try await serve() }
        } catch is CancellationError {}
    }

    private mutating func serve() async throws {
        var item = try await issue()
        for _ in 0..<Int.random(in: 3...7, using: &generator) {
            // The pace of the load, no wait for anything.
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...150, using: &generator)))
            turn += 1
            switch turn % 8 {
            case 0: try await captureWhole(&item)
            case 1: try await captureParts(&item)
            case 2: try await release(&item)
            case 3: try await takeBack(&item)
            case 4: try await block(&item)
            case 5: try await holdTooMuch(item)
            case 6: try await replace(&item)
            default: try await captureAndReleaseRest(&item)
            }
        }
        if Int.random(in: 0..<3, using: &generator) == 0 { try await letExpire(item) }
    }

    private mutating func copies() -> Desk.Copies {
        Desk.Copies(
            isAtOnce: Int.random(in: 0..<5, using: &generator) == 0,
            isAgain: Int.random(in: 0..<10, using: &generator) == 0,
            isAnew: Int.random(in: 0..<5, using: &generator) == 0)
    }

    private mutating func merchant() -> UUID {
        desk.shop.merchants[Int.random(in: 0..<desk.shop.merchants.count, using: &generator)]
    }

    // MARK: Steps

    private mutating func issue() async throws -> Case {
        let (id, city) = (generator.uuid(), desk.shop.cities[Int.random(in: 0...1, using: &generator)])
        let value = Int64.random(in: 10_000...90_000, using: &generator)
        let command = IssueVoucher(issueId: id, issuerCityId: city, value: Money(value, "EUR"))
        let reply = try await desk.ask(
            command, about: id, says: [Errand.Said(VoucherIssued.self, id)], orElse: IssueRefused.self,
            copies: copies())
        guard let reply else { throw Desk.NotServed(description: "issue \(id) was refused") }
        let voucherId = reply.voucherId
        await desk.note { $0.issue(id, in: city, makes: voucherId, worth: value) }
        return Case(voucherId: voucherId, code: reply.code, city: city, balance: value, redemption: nil)
    }

    /// Holds an amount, for longer than the test lasts or else until its time is over.
    private mutating func hold(
        _ item: inout Case, _ amount: Int64, expiringAfter seconds: Int? = nil
    ) async throws -> (holdId: UUID, merchantId: UUID, expiresAt: Timestamp?) {
        let (id, merchantId, voucherId) = (generator.uuid(), merchant(), item.voucherId)
        let command = HoldAmount(
            holdId: id, code: item.code, merchantId: merchantId, amount: Money(amount, "EUR"),
            timeToLiveSeconds: seconds ?? 86_400)
        var facts = [Errand.Said(AmountHeld.self, id)]
        if seconds != nil { facts.append(Errand.Said(HoldReleased.self, id)) }
        let reply = try await desk.ask(command, about: id, says: facts, orElse: HoldRefused.self, copies: copies())
        await desk.note { books in
            books.hold(id, of: voucherId, for: merchantId, amount)
            if seconds != nil { books.release(id, as: "expired") }
        }
        item.balance -= amount
        return (id, merchantId, reply?.expiresAt)
    }

    private mutating func refusedHold(_ item: Case, _ amount: Int64, as code: String, because reason: String)
        async throws
    {
        let id = generator.uuid()
        let command = HoldAmount(
            holdId: id, code: item.code, merchantId: merchant(), amount: Money(amount, "EUR"),
            timeToLiveSeconds: 86_400)
        _ = try await desk.ask(
            command, about: id, says: [], orElse: HoldRefused.self, refusal: code, isRecorded: true, copies: copies())
        await desk.note { $0.refusedHolds[id] = reason }
    }

    private mutating func capture(
        _ item: inout Case, _ hold: (holdId: UUID, merchantId: UUID, expiresAt: Timestamp?), _ amount: Int64,
        freeing rest: Int64? = nil
    ) async throws {
        let id = generator.uuid()
        let command = CaptureHold(
            redemptionId: id, holdId: hold.holdId, merchantId: hold.merchantId, amount: Money(amount, "EUR"),
            releasesRest: rest == nil ? nil : true)
        var facts = [Errand.Said(VoucherRedeemed.self, id)]
        if rest != nil { facts.append(Errand.Said(HoldReleased.self, hold.holdId)) }
        _ = try await desk.ask(command, about: id, says: facts, orElse: RedemptionRefused.self, copies: copies())
        await desk.note { $0.capture(id, from: hold.holdId, amount, releasesRest: rest != nil) }
        item.balance += rest ?? 0
        item.redemption = (id, hold.merchantId, amount)
    }

    private mutating func refusedCapture(
        _ hold: (holdId: UUID, merchantId: UUID, expiresAt: Timestamp?), _ amount: Int64, as code: String
    ) async throws {
        let id = generator.uuid()
        let command = CaptureHold(
            redemptionId: id, holdId: hold.holdId, merchantId: hold.merchantId, amount: Money(amount, "EUR"))
        _ = try await desk.ask(
            command, about: id, says: [], orElse: RedemptionRefused.self, refusal: code, copies: copies())
    }

    // MARK: Ways through life

    private mutating func amount(of item: Case) -> Int64 {
        Int64.random(in: 3...max(3, min(2_000, item.balance / 4)), using: &generator)
    }

    private mutating func captureWhole(_ item: inout Case) async throws {
        let amount = amount(of: item)
        let hold = try await hold(&item, amount)
        try await capture(&item, hold, amount)
        try await refusedCapture(hold, 1, as: "hold-closed")
    }

    private mutating func captureParts(_ item: inout Case) async throws {
        let amount = amount(of: item)
        let hold = try await hold(&item, amount)
        try await capture(&item, hold, 1)
        try await refusedCapture(hold, amount, as: "exceeds-hold")
        try await capture(&item, hold, amount - 1)
    }

    private mutating func captureAndReleaseRest(_ item: inout Case) async throws {
        let amount = amount(of: item)
        let hold = try await hold(&item, amount)
        try await capture(&item, hold, 2, freeing: amount - 2)
    }

    private mutating func release(_ item: inout Case) async throws {
        let amount = amount(of: item)
        let hold = try await hold(&item, amount)
        let command = ReleaseHold(holdId: hold.holdId, merchantId: hold.merchantId)
        _ = try await desk.ask(
            command, about: hold.holdId, says: [Errand.Said(HoldReleased.self, hold.holdId)],
            orElse: ReleaseRefused.self, copies: copies())
        await desk.note { $0.release(hold.holdId, as: "released") }
        item.balance += amount
        try await refusedCapture(hold, amount, as: "hold-closed")
    }

    private mutating func holdTooMuch(_ item: Case) async throws {
        try await refusedHold(item, item.balance + 1, as: "insufficient-balance", because: "insufficient-balance")
    }

    /// Takes back a part of the last capture, and tries to take back more than is left of it.
    private mutating func takeBack(_ item: inout Case) async throws {
        if item.redemption == nil { try await captureWhole(&item) }
        guard let redemption = item.redemption, redemption.left > 0 else { return }
        let amount = Int64.random(in: 1...redemption.left, using: &generator)
        try await reverse(redemption.id, redemption.merchantId, redemption.left + 1, refusal: "exceeds-redemption")
        try await reverse(redemption.id, redemption.merchantId, amount)
        item.redemption?.left -= amount
        item.balance += amount
    }

    private mutating func reverse(
        _ redemptionId: UUID, _ merchantId: UUID, _ amount: Int64, refusal: String? = nil
    ) async throws {
        let id = generator.uuid()
        let command = ReverseRedemption(
            reversalId: id, redemptionId: redemptionId, merchantId: merchantId, amount: Money(amount, "EUR"))
        _ = try await desk.ask(
            command, about: id, says: [Errand.Said(RedemptionReversed.self, id)], orElse: ReversalRefused.self,
            refusal: refusal, copies: copies())
        if refusal == nil { await desk.note { $0.reverse(id, of: redemptionId, amount) } }
    }

    /// While a voucher is blocked nothing of it can be held, nor captured; afterwards it is as before.
    private mutating func block(_ item: inout Case) async throws {
        let (amount, voucherId) = (amount(of: item), item.voucherId)
        let hold = try await hold(&item, amount)
        _ = try await desk.ask(
            BlockVoucher(voucherId: voucherId, issuerCityId: item.city, reason: "lost"), about: voucherId,
            says: [Errand.Said(VoucherBlocked.self, voucherId)], orElse: VoucherChangeRefused.self, copies: copies())
        await desk.note { $0.vouchers[voucherId]?.status = "blocked" }
        try await refusedHold(item, 1, as: "voucher-not-usable", because: "voucher-not-active")
        try await refusedCapture(hold, amount, as: "voucher-not-usable")
        _ = try await desk.ask(
            UnblockVoucher(voucherId: voucherId, issuerCityId: item.city, reason: "found"), about: voucherId,
            says: [Errand.Said(VoucherUnblocked.self, voucherId)], orElse: VoucherChangeRefused.self, copies: copies())
        await desk.note { $0.vouchers[voucherId]?.status = "active" }
        try await capture(&item, hold, amount)
    }

    /// Moves what is left to a new code; what comes back to the old one afterwards stays there, and the old code pays nothing.
    private mutating func replace(_ item: inout Case) async throws {
        let (id, old) = (generator.uuid(), item)
        let reply = try await desk.ask(
            ReplaceVoucher(
                replacementId: id, voucherId: old.voucherId, issuerCityId: old.city, reason: "lost"),
            about: old.voucherId, says: [Errand.Said(VoucherReplaced.self, id)], orElse: VoucherChangeRefused.self,
            copies: copies())
        guard let reply else { throw Desk.NotServed(description: "replacement \(id) was refused") }
        await desk.note { $0.replace(id, old.voucherId, with: reply.voucherId) }
        (item.voucherId, item.code, item.redemption) = (reply.voucherId, reply.code, nil)
        try await refusedHold(old, 1, as: "voucher-not-usable", because: "voucher-not-active")
        if let redemption = old.redemption, redemption.left > 0 {
            try await reverse(redemption.id, redemption.merchantId, redemption.left)
        }
    }

    /// Holds the last of it for a second, and comes when the answer says that it is over.
    private mutating func letExpire(_ item: Case) async throws {
        var item = item
        let hold = try await hold(&item, amount(of: item), expiringAfter: 1)
        // Not cancelled with the clerk: what has begun is ended.
        let end = hold.expiresAt
        try await Task { try await eventually("the end of a hold") { end.map { $0 < Timestamp(Date()) } ?? true } }
            .value
        try await refusedCapture(hold, 1, as: "hold-expired")
    }
}
