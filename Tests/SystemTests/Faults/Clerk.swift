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
        turn = number * 3
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
            switch turn % 12 {
            case 0: try await captureWhole(&item)
            case 1: try await captureParts(&item)
            case 2: try await release(&item)
            case 3: try await takeBack(&item)
            case 4: try await block(&item)
            case 5: try await holdTooMuch(item)
            case 6: try await replace(&item)
            case 7: try await refund()
            case 8: try await cancel()
            case 9: try await exchange()
            case 10: try await sellStock()
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

    /// Sells a voucher; one of the programme of the shelf is issued by the first city.
    private mutating func issue(under programmeId: UUID? = nil) async throws -> Case {
        let place = programmeId == nil ? Int.random(in: 0...1, using: &generator) : 0
        let (id, city) = (generator.uuid(), desk.shop.cities[place])
        let value = Int64.random(in: 10_000...90_000, using: &generator)
        let command = IssueVoucher(
            issueId: id, issuerCityId: city, value: Money(value, "EUR"), programmeId: programmeId,
            payment: programmeId.map { _ in .cash })
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

    // MARK: Ends of a voucher

    /// Sells a voucher, spends some of it, and pays out what is left; a second time there is nothing.
    private mutating func refund() async throws {
        guard let programmeId = await desk.cashProgramme else { return }
        var item = try await issue(under: programmeId)
        try await captureWhole(&item)
        let (id, voucherId) = (generator.uuid(), item.voucherId)
        _ = try await desk.ask(
            RefundVoucher(refundId: id, voucherId: voucherId, issuerCityId: item.city, reason: "moves away"),
            about: voucherId, says: [Errand.Said(VoucherRefunded.self, id)], orElse: VoucherChangeRefused.self,
            copies: copies())
        let city = item.city
        await desk.note { $0.refund(id, of: voucherId, in: city) }
        item.balance = 0
        _ = try await desk.ask(
            RefundVoucher(
                refundId: generator.uuid(), voucherId: voucherId, issuerCityId: item.city, reason: "once more"),
            about: voucherId, says: [], orElse: VoucherChangeRefused.self, refusal: "nothing-left", copies: copies())
        try await holdTooMuch(item)
    }

    /// Sells a voucher and takes it back; its code pays nothing from then on.
    private mutating func cancel() async throws {
        let item = try await issue()
        let (id, voucherId) = (generator.uuid(), item.voucherId)
        _ = try await desk.ask(
            CancelVoucher(cancellationId: id, voucherId: voucherId, issuerCityId: item.city, reason: "bought twice"),
            about: voucherId, says: [Errand.Said(VoucherCancelled.self, id)], orElse: VoucherChangeRefused.self,
            copies: copies())
        await desk.note { $0.cancel(id, of: voucherId, in: item.city) }
        try await refusedHold(item, 1, as: "voucher-not-usable", because: "voucher-not-active")
        _ = try await desk.ask(
            CancelVoucher(
                cancellationId: generator.uuid(), voucherId: voucherId, issuerCityId: item.city, reason: "once more"),
            about: voucherId, says: [], orElse: VoucherChangeRefused.self, refusal: "voucher-ended", copies: copies())
    }

    /// Exchanges a voucher that is past its validity, and spends some of the new one; the old code pays nothing.
    private mutating func exchange() async throws {
        guard let expired = await desk.takeExpired() else { return }
        let (id, city) = (generator.uuid(), desk.shop.cities[0])
        let reply = try await desk.ask(
            ExchangeVoucher(exchangeId: id, issuerCityId: city, code: expired.code), about: id,
            says: [Errand.Said(VoucherExchanged.self, id)], orElse: ExchangeRefused.self, copies: copies())
        guard let reply else { throw Desk.NotServed(description: "exchange \(id) was refused") }
        await desk.note { $0.exchange(id, expired.voucherId, for: reply.newVoucherId) }
        let old = Case(voucherId: expired.voucherId, code: expired.code, city: city, balance: 0, redemption: nil)
        try await refusedHold(old, 1, as: "voucher-not-usable", because: "voucher-expired")
        var new = Case(
            voucherId: reply.newVoucherId, code: reply.code, city: city, balance: expired.value, redemption: nil)
        try await captureAndReleaseRest(&new)
    }

    /// Sells some of the printed stock; what is sold cannot be sold again.
    private mutating func sellStock() async throws {
        guard let serials = await desk.takeSerials(Int.random(in: 1...9, using: &generator)) else { return }
        let (id, again, city) = (generator.uuid(), generator.uuid(), desk.shop.cities[0])
        _ = try await desk.ask(
            ActivateStock(saleId: id, issuerCityId: city, serials: serials, payment: .cash), about: id,
            says: [Errand.Said(StockActivated.self, id)], orElse: StockRefused.self, copies: copies())
        await desk.sell(id, serials)
        _ = try await desk.ask(
            ActivateStock(saleId: again, issuerCityId: city, serials: serials, payment: .cash), about: again, says: [],
            orElse: StockRefused.self, refusal: "stock-not-available", copies: copies())
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
