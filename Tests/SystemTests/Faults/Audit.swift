import Contracts
import Foundation
import Postgres

/// Compares what the database holds with what the tills know and with what was said: who is right is the record of confirms.
struct Audit: Sendable {
    /// When redemptions may have been refused for want of merchants, because the test had wiped them.
    let wipes: [ClosedRange<Date>]
    let purchases: [Purchase]
    let confirms: [String: Int]
    let answers: [String: [TillAnswer]]
    let redemptions: [UUID: AuditRedemptions.Row]
    let refusals: [UUID: AuditRefusals.Row]
    let vouchers: [UUID: AuditVouchers.Row]
    let postings: [AuditPostings.Row]
    let redeemed: [UUID: [(entry: EventLog.Entry, event: VoucherRedeemed)]]
    let refused: [UUID: [(entry: EventLog.Entry, event: RedemptionRefused)]]

    /// Reads everything that is about the tills' vouchers; the rest is for the audit of the desk.
    static func take(
        _ system: System, _ till: Till, _ log: EventLog, wipes: [ClosedRange<Date>]
    ) async throws -> Audit {
        let connection = try await Connection.connect(to: system.database(.vouchers), name: "audit", limits: .migrating)
        let (redemptions, refusals, vouchers, postings) = try await connection.execute(
            AuditRedemptions(), AuditRefusals(), AuditVouchers(), AuditPostings())
        await connection.close()
        let (cards, purchases) = (Set(till.cards.map(\.voucherId)), await till.record)
        let wanted = Set(purchases.map(\.redemptionId))
        return Audit(
            wipes: wipes, purchases: purchases, confirms: await till.confirms, answers: await till.answers,
            redemptions: Dictionary(redemptions.filter { cards.contains($0.voucherId) }.map { ($0.redemptionId, $0) }) {
                first, _ in first
            },
            refusals: Dictionary(refusals.map { ($0.redemptionId, $0) }) { first, _ in first },
            vouchers: Dictionary(vouchers.filter { cards.contains($0.voucherId) }.map { ($0.voucherId, $0) }) {
                first, _ in first
            },
            postings: postings.touching(cards),
            redeemed: try await log.events(VoucherRedeemed.self) { $0.redemptionId }
                .mapValues { $0.filter { cards.contains($0.event.voucherId) } }.filter { !$0.value.isEmpty },
            refused: try await log.events(RedemptionRefused.self) { $0.redemptionId }
                .filter { wanted.contains($0.key) })
    }

    /// Redemptions without an outcome whose every answer was that the merchant is not known: only a wiped copy explains that.
    var waitingForMerchants: Set<UUID> {
        let open = purchases.map(\.redemptionId).filter { redemptions[$0] == nil && refusals[$0] == nil }
        return Set(open.filter { id in refused[id]?.isEmpty == false && isRetryable(id) })
    }

    /// Redemptions of which nothing is known: neither booked nor refused, not even for want of merchants.
    var withoutOutcome: Set<UUID> {
        let open = purchases.map(\.redemptionId).filter { redemptions[$0] == nil && refusals[$0] == nil }
        return Set(open.filter { refused[$0]?.isEmpty != false })
    }

    private func isRetryable(_ redemptionId: UUID) -> Bool {
        refused[redemptionId]?.allSatisfy { $0.event.code == Audit.merchantUnknown } == true
    }

    static let merchantUnknown = "merchant-unknown"

    /// How many redemptions were refused for want of merchants, and how many events came more than once.
    var counts: String {
        let early = refused.values.joined().filter { $0.event.code == Audit.merchantUnknown }.count
        let entries = redeemed.values.joined().map(\.entry) + refused.values.joined().map(\.entry)
        let copies = entries.reduce(0) { $0 + $1.copies - 1 }
        return "\(redemptions.count) redemptions, \(refusals.count) refusals, \(early) early refusals, "
            + "\(entries.count) events and \(copies) copies of them"
    }

    /// Everything that is not as it must be.
    var faults: [String] {
        effects + events + sameAnswers + ledger + serialOrder
    }

    // MARK: Effects

    /// Every confirmed command has exactly one effect, the one that it asked for; and there are no others.
    private var effects: [String] {
        var faults: [String] = []
        for purchase in purchases {
            let id = purchase.redemptionId
            for messageId in purchase.messageIds where confirms[messageId, default: 0] == 0 {
                faults.append("message \(messageId) was never confirmed")
            }
            switch (redemptions[id], refusals[id]) {
            case (nil, nil):
                faults.append(
                    "redemption \(id) was confirmed and has no effect: \(purchase.messageIds), asks \(purchase.asks), refused \((refused[id] ?? []).map(\.event.code))"
                )
            case (_?, _?): faults.append("redemption \(id) was booked and refused")
            case (let booked?, nil): faults += differences(purchase, booked)
            case (nil, let refusal?): faults += differences(purchase, refusal)
            }
        }
        let known = Set(purchases.map(\.redemptionId))
        for id in redemptions.keys where !known.contains(id) { faults.append("redemption \(id) was never asked for") }
        for id in refusals.keys where !known.contains(id) { faults.append("refusal \(id) was never asked for") }
        return faults
    }

    private func differences(_ purchase: Purchase, _ booked: AuditRedemptions.Row) -> [String] {
        guard case .card(let card) = purchase.kind else {
            return ["redemption \(purchase.redemptionId) was booked on a code that does not exist"]
        }
        let isSame =
            booked.voucherId == card.voucherId && booked.merchantId == purchase.merchantId
            && booked.amount == purchase.amount
        return isSame ? [] : ["redemption \(purchase.redemptionId) was booked as something else: \(booked)"]
    }

