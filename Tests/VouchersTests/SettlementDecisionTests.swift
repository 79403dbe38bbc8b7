import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// What a run decides, without a database: statements, netting, entries.
@Suite struct SettlementDecisionTests {
    private func sums(_ redeemed: Int64, _ reversed: Int64 = 0, fee: Int = 0, vat: Int? = 2_000, carried: Int64 = 0)
        -> MerchantSums
    {
        MerchantSums(
            merchantId: UUID(), cityId: UUID(), currency: "EUR", redemptions: 1, redeemed: redeemed, reversals: 1,
            reversed: reversed, feeBasisPoints: fee, feeVATBasisPoints: vat, carriedIn: carried)
    }

    @Test func aMerchantIsPaidWhatWasSpentLessWhatTheServiceCosts() throws {
        let statement = try sums(31_000, 1_000, fee: 150, carried: -500).statement()
        #expect(statement.fee == 450 && statement.feeVAT == 90)
        #expect(statement.due == 30_000 - 450 - 90 - 500 && statement.outcome == .payout)
    }

    @Test func halvesOfACentAreRoundedAwayFromZeroBothWays() throws {
        // 1.5 % of 1.00 is one and a half cents.
        #expect(try sums(100, fee: 150).statement().fee == 2)
        #expect(try sums(0, 100, fee: 150).statement().fee == -2)
        #expect(MerchantSums.share(150, of: 99) == 1 && MerchantSums.share(150, of: -99) == -1)
        #expect(MerchantSums.share(10_000, of: Int128(Int64.max)) == Int128(Int64.max))
    }

    @Test func nobodyIsPaidLessThanNothing() throws {
        #expect(try sums(1_000, 4_000, fee: 100).statement().outcome == .carriedNegative)
        #expect(try sums(1_000, carried: -1_000).statement().outcome == .nothing)
        var unknown = sums(1_000)
        unknown.account = .none
        #expect(try unknown.statement().outcome == .carriedNoAccount)
        unknown.account = .unasked
        #expect(try unknown.statement().outcome == .payout, "closing is held back instead")
    }

