import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Thousands of random histories of issues and redemptions, in batches, against a model that a child could check: a
/// table of balances and a table of first answers.
@Suite struct HistoryTests {
    /// What a till sees of an outcome.
    private enum Answer: Equatable {
        case receipt(RedeemVoucher.Reply)
        case problem(String)
    }

    /// `#expect` at a third of the price of a decision would be most of the run.
    private static func hold(_ holds: Bool, _ what: String) {
        if !holds { Issue.record("\(what)") }
    }

    /// A service in memory: rows as a database would hold them between batches, and the model beside it.
    private struct World {
        var generator: SeededGenerator
        let cities = [UUID(), UUID()]
        /// The last is in a city that is no member.
        let merchants = (0..<4).map { _ in KnownMerchant(merchantId: UUID(), cityId: UUID()) }
        var keys: CodeKeys
        var now = Timestamp(milliseconds: 1_796_113_800_000)
        // Rows.
        var vouchers: [UUID: Voucher] = [:]
        var earlier: [UUID: EarlierRedemption] = [:]
        var journal: [LedgerEntry] = []
        // The model.
        var balances: [String: Int64] = [:]
        var answers: [UUID: Answer] = [:]
        var commands: [RedeemVoucher] = []
        var codes: [String] = []
        var issued: Int64 = 0
        var redeemed: Int64 = 0

        /// All cities have been members for ever, but for that of the last merchant.
        var rule: AcceptanceRule {
            let always = [Period(from: Day(number: 0))]
            var active = Dictionary(uniqueKeysWithValues: (cities + merchants.map(\.cityId)).map { ($0, always) })
            if let apart = merchants.last { active[apart.cityId] = [] }
            return AcceptanceRule(active: active, edges: [:])
        }

        mutating func issueSome() throws {
            var issues = Issues(cities: cities, earlier: [], keys: keys)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let value = Money(Int64.random(in: 100...5000, using: &generator), "EUR")
                let command = IssueVoucher(issueId: UUID(), issuerCityId: cities[0], value: value)
                guard case .issued(let voucher) = try issues.issue(command, at: now, using: &generator) else {
                    Issue.record("not issued")
                    continue
                }
                codes.append(voucher.code.formatted)
                balances[voucher.code.formatted] = value.amount
                issued += value.amount
            }
            for voucher in issues.changes.added { vouchers[voucher.voucherId] = voucher }
            journal += issues.changes.entries
        }

        /// A new command, or an earlier one again, sometimes with other content.
        mutating func anyCommand() -> RedeemVoucher {
            let roll = Int.random(in: 0..<10, using: &generator)
            if roll < 3, var again = commands.randomElement(using: &generator) {
                if roll == 0 { again.amount.amount += 1 }
                return again
            }
            let known = codes.randomElement(using: &generator) ?? "rubbish"
            let code = roll == 9 ? ["rubbish", "0000-0000-0000-0000"].randomElement(using: &generator) ?? "" : known
            let unknown = UUID()
            let merchantId = roll == 8 ? unknown : (merchants.randomElement(using: &generator)?.merchantId ?? unknown)
            return RedeemVoucher(
                redemptionId: UUID(), code: Secret(code), merchantId: merchantId,
                amount: Money(Int64.random(in: 1...2000, using: &generator), "EUR"))
        }

        /// What the model says: the first answer again, or the rules applied to a table of balances.
        mutating func expected(_ command: RedeemVoucher) -> Answer? {
            if let first = commands.first(where: { $0.redemptionId == command.redemptionId }),
                let answer = answers[command.redemptionId]
            {
                return first.amount == command.amount ? answer : .problem("redemption-differs")
            }
            if balances[command.code.revealed] == nil, command.code.revealed != "0000-0000-0000-0000" {
                return .problem("voucher-not-usable")
            }
            if !merchants.contains(where: { $0.merchantId == command.merchantId }) {
                return .problem("merchant-unknown")
            }
            guard let balance = balances[command.code.revealed] else { return .problem("voucher-not-usable") }
            if command.merchantId == merchants.last?.merchantId { return .problem("not-accepted-here") }
            return balance < command.amount.amount ? .problem("insufficient-balance") : nil
        }

        mutating func redeemSome() throws {
            let batch = (0..<Int.random(in: 1...8, using: &generator)).map { _ in anyCommand() }
            let requests = batch.map { RedemptionRequest($0, keys: keys) }
            let lookups = Set(requests.flatMap(\.lookups))
            let ids = Set(batch.map(\.redemptionId))
            var redemptions = Redemptions(
                vouchers: vouchers.values.filter { lookups.contains($0.lookup) },
                earlier: earlier.values.filter { ids.contains($0.redemptionId) }, merchants: merchants,
                rule: rule)
            for (command, request) in zip(batch, requests) {
                try decide(command, request, &redemptions)
            }
            write(redemptions.changes)
        }

