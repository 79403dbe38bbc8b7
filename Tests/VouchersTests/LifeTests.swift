import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// What operators do with vouchers, on a real database, and the books after it.
@Suite(.timeLimit(.minutes(2)))
struct LifeTests {
    private static func redeem(_ shop: Shop, _ code: Secret, _ amount: Int64) async throws -> String? {
        let command = RedeemVoucher(
            redemptionId: UUID(), code: code, merchantId: shop.merchant, amount: Money(amount, "EUR"))
        return try await shop.bench.run(shop.redeem, [command]).problem()?.code
    }

    private static func replace(_ shop: Shop) -> ReplaceVouchers { ReplaceVouchers(keys: shop.keys, seal: shop.seal) }

    private static func replacement(_ shop: Shop, _ voucher: UUID, id: UUID = UUID()) -> ReplaceVoucher {
        ReplaceVoucher(replacementId: id, voucherId: voucher, issuerCityId: shop.city)
    }

    private static func run(_ shop: Shop, _ sql: String) async throws {
        try await shop.bench.database.withConnection { try await $0.runScript(sql) }
    }

    /// Puts a voucher under terms that give money for it, or do not.
    private static func put(_ shop: Shop, _ voucher: UUID, underTermsForCash isForCash: Bool) async throws {
        let (programme, terms) = (UUID(), UUID())
        try await run(
            shop,
            """
            INSERT INTO programme (programme_id, issuer_city_id, name, terms_number, version)
                VALUES ('\(programme)', '\(shop.city)', 'Stadtgutschein', 1, 1);
            INSERT INTO terms (terms_id, programme_id, number, currency, denominations, vat, validity_to_end_of_year,
                redeemable_for_cash, made_at)
                VALUES ('\(terms)', '\(programme)', 1, 'EUR', '{1000}', 'multi-purpose', false, \(isForCash), now());
            UPDATE voucher SET terms_id = '\(terms)' WHERE voucher_id = '\(voucher)';
            """)
    }

    @Test func aBlockedVoucherIsNotSpentUntilItIsUnblocked() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            let block = BlockVoucher(voucherId: voucher.voucherId, issuerCityId: shop.city)
            let blocked = try await shop.bench.run(BlockVouchers(), [block, block])
            #expect(try [0, 1].map { try blocked.reply($0, to: BlockVoucher.self).status } == [.blocked, .blocked])
            #expect(try blocked.events(VoucherBlocked.self).map(\.voucherId) == [voucher.voucherId])
            #expect(try await Self.redeem(shop, voucher.code, 10) == "voucher-not-usable")