    @Test func sumsBeyondAllMoneyAreRefusedAndDoNotTrap() {
        #expect(throws: BookingFault.self) { try sums(.max, carried: .max).statement() }
        #expect(throws: BookingFault.self) {
            try Netting.pairs(
                [UUID(), UUID()].sorted().reduce(into: [IssuedElsewhere]()) { list, _ in
                    let ids = [UUID.low, UUID.high]
                    list.append(
                        IssuedElsewhere(issuerCityId: ids[0], cityId: ids[1], currency: "EUR", amount: .max))
                })
        }
    }

    /// Random runs: statements and pairs are booked, and the books know where every cent is.
    @Test func whatIsBookedIsWhatIsSaid() throws {
        var generator = SeededGenerator()
        for _ in 0..<500 {
            let cities = (0..<4).map { _ in UUID() }
            var booking = SettlementBooking(runId: UUID(), bookedAt: Timestamp(milliseconds: 1_796_113_800_000))
            var statements: [MerchantStatement] = []
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                var merchant = sums(
                    .random(in: 0...500_000, using: &generator), .random(in: 0...200_000, using: &generator),
                    fee: .random(in: 0...1_000, using: &generator),
                    carried: .random(in: -9_999...9_999, using: &generator))
                merchant.cityId = cities.randomElement(using: &generator) ?? merchant.cityId
                let hasAccount = Bool.random(using: &generator)
                let statement = try merchant.statement()
                statements.append(statement)
                booking.book(
                    StatementToBook(
                        statementId: UUID(), statement: statement,
                        creditor: Creditor(name: "x", ibanMask: nil, sealedParty: hasAccount ? [1] : nil)))
            }
            let elsewhere = (0..<8).compactMap { _ -> IssuedElsewhere? in
                guard let one = cities.randomElement(using: &generator),
                    let other = cities.randomElement(using: &generator)
                else { return nil }
                return IssuedElsewhere(
                    issuerCityId: one, cityId: other, currency: "EUR",
                    amount: .random(in: -1_000...50_000, using: &generator))
            }
            let pairs = try Netting.pairs(elsewhere)
            for pair in pairs {
                try booking.book(pair, id: UUID()) { _ in Creditor(name: "city", ibanMask: nil, sealedParty: nil) }
            }
            check(booking, statements, pairs, elsewhere)
        }
    }

    private func check(
        _ booking: SettlementBooking, _ statements: [MerchantStatement], _ pairs: [SettlementPair],
        _ elsewhere: [IssuedElsewhere]
    ) {
        var sums: [Account: Int64] = [:]
        for posting in booking.entries.flatMap(\.postings) { sums[posting.account, default: 0] += posting.amount }
        #expect(sums.values.reduce(0, +) == 0)
        let paid = booking.payouts.filter { $0.kind == .merchant }.map(\.amount.amount).reduce(0, +)
        let carried = booking.carries.map(\.amount).reduce(0, +)
        #expect(booking.payouts.allSatisfy { $0.amount.amount > 0 })
        #expect(paid + carried == statements.map(\.due).reduce(0, +))
        for statement in statements {
            let base = statement.redeemed - statement.reversed + statement.carriedIn
            #expect(statement.due + statement.fee + statement.feeVAT == base)
        }
        func total(_ kind: Account.Kind) -> Int64 {
            sums.filter { $0.key.kind == kind }.values.reduce(0, +)
        }
        #expect(total(.merchantPaid) == -paid)
        #expect(total(.fees) == -statements.map(\.fee).reduce(0, +))
        #expect(total(.clearing) == 0)
        // Each city's clearing is what others spent of its vouchers, less what was spent of theirs.
        for city in Set(elsewhere.flatMap { [$0.issuerCityId, $0.cityId] }) {
            let owes = elsewhere.filter { $0.issuerCityId == city && $0.cityId != city }.map(\.amount).reduce(0, +)
            let isOwed = elsewhere.filter { $0.cityId == city && $0.issuerCityId != city }.map(\.amount).reduce(0, +)
            let booked = sums.filter { $0.key.kind == .clearing && $0.key.owner == city }.values.reduce(0, +)
            #expect(booked == isOwed - owes)
            let pays = booking.payouts.filter { $0.kind == .clearing && $0.debtorCityId == city }
            let gets = booking.payouts.filter { $0.kind == .clearing && $0.creditorId == city }
            let net = gets.map(\.amount.amount).reduce(0, +) - pays.map(\.amount.amount).reduce(0, +)
            #expect(net == isOwed - owes)
        }
        #expect(Set(pairs.map { [$0.cityId, $0.otherCityId] }).count == pairs.count)
        #expect(booking.payouts.count { $0.kind == .clearing } <= pairs.count, "at most one payment for each pair")
    }

    @Test func aRunGoesItsWayAndNeverBack() throws {
        let december = Period(from: try #require(Day("2026-12-01")), until: Day("2027-01-01"))
        let (id, day) = (UUID(), try #require(Day("2027-01-05")))
        let order = PrepareSettlement(runId: id, period: december)
        let now = Timestamp(milliseconds: (Day("2027-01-02")?.start.milliseconds ?? 0))
        var runs = SettlementRuns([])
        #expect(try runs.prepare(order).get().state == .preparing && runs.added == [id])
        #expect(
            runs.close(CloseSettlement(runId: id, executeOn: day), obstacles: [], at: now)
                == .failure(.init(.notPrepared)))
        #expect(runs.prepare(PrepareSettlement(runId: UUID(), period: december)) == .failure(.init(.open)))

        let prepared = SettlementRun(runId: id, period: december, state: .prepared)
        func close(_ at: String, _ obstacles: [SettlementObstacle] = []) throws -> SettlementRuns.Refused? {
            var runs = SettlementRuns([prepared])
            let time = try #require(Timestamp(at))
            if case .failure(let refused) = runs.close(
                CloseSettlement(runId: id, executeOn: day), obstacles: obstacles, at: time)
            {
                return refused
            }
            return nil
        }
        #expect(try close("2027-01-01T00:14:59Z")?.reason == .periodNotOver)
        #expect(try close("2027-01-01T00:15:00Z") == nil)
        #expect(try close("2027-01-06T00:00:00Z")?.reason == .executionPast)
        let missing = SettlementObstacle(code: "city-account-missing", id: UUID())
        #expect(try close("2027-01-02T00:00:00Z", [missing])?.reason == .obstructed)

        let closed = SettlementRun(runId: id, period: december, state: .closed, executeOn: day)
        var after = SettlementRuns([closed])
        #expect(after.prepare(order) == .failure(.init(.closed)))
        #expect(
            after.close(CloseSettlement(runId: id, executeOn: day), obstacles: [missing], at: now) == .success(closed))
        #expect(
            after.close(CloseSettlement(runId: id, executeOn: day.advanced(by: 1)), obstacles: [], at: now)
                == .failure(.init(.differs)))
        let gap = Period(from: try #require(Day("2027-01-02")), until: Day("2027-02-01"))
        #expect(after.prepare(PrepareSettlement(runId: UUID(), period: gap)) == .failure(.init(.periodGap)))
        #expect(after.changed.isEmpty && after.added.isEmpty)
    }
}

extension UUID {
    fileprivate static let low = UUID(text: "00000000-0000-7000-8000-000000000001") ?? UUID()
    fileprivate static let high = UUID(text: "00000000-0000-7000-8000-000000000002") ?? UUID()
}