    private func differences(_ purchase: Purchase, _ refusal: AuditRefusals.Row) -> [String] {
        guard case .card(let card) = purchase.kind else {
            let isRight = ["code-malformed", "wrong-check-character", "voucher-unknown"].contains(refusal.reason)
            return isRight ? [] : ["redemption \(purchase.redemptionId): refused as \(refusal.reason)"]
        }
        // Balances only fall, so what was too little then is too little now.
        let left = vouchers[card.voucherId]?.balance ?? 0
        let isRight = refusal.reason == "insufficient-balance" && left < purchase.amount
        return isRight ? [] : ["redemption \(purchase.redemptionId): refused as \(refusal.reason), \(left) are left"]
    }

    // MARK: Events

    /// Every effect was said, under one id however often, with what is in the database.
    private var events: [String] {
        var faults: [String] = []
        for (id, row) in redemptions {
            let said = redeemed[id] ?? []
            if said.count != 1 { faults.append("redemption \(id) was said under \(said.count) ids") }
            for (entry, event) in said {
                let isSame =
                    event.amount == Money(row.amount, "EUR") && event.balance == Money(row.balance, "EUR")
                    && event.voucherId == row.voucherId && event.merchantId == row.merchantId
                    && entry.user == ServiceName.vouchers.rawValue
                if !isSame { faults.append("redemption \(id) was said as something else: \(event)") }
            }
        }
        for id in redeemed.keys where redemptions[id] == nil {
            faults.append("redemption \(id) was said and not booked")
        }
        for (id, row) in refusals {
            let final = (refused[id] ?? []).filter { $0.event.code != Audit.merchantUnknown }
            if final.count != 1 { faults.append("refusal \(id) (\(row.reason)) was said under \(final.count) ids") }
        }
        for (id, said) in refused where refusals[id] == nil {
            let other = said.filter { $0.event.code != Audit.merchantUnknown }
            if !other.isEmpty { faults.append("refusal \(id) (\(other[0].event.code)) was said and not recorded") }
        }
        for (entry, event) in refused.values.joined() where event.code == Audit.merchantUnknown {
            if !wipes.contains(where: { $0.contains(entry.saidAt) }) {
                faults.append("redemption \(event.redemptionId): \(event.code) at \(entry.saidAt), outside \(wipes)")
            }
        }
        return faults
    }

    // MARK: Answers

    /// Every repeated command got the same answer, and it is what the database says.
    private var sameAnswers: [String] {
        var faults: [String] = []
        for purchase in purchases where purchase.asks {
            var final: Set<TillAnswer> = []
            for messageId in purchase.messageIds {
                let answers = Set(answers[messageId] ?? [])
                if answers.count > 1 { faults.append("message \(messageId) got different answers: \(answers)") }
                if answers.isEmpty { faults.append("message \(messageId) got no answer") }
                for answer in answers {
                    if answer.code == Audit.merchantUnknown && !wipes.isEmpty { continue }
                    final.insert(answer)
                }
            }
            if final.count > 1 { faults.append("redemption \(purchase.redemptionId) got different answers: \(final)") }
            if let answer = final.first, answer.isProblem != (refusals[purchase.redemptionId] != nil) {
                faults.append("redemption \(purchase.redemptionId) was answered with \(answer.json)")
            }
        }
        return faults
    }

    // MARK: Ledger

    /// The invariants of the ledger, recomputed from the journal.
    private var ledger: [String] {
        var faults: [String] = []
        let entries = Dictionary(grouping: postings) { "\($0.cause) \($0.causeId) \($0.currency)" }
        for (entry, lines) in entries where lines.reduce(0, { $0 + $1.amount }) != 0 {
            faults.append("entry \(entry) does not sum to zero")
        }
        for (entry, lines) in entries where lines.count != 2 {
            faults.append("entry \(entry) has \(lines.count) lines")
        }
        let causes = Dictionary(grouping: postings.filter { $0.cause == "redemption" }, by: \.causeId)
        for id in redemptions.keys where causes[id] == nil { faults.append("redemption \(id) is not in the journal") }
        for id in causes.keys where redemptions[id] == nil { faults.append("the journal has redemption \(id)") }

        func sum(_ account: String) -> Int64 { postings.filter { $0.account == account }.reduce(0) { $0 + $1.amount } }
        let issued = vouchers.values.reduce(0) { $0 + $1.value }
        let spent = redemptions.values.reduce(0) { $0 + $1.amount }
        if -sum("voucher") != issued - spent { faults.append("liabilities \(-sum("voucher")), not \(issued - spent)") }
        if sum("issuer-cash") != issued { faults.append("cash \(sum("issuer-cash")), not \(issued)") }
        if -sum("merchant-payable") != spent { faults.append("payable \(-sum("merchant-payable")), not \(spent)") }

        var replayed: [UUID: Int64] = [:]
        for line in postings where line.account == "voucher" { replayed[line.ownerId, default: 0] -= line.amount }
        for (id, voucher) in vouchers {
            if voucher.balance < 0 { faults.append("voucher \(id) has \(voucher.balance)") }
            if replayed[id] != voucher.balance {
                faults.append("voucher \(id) has \(voucher.balance), the journal says \(replayed[id] ?? 0)")
            }
        }
        return faults
    }

    /// The redemptions of each voucher happened one after the other: each left what the one before had left, less itself.
    private var serialOrder: [String] {
        Dictionary(grouping: redemptions.values, by: \.voucherId).compactMap { id, rows in
            guard var left = vouchers[id]?.value else { return "voucher \(id) does not exist" }
            for row in rows.sorted(by: { $0.balance > $1.balance }) {
                left -= row.amount
                if row.balance != left {
                    return "voucher \(id): redemption \(row.redemptionId) left \(row.balance), not \(left)"
                }
            }
            return nil
        }
    }
}
