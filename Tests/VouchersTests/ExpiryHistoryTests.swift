import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Random histories over years: issues under programmes, redemptions, exchanges, and the ends of vouchers, against a table of what
/// each code is worth.
@Suite struct ExpiryHistoryTests {
    /// What the model knows of a code.
    private struct Worth {
        var money: Int64
        var validUntil: Day?
        var lapsesAfter: Day?
        var isGone = false
    }

    private struct World {
        var generator: SeededGenerator
        let keys: CodeKeys
        let city = UUID()
        let merchant = KnownMerchant(merchantId: UUID(), cityId: UUID())
        let programmes: [Terms]
        var now = Timestamp(milliseconds: 1_796_113_800_000)
        // Rows.
        var vouchers: [UUID: Voucher] = [:]
        var journal: [LedgerEntry] = []
        // The model.
        var worth: [String: Worth] = [:]
        var codes: [String] = []
        var (issued, redeemed, lapsed): (Int64, Int64, Int64) = (0, 0, 0)
        var (exchanges, refusals) = (0, 0)

        init(seed: UInt64, keys: CodeKeys) {
            generator = SeededGenerator(seed: seed)
            self.keys = keys
            let city = self.city
            let shapes: [(months: Int?, years: Int?)] = [(1, 1), (6, nil), (nil, 1), (14, 1)]
            programmes = shapes.map { months, years in
                Terms(
                    termsId: UUID(), programmeId: UUID(), issuerCityId: city, number: 1,
                    promise: ProgrammeTerms(
                        currency: "EUR", openAmounts: AmountRange(from: 100, to: 5_000),
                        validity: months.map { PrintedValidity(months: $0) }),
                    limitationYears: years)
            }
        }

        var today: Day { Day(of: now) }

        func hold(_ holds: Bool, _ what: String) {
            if !holds { Issue.record("\(what) on \(today)") }
        }

        mutating func write(_ changes: VoucherBook.Changes) {
            for voucher in changes.added + changes.changed { vouchers[voucher.voucherId] = voucher }
            journal += changes.entries
        }

        mutating func issue() throws {
            let terms = Bool.random(using: &generator) ? programmes.randomElement(using: &generator) : nil
            let value = Money(Int64.random(in: 100...5_000, using: &generator), "EUR")
            let command = IssueVoucher(
                issueId: UUID(), issuerCityId: city, value: value, programmeId: terms?.programmeId)
            var issues = Issues(cities: [city], earlier: [], keys: keys, terms: programmes)
            guard case .issued(let voucher) = try issues.issue(command, at: now, using: &generator) else {
                return hold(false, "not issued")
            }
            write(issues.changes)
            let validUntil = terms?.promise.validity.map { today.adding(months: $0.months) }
            let years = terms?.limitationYears.map { today.adding(months: 12 * $0) }
            worth[voucher.code.formatted] = Worth(
                money: value.amount, validUntil: validUntil, lapsesAfter: years.map { max($0, validUntil ?? $0) })
            codes.append(voucher.code.formatted)
            issued += value.amount
        }

        mutating func redeem(_ code: String) throws {
            let always = [Period(from: Day(number: 0))]
            let rule = AcceptanceRule(active: [city: always, merchant.cityId: always], edges: [:])
            let amount = Int64.random(in: 1...1_500, using: &generator)
            let command = RedeemVoucher(
                redemptionId: UUID(), code: Secret(code), merchantId: merchant.merchantId,
                amount: Money(amount, "EUR"))
            var redemptions = Redemptions(
                vouchers: Array(vouchers.values), earlier: [], merchants: [merchant], rule: rule)
            let decision = try redemptions.redeem(RedemptionRequest(command, keys: keys), at: now)
            write(redemptions.changes.book)
            let known = worth[code] ?? Worth(money: 0, isGone: true)
            let isGood = !known.isGone && known.money >= amount && known.validUntil.map { today <= $0 } ?? true
            if case .redeemed = decision {
                hold(isGood, "redeemed what the model refuses")
                worth[code]?.money -= amount
                redeemed += amount
            } else {
                hold(!isGood, "refused what the model redeems")
            }
        }

