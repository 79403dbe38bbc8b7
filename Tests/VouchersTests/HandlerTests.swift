import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// The handlers on a real database: locks, repeats, refusals, and the books after them.
@Suite(.timeLimit(.minutes(2)))
struct HandlerTests {
    @Test func aPersonsVouchersAreGivenOutAndKeptAsLongAsTheBooks() async throws {
        try await Shop.open { shop in
            let ana = UUID()
            let commands = [Int64(1_000), 2_000].map {
                IssueVoucher(issueId: UUID(), issuerCityId: shop.city, value: Money($0, "EUR"), personId: ana)
            }
            _ = try await shop.bench.run(shop.issue, [commands[0]])
            // The books of this one are closed: the end of its year is seven years ago.
            let old = Date(timeIntervalSince1970: 1_400_000_000)
            _ = try await shop.bench.run(shop.issue, [commands[1]], at: old)
            let data = VouchersOfPersons()
            let given = try await shop.bench.export(ana, of: VouchersService.self, from: data)
            #expect(given.records["vouchers"]?.map { $0["value"] } == ["2000", "1000"])
            let (findings, _) = try await shop.bench.erase(ana, of: VouchersService.self, from: data)
            #expect(findings.map { "\($0.count) \($0.outcome)" } == ["1 erased", "1 kept"])
            #expect(findings.last?.legalBasis == VouchersOfPersons.legalBasis)
            let until = try #require(findings.last?.until)
            #expect(until > Timestamp(Date().addingTimeInterval(6.9 * 365 * 86_400)))
            let after = try await shop.bench.export(ana, of: VouchersService.self, from: data)
            #expect(after.records["vouchers"]?.map { $0["value"] } == ["1000"])
            let ledger = try await shop.ledger()
            #expect(ledger.balanced)
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let statements: [any Statement] = [
                LockVouchers(lookups: []), ReadVouchers(lookups: []), ReadRedemptions(ids: []), ReadRefusals(ids: []),
                ReadMerchants(ids: []), ReadCities(ids: []), WriteVoucherChanges(vouchers: []),
                WriteRedemptions(redemptions: [], now: Date()), WriteRefusals(refusals: [], now: Date()),
                WritePostings(entries: [], now: Date()), ReadIssues(ids: []), WriteVouchers(vouchers: []),
                WriteIssues(ids: [], vouchers: [], sealedCodes: [], until: Date()), ForgetCodes(),
                CopyCities(cities: []), CopyMerchants(merchants: []), MeasureCities(), MeasureMerchants(),
                ReadVouchersOfPerson(personId: UUID()), UnnameVouchers(personId: UUID()),
                CountKeptVouchers(personId: UUID()),
                ReadMemberships(), ReadAcceptance(merchants: []), CopyMemberships(memberships: []),
                CopyAcceptance(pairs: []), MeasureMemberships(), MeasureAcceptance(),
                LockVouchersByID(ids: []), ReadVouchersByID(ids: []), ReadTerms(ids: []),
                ReadCurrentTerms(programmeIds: []),
            ]
            let mistakes = try await shop.bench.mistakes(in: statements)
            #expect(mistakes == [])
        }
    }

