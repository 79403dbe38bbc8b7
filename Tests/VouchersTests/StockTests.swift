import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Printed stock: worth nothing until it is sold, and sold once.
@Suite(.timeLimit(.minutes(2)))
struct StockTests {
    private func redemption(_ orders: OrderShop, _ code: String) -> RedeemVoucher {
        RedeemVoucher(
            redemptionId: UUID(), code: Secret(code), merchantId: orders.shop.merchant, amount: Money(1_000, "EUR"))
    }

    private func sale(
        _ orders: OrderShop, code: String? = nil, _ serials: SerialRange? = nil, payment: PaymentMethod? = .cash
    ) -> ActivateStock {
        ActivateStock(
            saleId: UUID(), issuerCityId: orders.shop.city, code: code.map { Secret($0) }, serials: serials,
            payment: payment)
    }

    @Test func printedVouchersBecomeMoneyWhenTheyAreSold() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 600), (2_500, 100)], purpose: .counterSale, isStock: true)
            let codes = try await orders.codes(of: orderId)
            #expect(codes.count == 700)
            let code = try #require(codes[1])
            let early = try await orders.bench.run(orders.shop.redeem, [redemption(orders, code)])
            #expect(early.problem()?.code == "voucher-not-usable")
            let before = try await orders.shop.ledger()
            #expect(before.balanced && before.lines.isEmpty && before.vouchers == 700)

            let single = sale(orders, code: code.lowercased())
            let sold = try await orders.bench.run(orders.activate, [single])
            let receipt = try sold.reply(to: ActivateStock.self)
            #expect(receipt.vouchers == 1 && receipt.total == Money(1_000, "EUR") && receipt.orderId == orderId)
            #expect(try sold.events(StockActivated.self).map(\.payment) == [.cash])
            let again = try await orders.bench.run(orders.activate, [single])
            #expect(try again.reply(to: ActivateStock.self) == receipt && again.events.isEmpty)

            // Across the border of two chunks and of two lines.
            let range = sale(orders, SerialRange(orderId: orderId, from: 499, to: 602), payment: .bankTransfer)
            let ranged = try await orders.bench.run(orders.activate, [range]).reply(to: ActivateStock.self)
            #expect(ranged.vouchers == 104 && ranged.total == Money(102 * 1_000 + 2 * 2_500, "EUR"))
            for serial in [1, 499, 602] {
                let spent = try await orders.bench.run(
                    orders.shop.redeem, [redemption(orders, try #require(codes[serial]))])
                #expect(spent.problem() == nil)
            }
            let unsold = try await orders.bench.run(
                orders.shop.redeem, [redemption(orders, try #require(codes[603]))])
            #expect(unsold.problem()?.code == "voucher-not-usable")
            let shown = try await orders.shown(orderId)
            #expect(shown.sold == 105)
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced)
            #expect(ledger.lines.first { $0.account == "issuer-cash" }?.sum == 1_000 + ranged.total.amount)
            let rows = try await orders.bench.audit(of: VouchersService.self)
            #expect(rows.filter { $0.eventType == StockActivated.type.description }.count == 2)
        }
    }

    @Test func theTermsCountFromTheSaleOn() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 1)], purpose: .counterSale, isStock: true)
            try await orders.script("UPDATE voucher SET issued_at = '2020-02-29T12:00:00Z'")
            let later = Date(timeIntervalSince1970: 1_900_000_000)
            let command = sale(orders, SerialRange(orderId: orderId, from: 1, to: 1))
            _ = try await orders.bench.run(orders.activate, [command], at: later).reply(to: ActivateStock.self)
            let found = try await orders.bench.database.execute(
                ReadStockChunks(ranges: [SerialRange(orderId: orderId, from: 1, to: 1)]))
            let id = try #require(found.first?.voucherIds.first)
            let voucher = try #require(try await orders.bench.database.execute(ReadVouchersByID(ids: [id])).first)
            #expect(voucher.issuedAt == Timestamp(later) && voucher.status == .active && voucher.balance == 1_000)
            #expect(voucher.validUntil == Day(of: Timestamp(later)).adding(months: 60))
            #expect(voucher.lapsesAfter == Day(of: Timestamp(later)).adding(months: 360))
        }
    }

    @Test func aSaleIsWholeOrNothing() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 10)], purpose: .counterSale, isStock: true)
            let gifts = try await orders.made([(1_000, 2)], purpose: .schoolStart, isStock: true)
            let paid = try await orders.made([(1_000, 2)])
            let codes = try await orders.codes(of: orderId)
            func range(_ from: Int, _ to: Int, _ id: UUID? = nil) -> SerialRange {
                SerialRange(orderId: id ?? orderId, from: from, to: to)
            }
            let first = sale(orders, range(4, 6))
            var other = first
            other.payment = .card
            var elsewhere = sale(orders, range(1, 2))
            elsewhere.issuerCityId = UUID()
            let commands = [
                first, other, sale(orders, range(6, 7)), sale(orders, range(9, 11)), elsewhere,
                sale(orders, range(1, 1, paid)), sale(orders, range(1, 2), payment: .voucher),
                sale(orders, range(1, 2), payment: nil), sale(orders, range(1, 2, gifts), payment: .cash),
                sale(orders, range(1, 2, gifts), payment: nil), sale(orders, code: codes[5]),
                sale(orders, code: "0000-0000-0000-0000"), sale(orders, range(7, 10)),
            ]
            let outcome = try await orders.bench.run(orders.activate, commands)
            #expect(
                commands.indices.map { outcome.problem($0)?.code } == [
                    nil, "sale-differs", "stock-not-available", "stock-not-available", "order-unknown",
                    "order-unknown", "voucher-pays-no-voucher", "payment-differs", "payment-differs", nil,
                    "voucher-not-usable", "voucher-not-usable", nil,
                ])
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced)
            #expect(
                ledger.lines.map { "\($0.account) \($0.sum)" } == [
                    "issuer-cash 9000", "promotion-cost 2000", "voucher -11000",
                ])
        }
    }

    /// Two counters, one pile of cards: overlapping ranges, in opposite order.
    @Test func countersThatSellTheSameCardsSellThemOnce() async throws {
        try await OrderShop.open(connections: 4) { orders in
            let orderId = try await orders.made([(1_000, 600)], purpose: .counterSale, isStock: true)
            let ranges = (0..<12).map { SerialRange(orderId: orderId, from: 1 + 40 * $0, to: 100 + 40 * $0) }
            let sold = try await withThrowingTaskGroup(of: Int.self) { group in
                for chosen in [ranges, ranges.reversed()] {
                    group.addTask {
                        var sold = 0
                        for range in chosen {
                            let outcome = try await orders.bench.run(orders.activate, [sale(orders, range)])
                            sold += outcome.problem() == nil ? 100 : 0
                        }
                        return sold
                    }
                }
                return try await group.reduce(0, +)
            }
            let shown = try await orders.shown(orderId)
            #expect(shown.sold == sold && sold >= 100)
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced)
            #expect(ledger.lines.first { $0.account == "issuer-cash" }?.sum == Int64(sold) * 1_000)
        }
    }
}