        private mutating func decide(
            _ command: RedeemVoucher, _ request: RedemptionRequest, _ redemptions: inout Redemptions
        ) throws {
            let expected = expected(command)
            let answer: Answer
            switch try redemptions.redeem(request, at: now) {
            case .redeemed(let redemption):
                answer = .receipt(redemption.reply)
                hold(expected == nil, "the model refuses what was redeemed")
                balances[command.code.revealed, default: 0] -= command.amount.amount
                redeemed += command.amount.amount
                hold(redemption.balance.amount == balances[command.code.revealed], "the balance differs")
            case .repeated(.redeemed(let redemption)):
                answer = .receipt(redemption.reply)
                hold(expected == answer, "the answer differs")
            case .repeated(.refused(let reason)):
                answer = .problem(reason.problem.code)
                hold(expected == answer, "the answer differs")
            case .refused(let refusal):
                answer = .problem(refusal.reason.problem.code)
                hold(expected == answer, "the answer differs")
            }
            let isOutcome = answer != .problem("merchant-unknown") && answer != .problem("redemption-differs")
            if isOutcome, answers[command.redemptionId] == nil {
                answers[command.redemptionId] = answer
                commands.append(command)
            }
        }

        private mutating func write(_ changes: Redemptions.Changes) {
            for voucher in changes.book.changed { vouchers[voucher.voucherId] = voucher }
            for redemption in changes.redemptions {
                hold(earlier[redemption.redemptionId] == nil, "inserted twice")
                earlier[redemption.redemptionId] = EarlierRedemption(
                    redemptionId: redemption.redemptionId, content: redemption.content, outcome: .redeemed(redemption))
            }
            for refusal in changes.refusals {
                hold(earlier[refusal.redemptionId] == nil, "inserted twice")
                earlier[refusal.redemptionId] = EarlierRedemption(
                    redemptionId: refusal.redemptionId, content: refusal.content, outcome: .refused(refusal.reason))
            }
            journal += changes.book.entries
            hold(
                changes.book.changed.map(\.voucherId) == changes.book.changed.map(\.voucherId).sorted(),
                "vouchers out of order"
            )
            hold(
                changes.redemptions.map(\.redemptionId) == changes.redemptions.map(\.redemptionId).sorted(),
                "redemptions out of order")
        }

        /// The ledger's invariants, replayed from the journal.
        func check() {
            var sums: [Account: Int64] = [:]
            for posting in journal.flatMap(\.postings) { sums[posting.account, default: 0] += posting.amount }
            hold(sums.values.reduce(0, +) == 0, "the ledger does not sum to zero")
            hold(Set(journal.map(\.cause)).count == journal.count, "booked twice")
            for voucher in vouchers.values {
                hold(voucher.balance >= 0 && voucher.balance <= voucher.value, "a balance out of bounds")
                hold(sums[.voucher(voucher.voucherId)] == -voucher.balance, "a balance differs from its postings")
            }
            func total(_ kind: Account.Kind) -> Int64 {
                sums.filter { $0.key.kind == kind }.values.reduce(0, +)
            }
            hold(-total(.voucher) == issued - redeemed, "liabilities are not issued less redeemed")
            hold(total(.issuerCash) == issued, "cash is not what was issued")
            hold(-total(.merchantPayable) == redeemed, "payables are not what was redeemed")
            hold(
                vouchers.values.map(\.balance).reduce(0, +) == issued - redeemed,
                "balances are not issued less redeemed")
        }
    }

    /// 500 histories of about 50 commands; in a debug build the hashing alone is most of their time.
    @Test(arguments: 0..<25)
    func everyHistoryKeepsTheInvariants(block: UInt64) throws {
        func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
        for seed in block * 20..<(block + 1) * 20 {
            var world = World(generator: SeededGenerator(seed: seed), keys: try CodeKeys([(1, key(1))]))
            for step in 0..<12 {
                // The key is rotated in the middle; the older stays live.
                if step == 6 { world.keys = try CodeKeys([(2, key(2)), (1, key(1))]) }
                if step % 4 == 0 { try world.issueSome() }
                try world.redeemSome()
                world.now = Timestamp(milliseconds: world.now.milliseconds + 1000)
            }
            world.check()
            #expect(world.redeemed > 0 || world.journal.count < 8, "seed \(seed) redeems nothing")
        }
    }
}