            let unblock = UnblockVoucher(voucherId: voucher.voucherId, issuerCityId: shop.city)
            let unblocked = try await shop.bench.run(UnblockVouchers(), [unblock, unblock])
            #expect(try [0, 1].map { try unblocked.reply($0, to: UnblockVoucher.self).status } == [.active, .active])
            #expect(try unblocked.events(VoucherUnblocked.self).map(\.status) == [.active])
            #expect(try await Self.redeem(shop, voucher.code, 10) == nil)
        }
    }

    @Test func printedStockIsStockAgainWhenItIsUnblocked() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            try await Self.run(shop, "UPDATE voucher SET status = 'created'")
            _ = try await shop.bench.run(
                BlockVouchers(), [BlockVoucher(voucherId: voucher.voucherId, issuerCityId: shop.city)])
            let unblocked = try await shop.bench.run(
                UnblockVouchers(), [UnblockVoucher(voucherId: voucher.voucherId, issuerCityId: shop.city)])
            #expect(try unblocked.reply(to: UnblockVoucher.self).status == .created)
        }
    }

    @Test func aVoucherOfAnotherCityIsAsGoodAsNone() async throws {
        try await Shop.open { shop in
            let (id, other) = (try await shop.issued(1_000).voucherId, UUID())
            let block = try await shop.bench.run(
                BlockVouchers(),
                [
                    BlockVoucher(voucherId: id, issuerCityId: other),
                    BlockVoucher(voucherId: UUID(), issuerCityId: other),
                ])
            // The two cannot be told apart.
            #expect(block.problem(0) == block.problem(1))
            let refused = try block.events(VoucherChangeRefused.self)
            #expect(refused.map(\.code) == ["voucher-unknown", "voucher-unknown"])
            var replace = Self.replacement(shop, id)
            replace.issuerCityId = other
            let outcomes = [
                try await shop.bench.run(
                    UnblockVouchers(), [UnblockVoucher(voucherId: id, issuerCityId: other)]),
                try await shop.bench.run(Self.replace(shop), [replace]),
                try await shop.bench.run(
                    RefundVouchers(), [RefundVoucher(refundId: UUID(), voucherId: id, issuerCityId: other)]),
                try await shop.bench.run(
                    CancelVouchers(days: 14),
                    [CancelVoucher(cancellationId: UUID(), voucherId: id, issuerCityId: other)]),
            ]
            #expect(outcomes.allSatisfy { $0.problem()?.code == "voucher-unknown" })
            await #expect(throws: LifeRefusalReason.voucherUnknown.problem) {
                try await shop.bench.ask(GetVoucherWithHistory(), GetVoucher(voucherId: id, issuerCityId: other))
            }
        }
    }

    @Test func whatIsLeftMovesToANewCode() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            #expect(try await Self.redeem(shop, voucher.code, 300) == nil)
            _ = try await shop.bench.run(
                BlockVouchers(), [BlockVoucher(voucherId: voucher.voucherId, issuerCityId: shop.city)])
            let command = Self.replacement(shop, voucher.voucherId)
            let outcome = try await shop.bench.run(Self.replace(shop), [command, command])
            let new = try outcome.reply(to: ReplaceVoucher.self)
            #expect(try outcome.reply(1, to: ReplaceVoucher.self) == new)
            #expect(new.value == Money(700, "EUR") && new.replacedVoucherId == voucher.voucherId)
            let event = try #require(try outcome.events(VoucherReplaced.self).first)
            #expect(event.newVoucherId == new.voucherId && event.amount == new.value)
            #expect(outcome.events.allSatisfy { !String(decoding: $0.body, as: UTF8.self).contains(new.code.revealed) })

            #expect(try await Self.redeem(shop, voucher.code, 10) == "voucher-not-usable")
            #expect(try await Self.redeem(shop, new.code, 700) == nil)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.lines.map(\.sum) == [1_000, -1_000, 0])

            let again = try await shop.bench.run(Self.replace(shop), [command])
            #expect(try again.reply(to: ReplaceVoucher.self) == new)
            #expect(again.events.isEmpty)
            try await Self.run(shop, "UPDATE issue SET code_until = now() - interval '1 second'")
            let late = try await shop.bench.run(Self.replace(shop), [command])
            #expect(late.problem()?.code == "already-replaced")
            let empty = try await shop.bench.run(Self.replace(shop), [Self.replacement(shop, new.voucherId)])
            #expect(empty.problem()?.code == "nothing-left")
        }
    }

    @Test func aReplacementIdIsUsedForOneThing() async throws {
        try await Shop.open { shop in
            let (one, two) = (try await shop.issued(1_000), try await shop.issued(1_000))
            let id = UUID()
            let issue = IssueVoucher(issueId: id, issuerCityId: shop.city, value: Money(500, "EUR"))
            _ = try await shop.bench.run(shop.issue, [issue])
            let taken = try await shop.bench.run(Self.replace(shop), [Self.replacement(shop, one.voucherId, id: id)])
            #expect(taken.problem()?.code == "replacement-differs")
            let other = UUID()
            let both = try await shop.bench.run(
                Self.replace(shop),
                [
                    Self.replacement(shop, one.voucherId, id: other), Self.replacement(shop, two.voucherId, id: other),
                ])
            #expect([0, 1].map { both.problem($0)?.code } == [nil, "replacement-differs"])
            #expect(try await shop.ledger().balanced)
        }
    }

    @Test func whatIsHeldIsNotMoved() async throws {
        try await Shop.open { shop in
            let voucher = try await shop.issued(1_000)
            try await Self.run(shop, "UPDATE voucher SET held = 100")
            let outcome = try await shop.bench.run(Self.replace(shop), [Self.replacement(shop, voucher.voucherId)])
            #expect(outcome.problem()?.code == "voucher-held" && outcome.problem()?.retryable == true)
        }
    }

    @Test func moneyIsGivenWhereTheTermsSaySo() async throws {
        try await Shop.open { shop in
            let vouchers = [try await shop.issued(1_000), try await shop.issued(1_000), try await shop.issued(1_000)]
            try await Self.put(shop, vouchers[1].voucherId, underTermsForCash: false)
            try await Self.put(shop, vouchers[2].voucherId, underTermsForCash: true)
            #expect(try await Self.redeem(shop, vouchers[2].code, 250) == nil)
            let commands = vouchers.map {
                RefundVoucher(refundId: UUID(), voucherId: $0.voucherId, issuerCityId: shop.city)
            }
            let outcome = try await shop.bench.run(RefundVouchers(), commands + [commands[2]])
            let none: [String?] = ["not-redeemable-for-cash", "not-redeemable-for-cash", nil, nil]
            #expect((0..<4).map { outcome.problem($0)?.code } == none)
            #expect(try outcome.reply(2, to: RefundVoucher.self).amount == Money(750, "EUR"))
            #expect(try outcome.events(VoucherRefunded.self).map(\.amount) == [Money(750, "EUR")])
            let again = RefundVoucher(
                refundId: UUID(), voucherId: vouchers[2].voucherId, issuerCityId: shop.city)
            #expect(try await shop.bench.run(RefundVouchers(), [again]).problem()?.code == "nothing-left")
            var other = commands[2]
            other.voucherId = vouchers[1].voucherId
            #expect(try await shop.bench.run(RefundVouchers(), [other]).problem()?.code == "refund-differs")
            let ledger = try await shop.ledger()
            // Cash, payable, owed.
            #expect(ledger.balanced && ledger.lines.map(\.sum) == [2_250, -250, -2_000])
        }
    }

    @Test func whatIsUnspentIsTakenBackForAWhile() async throws {
        try await Shop.open { shop in
            let cancel = CancelVouchers(days: 14)
            let (fresh, spent, old) = (
                try await shop.issued(1_000), try await shop.issued(1_000), try await shop.issued(1_000)
            )
            #expect(try await Self.redeem(shop, spent.code, 1) == nil)
            try await Self.run(
                shop,
                "UPDATE voucher SET issued_at = issued_at - interval '15 days' WHERE voucher_id = '\(old.voucherId)'")
            let commands = [fresh, spent, old].map {
                CancelVoucher(cancellationId: UUID(), voucherId: $0.voucherId, issuerCityId: shop.city)
            }
            let outcome = try await shop.bench.run(cancel, commands + [commands[0]])
            #expect(
                (0..<4).map { outcome.problem($0)?.code } == [nil, "voucher-spent", "cancellation-too-late", nil])
            #expect(try outcome.events(VoucherCancelled.self).map(\.voucherId) == [fresh.voucherId])
            #expect(try await Self.redeem(shop, fresh.code, 1) == "voucher-not-usable")
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.lines.map(\.sum) == [2_000, -1, -1_999])
        }
    }

    @Test func theMoneyGoesBackToWhereItCameFrom() async throws {
        try await Shop.open { shop in
            let (gift, sold) = (try await shop.issued(1_000), try await shop.issued(500))
            try await Self.run(
                shop,
                """
                UPDATE posting SET account = 'promotion-cost' WHERE account = 'issuer-cash' AND cause_id IN (
                    SELECT issue_id FROM issue WHERE voucher_id = '\(gift.voucherId)')
                """)
            let replaced = try await shop.bench.run(Self.replace(shop), [Self.replacement(shop, sold.voucherId)])
            let new = try replaced.reply(to: ReplaceVoucher.self).voucherId
            let commands = [gift.voucherId, new, sold.voucherId].map {
                CancelVoucher(cancellationId: UUID(), voucherId: $0, issuerCityId: shop.city)
            }
            let outcome = try await shop.bench.run(CancelVouchers(days: 14), commands)
            #expect((0..<3).map { outcome.problem($0)?.code } == [nil, "not-a-sale", "voucher-ended"])
            let lines = try await shop.ledger().lines
            #expect(lines.map { "\($0.account) \($0.sum)" } == ["issuer-cash 500", "promotion-cost 0", "voucher -500"])
        }
    }

    @Test func operatorsFindVouchersAndReadTheirHistory() async throws {
        try await Shop.open { shop in
            let (person, order) = (UUID(), UUID())
            let vouchers = [try await shop.issued(1_000), try await shop.issued(2_000), try await shop.issued(3_000)]
            try await Self.run(
                shop,
                """
                UPDATE voucher SET person_id = '\(person)', order_id = '\(order)' WHERE value > 1000;
                UPDATE voucher SET issued_at = '2026-03-01T12:00:00Z' WHERE value = 3000;
                """)
            func found(_ query: FindVouchers) async throws -> [Int64] {
                try await shop.bench.ask(FindVouchersOfCity(), query).vouchers.map(\.value.amount)
            }
            #expect(try await found(FindVouchers(personId: person)) == [3_000, 2_000])
            #expect(try await found(FindVouchers(issuerCityId: shop.city, orderId: order)) == [3_000, 2_000])
            #expect(try await found(FindVouchers(issuerCityId: UUID(), orderId: order)).isEmpty)
            #expect(try await found(FindVouchers(day: Day("2026-03-01"))) == [3_000])
            #expect(try await found(FindVouchers(orderId: order, status: .blocked)).isEmpty)
            let lastFour = String(vouchers[0].code.revealed.suffix(4)).lowercased()
            #expect(try await found(FindVouchers(issuerCityId: shop.city, lastFour: lastFour)).contains(1_000))
            let page = try await shop.bench.ask(FindVouchersOfCity(), FindVouchers(personId: person, limit: 1))
            #expect(page.vouchers.map(\.value.amount) == [3_000])
            #expect(try await found(FindVouchers(personId: person, limit: 1, after: page.next)) == [2_000])

            #expect(try await Self.redeem(shop, vouchers[0].code, 400) == nil)
            #expect(try await Self.redeem(shop, vouchers[0].code, 4_000) == "insufficient-balance")
            let id = vouchers[0].voucherId
            _ = try await shop.bench.run(BlockVouchers(), [BlockVoucher(voucherId: id, issuerCityId: shop.city)])
            #expect(try await Self.redeem(shop, vouchers[0].code, 1) == "voucher-not-usable")
            let seen = try await shop.bench.ask(GetVoucherWithHistory(), GetVoucher(voucherId: id))
            #expect(seen.voucher.status == .blocked && seen.voucher.balance.amount == 600 && seen.blockedSince != nil)
            #expect(seen.history.map(\.cause) == ["redemption", "issue"])
            #expect(seen.history.map(\.change.amount) == [-400, 1_000])
            #expect(seen.history.map(\.merchantId) == [shop.merchant, nil])
            #expect(seen.refusals.map(\.reason) == ["voucher-not-active", "insufficient-balance"])
            let replaced = try await shop.bench.run(Self.replace(shop), [Self.replacement(shop, id)])
            let new = try replaced.reply(to: ReplaceVoucher.self).voucherId
            let after = try await shop.bench.ask(
                GetVoucherWithHistory(), GetVoucher(voucherId: id, issuerCityId: shop.city))
            #expect(after.replacedBy == [new] && after.blockedSince == nil && after.voucher.status == .replaced)
            let successor = try await shop.bench.ask(GetVoucherWithHistory(), GetVoucher(voucherId: new))
            #expect(successor.replaces == id && successor.history.map(\.cause) == ["replacement"])
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        try await Shop.open { shop in
            let statements: [any Statement] = [
                ReadBlocks(ids: []), WriteBlocks(blocks: []), DeleteBlocks(ids: []), ReadVoucherChanges(ids: []),
                ReadChangesOfVoucher(voucherId: UUID()), InsertVoucherChanges(changes: []),
                ReadRedeemableForCash(ids: []), ReadGiftsWithoutCash(ids: []), ReadPayers(ids: []),
                ReadHistory(voucherId: UUID()),
                ReadRefusalsOfVoucher(voucherId: UUID()), PlanForVoucherSearch(),
                SearchVouchers(FindVouchers(), max: 1),
            ]
            let mistakes = try await shop.bench.mistakes(in: statements)
            #expect(mistakes.isEmpty, "\(mistakes)")
        }
    }
}
