import Contracts
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import vouchers

/// Money for what was given away, on a real database: only where the terms say so.
@Suite(.timeLimit(.minutes(2)))
struct GiftTests {
    private static func refund(_ orders: OrderShop, _ voucher: UUID) async throws -> String? {
        let command = RefundVoucher(refundId: UUID(), voucherId: voucher, issuerCityId: orders.shop.city)
        return try await orders.bench.run(RefundVouchers(), [command]).problem()?.code
    }

    private static func vouchers(of order: UUID, _ orders: OrderShop) async throws -> [VoucherFacts] {
        try await orders.bench.ask(FindVouchersOfCity(), FindVouchers(issuerCityId: orders.shop.city, orderId: order))
            .vouchers
    }

    @Test func aGiftIsNoCashThoughItsProgrammeIs() async throws {
        try await OrderShop.open(redeemableForCash: true) { orders in
            let sold = try await Self.vouchers(of: orders.made([(1_000, 1)]), orders)
            #expect(try await Self.refund(orders, sold[0].voucherId) == nil)
            for purpose in [OrderPurpose.birthGrant, .schoolStart] {
                let given = try await Self.vouchers(of: orders.made([(1_000, 1)], purpose: purpose), orders)
                #expect(try await Self.refund(orders, given[0].voucherId) == "given-away")
            }
            // Nor is printed stock that was given away.
            let stock = try await orders.made([(1_000, 1)], purpose: .birthGrant, isStock: true)
            let sale = ActivateStock(
                saleId: UUID(), issuerCityId: orders.shop.city, serials: SerialRange(orderId: stock, from: 1, to: 1))
            _ = try await orders.bench.run(orders.activate, [sale]).reply(to: ActivateStock.self)
            let printed = try await Self.vouchers(of: stock, orders)
            #expect(try await Self.refund(orders, printed[0].voucherId) == "given-away")
            #expect(try await orders.shop.ledger().balanced)
        }
    }

    @Test func whatStandsForAGiftIsOneAsWell() async throws {
        try await OrderShop.open(redeemableForCash: true) { orders in
            let given = try await Self.vouchers(of: orders.made([(1_000, 1)], purpose: .birthGrant), orders)
            let replace = ReplaceVouchers(keys: orders.shop.keys, seal: orders.shop.seal)
            var voucher = given[0].voucherId
            for _ in 0..<2 {
                let command = ReplaceVoucher(
                    replacementId: UUID(), voucherId: voucher, issuerCityId: orders.shop.city)
                let replaced = try await orders.bench.run(replace, [command])
                voucher = try replaced.reply(to: ReplaceVoucher.self).voucherId
            }
            #expect(try await Self.refund(orders, voucher) == "given-away")
            // What was sold and replaced is paid out.
            let sold = try await Self.vouchers(of: orders.made([(1_000, 1)]), orders)
            let command = ReplaceVoucher(
                replacementId: UUID(), voucherId: sold[0].voucherId, issuerCityId: orders.shop.city)
            let replaced = try await orders.bench.run(replace, [command]).reply(to: ReplaceVoucher.self)
            #expect(try await Self.refund(orders, replaced.voucherId) == nil)
        }
    }

    @Test func termsMayGiveMoneyForGiftsAndSayingNoIsSayingNothing() async throws {
        try await OrderShop.open { orders in
            let programme = UUID()
            func set(_ gifts: Bool?, _ version: Int64?, cash: Bool = true) async throws -> HandlerBench.Outcome {
                let terms = ProgrammeTerms(
                    currency: "EUR", denominations: [1_000], redeemableForCash: cash, giftsRedeemableForCash: gifts)
                return try await orders.bench.run(
                    SetProgrammes(),
                    [
                        SetProgramme(
                            programmeId: programme, issuerCityId: orders.shop.city, name: "Cash", terms: terms,
                            expectedVersion: version)
                    ])
            }
            #expect(try await set(nil, nil).reply(to: SetProgramme.self).termsNumber == 1)
            #expect(try await set(false, nil).reply(to: SetProgramme.self).version == 1, "the same again")
            await #expect(throws: Problem.self) { try await set(true, 1, cash: false) }

            func given() async throws -> UUID {
                let order = orders.order([(1_000, 1)], purpose: .schoolStart, programme: programme)
                _ = try await orders.bench.run(PlaceOrders(), [order]).reply(to: PlaceOrder.self)
                try await orders.produce()
                return try await Self.vouchers(of: order.orderId, orders)[0].voucherId
            }
            let before = try await given()
            let changed = try await set(true, 1).reply(to: SetProgramme.self)
            #expect(changed.termsNumber == 2)
            let shown = try await orders.bench.ask(GetProgrammeByID(), GetProgramme(programmeId: programme))
            #expect(shown.versions.map(\.terms.giftsRedeemableForCash) == [true, nil])
            let after = try await given()
            #expect(try await Self.refund(orders, after) == nil)
            #expect(try await Self.refund(orders, before) == "given-away", "it keeps the terms of its day")
            #expect(try await orders.shop.ledger().balanced)
        }
    }
}
