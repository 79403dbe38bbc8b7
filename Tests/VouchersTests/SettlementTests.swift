import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Runs on a real database: what they take in, what they book, what they pay.
@Suite(.timeLimit(.minutes(3)))
struct SettlementTests {
    private static let today = Day(of: Timestamp(Date()))
    /// A month that is over, and the one behind it.
    private static let may = Period(from: today.advanced(by: -70), until: today.advanced(by: -40))
    private static let june = Period(from: today.advanced(by: -40), until: today.advanced(by: -10))

    private static func noon(_ period: Period, _ day: Int) -> Date {
        period.from.advanced(by: day).start.date.addingTimeInterval(12 * 3_600)
    }

    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let run = SettlementRun(runId: UUID(), period: Self.may, state: .prepared)
            let query = GetStatement(runId: UUID(), merchantId: UUID(), currency: "EUR")
            let file = GetPaymentFile(runId: UUID(), cityId: UUID(), currency: "EUR", format: .csv)
            let payout = Payout(
                payoutId: UUID(), runId: UUID(), kind: .merchant, debtorCityId: UUID(), creditorId: UUID(),
                creditorName: "x", ibanMasked: nil, amount: Money(1, "EUR"), endToEndId: "x", state: .open)
            let account = CityAccount(cityId: UUID(), name: "x", ibanMask: "x", sealedParty: [], version: 1)
            let statements: [any Statement] = [
                LockRuns(ids: []), TakeRunInWork(), ReadRun(runId: UUID()), ReadRuns(max: 1),
                WriteRun(run: run, now: Date()), MoveRun(runId: UUID(), state: .closing),
                AssignRedemptions(run: run, max: 1),
                AssignReversals(run: run, max: 1), AssignCarries(runId: UUID()), SumMerchants(run: run),
                SumIssuedElsewhere(runId: UUID()), DeleteStatements(runId: UUID()), DeletePairs(runId: UUID()),
                WriteStatements(runId: UUID(), statements: []), WritePairs(runId: UUID(), pairs: []),
                FindObstacles(runId: UUID(), max: 1), FreezeDebtors(runId: UUID()),
                ReadUnbookedStatements(runId: UUID(), max: 1), ReadUnbookedPairs(runId: UUID(), max: 1),
                ReadPairs(runId: UUID()), ReadCityCreditors(), MarkStatementsBooked([]), MarkPairsBooked([]),
                WriteStatementCarries(carries: []), SumStatements(runId: UUID()), ReadStatements(runId: UUID(), max: 1),
                ReadStatement(runId: UUID(), merchantId: UUID(), currency: "EUR"), ReadLines(query: query, max: 1),
                LockCityAccounts(ids: []), WriteCityAccount(account: account), WriteMerchantAccounts(accounts: []),
                WritePayouts(runId: UUID(), payouts: []), LockPayouts(ids: []),
                ReadPayouts(query: FindPayouts(runId: UUID()), max: 1), ReadPayoutParties(query: file, part: 1, max: 1),
                ReadDebtors(runId: UUID()), ReadDebtorParty(runId: UUID(), cityId: UUID()),
                MarkConfirmed(ids: [], paidOn: Self.today), MarkReturned(payout: payout, bankReason: "x"),
                WriteReturnCarry(payout: payout),
            ]
            let mistakes = try await shop.bench.mistakes(in: statements)
            #expect(mistakes == [])
        }
    }

    @Test func aMonthIsPreparedClosedAndPaid() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let (styria, slovenia) = (street.towns[0], street.towns[1])
            let voucher = try await street.issued(100_000, by: 0)
            let other = try await street.issued(50_000, by: 1)
            // 300.00 of Styria's in Slovenia at a shop with 1.75 %, 100.00 of Slovenia's in Styria without a fee.
            let first = try await street.spend(voucher, 30_000, at: slovenia.merchants[1], on: Self.noon(Self.may, 3))
            try await street.spend(other, 10_000, at: styria.merchants[0], on: Self.noon(Self.may, 4))
            try await street.takeBack(first, 5_000, on: Self.noon(Self.may, 5))
            // Not of this month.
            try await street.spend(voucher, 700, at: slovenia.merchants[1], on: Self.noon(Self.june, 0))

            let run = UUID()
            #expect(try await street.prepare(run, Self.may).reply(to: PrepareSettlement.self).state == .preparing)
            let prepared = try await street.work()
            let event = try #require(try prepared.flatMap { try $0.events(SettlementPrepared.self) }.first)
            #expect(event.totals.first?.redeemed == 40_000 && event.totals.first?.reversed == 5_000)
            let asked = try prepared.flatMap { try $0.commands(AskMerchantAccounts.self) }
            #expect(Set(asked.flatMap(\.merchantIds)) == [slovenia.merchants[1], styria.merchants[0]])

            // The registry has not answered.
            #expect(try await street.close(run).problem()?.code == "settlement-obstructed")
            #expect(
                try await street.settlement(run).obstacles.map(\.code)
                    == Array(repeating: "merchant-account-unasked", count: 2))
            try await street.answer(asked)
            let closing = try await street.close(run)
            #expect(try closing.events(SettlementClosing.self).count == 1)
            let closed = try await street.work(undone: 1)
            #expect(try closed.flatMap { try $0.events(SettlementClosed.self) }.count == 1)
            #expect(try await street.close(run).reply(to: CloseSettlement.self).state == .closed)

            let statements = try await street.bench.ask(
                ListStatements(), FindStatements(runId: run, cityId: slovenia.cityId))
            let statement = try #require(statements.statements.first)
            // 1.75 % of 250.00 is 4.375; 22 % of 4.38 is 0.9636.
            #expect(statement.fee == 438 && statement.feeVAT == 96 && statement.feeVATBasisPoints == 2_200)
            #expect(statement.due == 25_000 - 438 - 96 && statement.outcome == .payout)
            let settlement = try await street.settlement(run)
            let pair = try #require(settlement.pairs.first)
            #expect(settlement.pairs.count == 1 && Set([pair.owes, pair.isOwed]) == [25_000, 10_000])
            try await pay(street, run, settlement, statement)
        }
    }

    /// Styria pays its shop and 150.00 to Slovenia, which pays its own.
    private func pay(
        _ street: Street, _ run: UUID, _ settlement: GetSettlement.Reply, _ statement: MerchantStatement
    ) async throws {
        let (styria, slovenia) = (street.towns[0], street.towns[1])
        let sums = Dictionary(settlement.debtors.map { ($0.cityId, $0.sum) }) { first, _ in first }
        #expect(sums == [styria.cityId: 10_000 + 15_000, slovenia.cityId: statement.due])
        for town in [styria, slovenia] {
            let file = try await street.file(run, town.cityId)
            #expect(file.sum == sums[town.cityId] && file.parts == 1)
            #expect(try await Schema.complaints(about: file.content.revealed) == [])
            #expect(try await street.file(run, town.cityId) == file, "the same bytes each time")
            #expect(file.content.revealed.contains("Orseg + S"))
        }
        let payouts = try await street.bench.ask(ListPayouts(), FindPayouts(runId: run)).payouts
        #expect(payouts.count == 3 && payouts.allSatisfy { $0.ibanMasked?.contains("****") == true })
        for town in [styria, slovenia] {
            let ids = payouts.filter { $0.debtorCityId == town.cityId }.map(\.payoutId)
            let confirm = ConfirmPayouts(cityId: town.cityId, payoutIds: ids, paidOn: Self.today)
            let confirmed = try await street.bench.run(ConfirmArrivedPayouts(), [confirm, confirm])
            #expect(try confirmed.reply(0, to: ConfirmPayouts.self) == .init(confirmed: ids.count, unchanged: 0))
            #expect(try confirmed.reply(1, to: ConfirmPayouts.self) == .init(confirmed: 0, unchanged: ids.count))
            #expect(try confirmed.events(PayoutsConfirmed.self).count == 1)
        }
        let ledger = try await street.shop.ledger()
        #expect(ledger.balanced)
        func sum(_ account: String) -> Int64 { ledger.lines.first { $0.account == account }?.sum ?? 0 }
        #expect(sum("merchant-paid") == 0 && sum("clearing") == 0 && sum("merchant-payable") == -700)
        #expect(sum("fees") == -438 && sum("fee-vat") == -96)
        // What was sold less what was paid to shops is owed to holders, to a shop, or kept as fee.
        #expect(sum("issuer-cash") == 150_000 - 10_000 - statement.due)
        // Somebody else's payments look as if they were not there.
        let strange = ConfirmPayouts(
            cityId: styria.cityId, payoutIds: payouts.filter { $0.debtorCityId != styria.cityId }.map(\.payoutId),
            paidOn: Self.today)
        #expect(try await street.bench.run(ConfirmArrivedPayouts(), [strange]).problem()?.code == "payout-unknown")
        let audit = try await street.bench.audit(of: VouchersService.self)
        #expect(
            Set(audit.map(\.eventType)).isSuperset(of: [
                SettlementClosing.type.description, PayoutsConfirmed.type.description,
            ]))
    }

    @Test func nothingIsSummedUpWhileTheCopyOfTheMerchantsIsNotWhole() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let voucher = try await street.issued(100_000, by: 0)
            try await street.spend(voucher, 30_000, at: street.towns[1].merchants[1], on: Self.noon(Self.may, 3))
            let connection = try await Connection.connect(to: street.bench.address, name: "copy")
            try await connection.runScript(
                """
                CREATE TABLE aside AS SELECT * FROM merchant;
                DELETE FROM merchant;
                INSERT INTO copy (name) VALUES ('merchants') ON CONFLICT (name) DO UPDATE SET completed_at = NULL
                """)
            _ = try await street.prepare(UUID(), Self.may)
            let early = try await street.work().flatMap { try $0.events(SettlementPrepared.self) }
            #expect(early.isEmpty, "nobody is told of a run without the fees")
            try await connection.runScript(
                """
                INSERT INTO merchant SELECT * FROM aside;
                UPDATE copy SET completed_at = now() WHERE name = 'merchants'
                """)
            await connection.close()
            let prepared = try await street.work().flatMap { try $0.events(SettlementPrepared.self) }
            let totals = try #require(prepared.last?.totals.first)
            #expect(totals.redeemed == 30_000 && totals.fees == 525)
        }
    }

    @Test func aClosedRunNeverChanges() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let voucher = try await street.issued(10_000, by: 0)
            let redemption = try await street.spend(
                voucher, 4_000, at: street.towns[1].merchants[0], on: Self.noon(Self.may, 1))
            let run = UUID()
            _ = try await street.prepare(run, Self.may)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            _ = try await street.close(run)
            _ = try await street.work()
            #expect(try await street.prepare(run, Self.may).problem()?.code == "settlement-closed")
            #expect(try await street.prepare(UUID(), Self.may).problem()?.code == "period-gap")
            for attempt in [
                "UPDATE settlement_run SET state = 'prepared', closed_at = NULL", "DELETE FROM settlement_run",
                "UPDATE settlement_line SET amount = 1", "DELETE FROM settlement_line",
                "UPDATE settlement_statement SET due = due, fee = fee", "DELETE FROM settlement_statement",
                "DELETE FROM settlement_pair", "UPDATE settlement_pair SET owes = 0", "DELETE FROM payout",
                "UPDATE payout SET amount = 1", "UPDATE payout SET creditor_name = 'me'",
                "DELETE FROM settlement_debtor",
                "INSERT INTO settlement_debtor SELECT run_id, gen_random_uuid(), '' FROM settlement_run",
                """
                INSERT INTO settlement_line SELECT kind, gen_random_uuid(), run_id, merchant_id, city_id, issuer_city_id,
                    currency, amount, happened_at FROM settlement_line
                """,
            ] {
                await #expect(throws: PostgresError.self, "\(attempt)") {
                    try await street.bench.database.withConnection { try await $0.runScript(attempt) }
                }
            }
            // What is taken back after the payment is taken off the next: never a negative payment.
            let second = try await street.spend(
                voucher, 500, at: street.towns[1].merchants[0], on: Self.noon(Self.june, 1))
            try await street.takeBack(redemption, 4_000, on: Self.noon(Self.june, 2))
            let next = UUID()
            _ = try await street.prepare(next, Self.june)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            _ = try await street.close(next)
            _ = try await street.work()
            let statement = try #require(
                try await street.bench.ask(ListStatements(), FindStatements(runId: next)).statements.first)
            #expect(statement.due == -3_500 && statement.outcome == .carriedNegative && statement.payoutId == nil)
            let lines = try await street.bench.ask(
                GetStatementLines(),
                GetStatement(runId: next, merchantId: statement.merchantId, currency: "EUR", limit: 1))
            #expect(lines.lines.map(\.id) == [second] && lines.next == second)
            // The other way round now: Slovenia has been paid 40.00 too much.
            let payouts = try await street.bench.ask(ListPayouts(), FindPayouts(runId: next)).payouts
            #expect(payouts.map(\.kind) == [.clearing] && payouts.first?.amount == Money(3_500, "EUR"))
            #expect(payouts.first?.debtorCityId == street.towns[1].cityId)
            #expect(try await street.shop.ledger().balanced)
        }
    }

    @Test func whatABankSendsBackIsOwedAgain() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let town = street.towns[0]
            let voucher = try await street.issued(10_000, by: 0)
            try await street.spend(voucher, 4_000, at: town.merchants[0], on: Self.noon(Self.may, 1))
            try await street.spend(voucher, 1_000, at: town.merchants[1], on: Self.noon(Self.may, 1))
            let run = UUID()
            _ = try await street.prepare(run, Self.may)
            let asked = try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) }
            try await street.answer(asked, without: [town.merchants[1]])
            _ = try await street.close(run)
            _ = try await street.work()
            let payouts = try await street.bench.ask(ListPayouts(), FindPayouts(runId: run)).payouts
            let payout = try #require(payouts.first)
            #expect(payouts.count == 1, "a shop without an account waits")
            _ = try await street.bench.run(
                ConfirmArrivedPayouts(),
                [ConfirmPayouts(cityId: town.cityId, payoutIds: [payout.payoutId], paidOn: Self.today)])
            var back = ReturnPayout(cityId: town.cityId, payoutId: payout.payoutId, bankReason: "AC04 account closed")
            let returned = try await street.bench.run(ReturnPayouts(), [back, back])
            #expect(try returned.events(PayoutReturned.self).count == 1 && returned.problem(1) == nil)
            back.bankReason = "AM04"
            #expect(try await street.bench.run(ReturnPayouts(), [back]).problem()?.code == "return-differs")
            let confirm = ConfirmPayouts(cityId: town.cityId, payoutIds: [payout.payoutId], paidOn: Self.today)
            #expect(try await street.bench.run(ConfirmArrivedPayouts(), [confirm]).problem()?.code == "payout-returned")

            let next = UUID()
            _ = try await street.prepare(next, Self.june)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            _ = try await street.close(next)
            _ = try await street.work()
            let again = try await street.bench.ask(ListPayouts(), FindPayouts(runId: next)).payouts
            // 10.00 less 1.75 % and 20 % of that.
            let amounts: [Int64] = again.map(\.amount.amount).sorted()
            #expect(amounts == [1_000 - 18 - 4, 4_000])
            #expect(try await street.shop.ledger().balanced)
        }
    }

    @Test func hungarianMoneyIsListedForPeople() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let voucher = try await street.issued(1_000_000, by: 2, "HUF")
            try await street.spend(voucher, 250_000, at: street.towns[2].merchants[0], on: Self.noon(Self.may, 1))
            let run = UUID()
            _ = try await street.prepare(run, Self.may)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            _ = try await street.close(run)
            _ = try await street.work()
            let city = street.towns[2].cityId
            await #expect(throws: Problem.self) { try await street.file(run, city, "HUF") }
            let file = try await street.file(run, city, "HUF", .csv)
            #expect(file.content.revealed.contains("HU42117730161111101800000000,2500.00,HUF"))
            #expect(!"\(file)".contains("HU42"), "a number shows nowhere but in the file")
            let csv = try await street.bench.ask(TellStatementFile(), GetStatementFile(runId: run, cityId: city))
            #expect(csv.csv.contains(",HUF,1,2500.00,0,0.00,0,0.00,2700,0.00,0.00,2500.00,payout,"))
        }
    }

    @Test func anUnknownRateHoldsARunBack() async throws {
        try await Street.open { street in
            let voucher = try await street.issued(10_000, by: 1)
            try await street.spend(voucher, 4_000, at: street.towns[1].merchants[1], on: Self.noon(Self.may, 1))
            let run = UUID()
            _ = try await street.prepare(run, Self.may)
            try await street.answer(try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) })
            #expect(
                try await street.settlement(run).obstacles.map(\.code) == ["city-account-missing", "fee-vat-unknown"])
            _ = try await street.setRate("SI", 2_200, from: Self.may.from)
            _ = try await street.prepare(run, Self.may)
            _ = try await street.work()
            #expect(try await street.settlement(run).obstacles.map(\.code) == ["city-account-missing"])
            #expect(try await street.settlement(run).totals.map(\.feeVAT) == [15])
        }
    }

    /// Months of random spending, taking back, closing, paying and returning, with every piece of work lost at times.
    @Test func everyRedemptionIsInOneRunWhateverCrashesWhen() async throws {
        try await Street.open { street in
            try await street.setAccounts()
            var generator = SeededGenerator()
            var vouchers: [IssueVoucher.Reply] = []
            for town in [0, 1, 2, 0, 1] { vouchers.append(try await street.issued(500_000, by: town)) }
            vouchers.append(try await street.issued(900_000, by: 2, "HUF"))
            var spent: [(id: UUID, left: Int64)] = []
            for (number, start) in [-130, -100, -70, -40].enumerated() {
                let period = Period(from: Self.today.advanced(by: start), until: Self.today.advanced(by: start + 30))
                let run = UUID()
                for half in 0..<2 {
                    for _ in 0..<12 {
                        let time = Self.noon(period, .random(in: 0..<30, using: &generator))
                        if Int.random(in: 0..<4, using: &generator) == 0,
                            let index = spent.indices.randomElement(using: &generator), spent[index].left > 0
                        {
                            let amount = Int64.random(in: 1...spent[index].left, using: &generator)
                            try await street.takeBack(spent[index].id, amount, on: time)
                            spent[index].left -= amount
                        } else if let voucher = vouchers.randomElement(using: &generator),
                            let merchant = street.merchants.randomElement(using: &generator)
                        {
                            let amount = Int64.random(in: 1...5_000, using: &generator)
                            spent.append((try await street.spend(voucher, amount, at: merchant, on: time), amount))
                        }
                    }
                    _ = try await street.prepare(run, period)
                    let asked = try await street.work(undone: half).flatMap {
                        try $0.commands(AskMerchantAccounts.self)
                    }
                    let without = Bool.random(using: &generator) ? Set(street.merchants.prefix(1)) : []
                    try await street.answer(asked, without: without)
                }
                #expect(try await street.close(run).problem() == nil)
                _ = try await street.work(undone: number % 3)
                try await check(street, run)
                try await settlePayouts(street, run, &generator)
                #expect(try await street.shop.ledger().balanced)
            }
        }
    }

    private func check(_ street: Street, _ run: UUID) async throws {
        let count = try #require(try await street.bench.database.execute(CountLines()).first)
        #expect(count.lines == count.redemptions + count.reversals && count.unassigned == 0)
        #expect(count.payable == count.carried, "what merchants are owed is what the next run has")
        let settlement = try await street.settlement(run)
        #expect(settlement.run.state == .closed)
        let paid = settlement.totals.map(\.paidOut).reduce(0, +)
        let clearing = settlement.pairs.map { abs($0.owes - $0.isOwed) }.reduce(0, +)
        #expect(settlement.debtors.map(\.sum).reduce(0, +) == paid + clearing)
        for total in settlement.totals {
            let due = total.redeemed - total.reversed - total.fees - total.feeVAT + total.carriedIn
            #expect(due == total.paidOut + total.carriedOut)
        }
        for debtor in settlement.debtors {
            let file = try await street.file(
                run, debtor.cityId, debtor.currency, debtor.currency == "EUR" ? .pain001 : .csv)
            #expect(file.sum == debtor.sum && file.payouts == debtor.payouts)
            if debtor.currency == "EUR" {
                #expect(file.content.revealed.contains("<CtrlSum>\(DecimalText.amount(debtor.sum))</CtrlSum>"))
            }
        }
    }

    private func settlePayouts(_ street: Street, _ run: UUID, _ generator: inout SeededGenerator) async throws {
        for payout in try await street.bench.ask(ListPayouts(), FindPayouts(runId: run)).payouts {
            if Bool.random(using: &generator) {
                let confirm = ConfirmPayouts(
                    cityId: payout.debtorCityId, payoutIds: [payout.payoutId], paidOn: Self.today)
                #expect(try await street.bench.run(ConfirmArrivedPayouts(), [confirm]).problem() == nil)
            }
            if payout.kind == .merchant, Int.random(in: 0..<4, using: &generator) == 0 {
                let back = ReturnPayout(cityId: payout.debtorCityId, payoutId: payout.payoutId, bankReason: "AC04")
                #expect(try await street.bench.run(ReturnPayouts(), [back]).problem() == nil)
            }
        }
    }
}