    @Test func aVoucherIsIssuedSpentAndTheBooksBalance() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(5_000)
            let outcome = try await shop.bench.run(shop.redeem, [shop.redemption(voucher, 1_200)])
            let receipt = try outcome.reply(to: RedeemVoucher.self)
            #expect(receipt.balance == Money(3_800, "EUR"))
            let event = try #require(try outcome.events(VoucherRedeemed.self).first)
            #expect(event.cityId == shop.city && event.balance == receipt.balance)
            let balance = try await shop.bench.ask(shop.balances, GetBalance(code: voucher.code))
            #expect(balance.balance == receipt.balance)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced)
            #expect(ledger.lines.map(\.sum) == [5_000, -1_200, -3_800])
        }
    }

    @Test func aRepeatGetsTheFirstOutcomeAndOtherContentIsRefused() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            let id = UUID()
            let first = try await shop.bench.run(shop.redeem, [shop.redemption(voucher, 400, id: id)])
            let again = try await shop.bench.run(shop.redeem, [shop.redemption(voucher, 400, id: id)])
            #expect(try first.reply(to: RedeemVoucher.self) == again.reply(to: RedeemVoucher.self))
            #expect(again.events.isEmpty)
            let other = try await shop.bench.run(shop.redeem, [shop.redemption(voucher, 401, id: id)])
            #expect(other.problem()?.code == "redemption-differs")
            #expect(try await shop.ledger().redemptions == 1)
        }
    }

    @Test func aRefusalIsRememberedUnlessItMayPass() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(100)
            let tooMuch = shop.redemption(voucher, 500)
            let refused = try await shop.bench.run(shop.redeem, [tooMuch, tooMuch])
            #expect([0, 1].map { refused.problem($0)?.code } == ["insufficient-balance", "insufficient-balance"])
            #expect(try refused.events(RedemptionRefused.self).map(\.code) == ["insufficient-balance"])

            var stranger = shop.redemption(voucher, 50)
            stranger.merchantId = UUID()
            let unknown = try await shop.bench.run(shop.redeem, [stranger])
            #expect(unknown.problem()?.retryable == true)
            let merchant = MerchantRegistered(
                merchantId: stranger.merchantId, cityId: shop.city, name: "New", version: 1)
            _ = try await shop.bench.run(KeepMerchants(), [merchant], user: "cities")
            let known = try await shop.bench.run(shop.redeem, [stranger])
            #expect(try known.reply(to: RedeemVoucher.self).balance.amount == 50)
        }
    }

    @Test func aClosedMerchantIsRefusedUntilItsDayIsMoved() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(100)
            let redemption = shop.redemption(voucher, 50)
            func keep(_ version: Int64, closedFrom: Day?) async throws {
                let facts = MerchantFacts(merchantId: shop.merchant, cityId: shop.city, name: "Bakery")
                let event = MerchantRegistered(facts, version: version, closedFrom: closedFrom)
                _ = try await shop.bench.run(KeepMerchants(), [event], user: "cities")
            }
            try await keep(2, closedFrom: Day("2020-02-29"))
            let refused = try await shop.bench.run(shop.redeem, [redemption])
            #expect(refused.problem()?.code == "merchant-closed" && refused.problem()?.retryable == false)
            #expect(try refused.events(RedemptionRefused.self).map(\.code) == ["merchant-closed"])
            try await keep(3, closedFrom: Day("2999-12-31"))
            let taken = try await shop.bench.run(shop.redeem, [redemption])
            #expect(try taken.reply(to: RedeemVoucher.self).balance.amount == 50)
        }
    }

    @Test func theOutsideLearnsNothingAboutACode() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(100)
            let codes = ["", "0000-0000-0000-0000", "9C3H-PJJT-F2Z4-B449", String(repeating: "Z", count: 64)]
            for code in codes where !code.isEmpty {
                var request = shop.redemption(voucher, 1)
                request.code = Secret(code)
                let outcome = try await shop.bench.run(shop.redeem, [request])
                #expect(outcome.problem()?.code == "voucher-not-usable")
                let said = try #require(outcome.events.first)
                #expect(!String(decoding: said.body, as: UTF8.self).contains(code))
            }
        }
    }

    @Test func oneHotVoucherIsNeverOverspentByManyAtOnce() async throws {
        try await Shop.open(connections: 4) { shop in
            let voucher = try await shop.issued(1_000)
            let other = try await shop.issued(1_000_000)
            let outcomes = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let batch = (0..<40).map { shop.redemption($0 % 2 == 0 ? voucher : other, 30) }
                        let outcome = try await shop.bench.run(shop.redeem, batch)
                        return (0..<40).filter { $0 % 2 == 0 && outcome.problem($0) == nil }.count
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(outcomes == 33)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.redemptions == 33 + 160)
        }
    }

    @Test func anIssueIsRepeatedWithItsCodeForTenMinutesOnly() async throws {
        try await Shop.open { shop in
            let command = IssueVoucher(issueId: UUID(), issuerCityId: shop.city, value: Money(2_000, "HUF"))
            let first = try await shop.bench.run(shop.issue, [command, command])
            #expect(try first.reply(0, to: IssueVoucher.self) == first.reply(1, to: IssueVoucher.self))
            #expect(try first.events(VoucherIssued.self).count == 1)
            let again = try await shop.bench.run(shop.issue, [command])
            #expect(try again.reply(to: IssueVoucher.self) == first.reply(to: IssueVoucher.self))
            #expect(again.events.isEmpty)

            try await shop.bench.database.withConnection {
                try await $0.runScript("UPDATE issue SET code_until = now() - interval '1 second'")
            }
            #expect(try await shop.bench.run(shop.issue, [command]).problem()?.code == "already-issued")
            var other = command
            other.value.amount += 1
            #expect(try await shop.bench.run(shop.issue, [other]).problem()?.code == "issue-differs")
        }
    }

    @Test func acrossAKeyChangeACodeIsFoundAndHashedAnew() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(500)
            let rotated = try CodeKeys([
                (id: 2, bytes: Array(repeating: 8, count: 32)), (id: 1, bytes: Array(repeating: 7, count: 32)),
            ])
            _ = try await shop.bench.run(
                RedeemVouchers(keys: rotated, throttle: shop.throttle), [shop.redemption(voucher, 100)])
            let newOnly = try CodeKeys([(id: 2, bytes: Array(repeating: 8, count: 32))])
            let balance = try await shop.bench.ask(
                GetBalances(keys: newOnly, throttle: shop.throttle), GetBalance(code: voucher.code))
            #expect(balance.balance.amount == 400)
        }
    }

    @Test func aVoucherIsSpentInAnotherCityAsMembershipAndEdgesHaveIt() async throws {
        try await Shop.open { shop in
            let (city, merchant) = (UUID(), UUID())
            let registered = MerchantRegistered(merchantId: merchant, cityId: city, name: "Knjigarna", version: 1)
            _ = try await shop.bench.run(KeepMerchants(), [registered], user: "cities")
            let voucher = try await shop.issued(1_000)
            func redeem(_ id: UUID = UUID()) async throws -> HandlerBench.Outcome {
                var command = shop.redemption(voucher, 100, id: id)
                command.merchantId = merchant
                return try await shop.bench.run(shop.redeem, [command])
            }
            let id = UUID()
            #expect(try await redeem(id).problem()?.code == "acceptance-unknown")
            let today = Day(of: Timestamp(Date()))
            func say(_ cityId: UUID, _ entries: [(Int, MembershipState)], version: Int64) async throws {
                let history = MembershipHistory(
                    entries.map { MembershipEntry(from: today.advanced(by: $0.0), state: $0.1) })
                let event = MembershipChanged(cityId: cityId, history: history, version: version)
                _ = try await shop.bench.run(KeepMemberships(), [event], user: "cities")
            }
            try await say(shop.city, [(-10, .active)], version: 1)
            #expect(try await redeem(id).problem()?.code == "acceptance-unknown", "the other is not known yet")
            try await say(city, [(-10, .active), (-1, .suspended)], version: 2)
            #expect(try await redeem().problem()?.code == "not-accepted-here")
            try await say(city, [(-10, .active)], version: 1)
            #expect(try await redeem().problem()?.code == "not-accepted-here", "an older version changes nothing")
            try await say(city, [(-10, .active), (-1, .suspended), (0, .active)], version: 3)
            #expect(try await redeem(id).reply(to: RedeemVoucher.self).balance.amount == 900)

            let pair = CityPair(issuerCityId: shop.city, acceptingCityId: city)
            let edge = AcceptanceEdge(period: Period(from: today.advanced(by: -1)), allows: false)
            let edges = [
                AcceptanceChanged(pair, edges: [], version: 1), AcceptanceChanged(pair, edges: [edge], version: 2),
            ]
            _ = try await shop.bench.run(KeepAcceptance(), edges.reversed(), user: "cities")
            let denied = try await redeem()
            #expect(denied.problem()?.code == "not-accepted-here" && denied.problem()?.retryable == false)
            #expect(try denied.events(RedemptionRefused.self).map(\.code) == ["not-accepted-here"])
            let read = try await shop.bench.database.execute(ReadAcceptance(merchants: [merchant]))
            #expect(read == [KnownAcceptance(pair: pair, edges: [edge])])
            _ = try await shop.bench.run(
                KeepAcceptance(), [AcceptanceChanged(pair, edges: [], version: 3)], user: "cities")
            #expect(try await redeem().reply(to: RedeemVoucher.self).balance.amount == 800)
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func aCopyKeepsTheNewestVersionWhateverTheOrder() async throws {
        try await Shop.open { shop in
            let id = UUID()
            let versions: [Int64] = [3, 1, 2]
            for version in versions {
                let event = MerchantRegistered(
                    merchantId: id, cityId: shop.city, name: "Version \(version)", version: version)
                _ = try await shop.bench.run(KeepMerchants(), [event, event], user: "cities")
            }
            let names = try await shop.bench.database.execute(ReadNames(id: id))
            #expect(names == ["Version 3"])
        }
    }
}

private struct ReadNames: Statement {
    static let sql = "SELECT name FROM merchant WHERE merchant_id = $1"
    var id: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(id)
    }

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}