        mutating func exchange(_ code: String) throws {
            let command = ExchangeVoucher(exchangeId: UUID(), issuerCityId: city, code: Secret(code))
            var decisions = Exchanges(
                vouchers: Array(vouchers.values), terms: programmes, earlier: [], keys: keys)
            let decision = try decisions.exchange(ExchangeRequest(command, keys: keys), at: now, using: &generator)
            write(decisions.changes)
            let known = worth[code] ?? Worth(money: 0, isGone: true)
            let isGood =
                !known.isGone && known.money > 0 && known.validUntil.map { $0 < today } ?? false
                && known.lapsesAfter.map { today <= $0 } ?? true
            guard case .exchanged(let result) = decision else {
                refusals += 1
                return hold(!isGood, "refused what the model exchanges")
            }
            hold(isGood && result.value.amount == known.money, "exchanged what the model refuses")
            exchanges += 1
            worth[code]?.isGone = true
            worth[result.code.formatted] = Worth(
                money: known.money, validUntil: result.reply.validUntil, lapsesAfter: known.lapsesAfter)
            hold(result.reply.validUntil.map { today <= $0 } ?? false, "a new voucher that is expired")
            codes.append(result.code.formatted)
        }

        /// What the jobs do: they take what their statements find.
        mutating func end() throws {
            var endings = Endings(Array(vouchers.values), at: now)
            for voucher in vouchers.values.sorted(by: { $0.voucherId < $1.voucherId }) {
                _ = endings.expire(voucher.voucherId)
                _ = try endings.lapse(voucher.voucherId, as: UUID.version7(at: now, using: &generator))
            }
            write(endings.changes)
            for (code, known) in worth where known.lapsesAfter.map({ $0 < today }) ?? false {
                if !known.isGone { lapsed += known.money }
                worth[code]?.isGone = true
            }
        }

        func check() {
            var sums: [Account: Int64] = [:]
            for posting in journal.flatMap(\.postings) { sums[posting.account, default: 0] += posting.amount }
            func total(_ kind: Account.Kind) -> Int64 {
                sums.filter { $0.key.kind == kind }.values.reduce(0, +)
            }
            hold(sums.values.reduce(0, +) == 0, "the ledger does not sum to zero")
            hold(Set(journal.map(\.cause)).count == journal.count, "booked twice")
            hold(-total(.voucher) == issued - redeemed - lapsed, "liabilities are not what is left")
            hold(-total(.expired) == lapsed, "what lapsed is not the city's")
            for voucher in vouchers.values {
                hold(sums[.voucher(voucher.voucherId)] ?? 0 == -voucher.balance, "a balance differs from its postings")
            }
            let live = worth.values.filter { !$0.isGone }.reduce(0) { $0 + $1.money }
            hold(live == issued - redeemed - lapsed, "the model's codes are worth something else")
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func everyHistoryKeepsTheInvariants(seed: UInt64) throws {
        let keys = try CodeKeys([(1, [UInt8](repeating: 1, count: 32))])
        var world = World(seed: seed, keys: keys)
        for _ in 0..<150 {
            let code = world.codes.randomElement(using: &world.generator) ?? "rubbish"
            switch Int.random(in: 0..<10, using: &world.generator) {
            case 0..<3: try world.issue()
            case 3..<5: try world.redeem(code)
            case 5..<8: try world.exchange(code)
            default: try world.end()
            }
            let days = Int64.random(in: 0...12, using: &world.generator)
            world.now = Timestamp(milliseconds: world.now.milliseconds + days * 86_400_000)
        }
        try world.end()
        world.check()
        #expect(world.exchanges > 0 && world.refusals > 0 && world.lapsed > 0, "seed \(seed) ends nothing")
    }
}
