import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Orders that are stopped, on a real database: no more is made, what was made is cancelled once, whatever happens in between.
@Suite(.timeLimit(.minutes(2)))
struct OrderCancellationTests {
    private static func command(_ orders: OrderShop, _ order: UUID, id: UUID = UUID()) -> CancelOrder {
        CancelOrder(
            cancellationId: id, orderId: order, issuerCityId: orders.shop.city, reason: "Ordered twice.")
    }

    private static func cancel(_ orders: OrderShop, _ order: UUID) async throws -> HandlerBench.Outcome {
        try await orders.bench.run(CancelOrders(), [command(orders, order)])
    }

    /// Cancels whatever is stopped, with every piece lost so many times before it is committed.
    @discardableResult
    private static func work(_ orders: OrderShop, undone: Int = 0) async throws -> [OrderCancelled] {
        var events: [OrderCancelled] = []
        while true {
            for _ in 0..<undone { _ = try await orders.bench.run(CancelOrderedVouchers(), end: .undone) }
            let (hasMore, outcome) = try await orders.bench.run(CancelOrderedVouchers())
            events += try outcome.events(OrderCancelled.self)
            if !hasMore { return events }
        }
    }

    private static func lines(_ orders: OrderShop) async throws -> [String] {
        let ledger = try await orders.shop.ledger()
        #expect(ledger.balanced)
        return ledger.lines.map { "\($0.account) \($0.sum)" }
    }

    @Test func anOrderIsStoppedInItsMiddleAndAllOfItCancelledOnceUnderFaults() async throws {
        try await OrderShop.open { orders in
            let order = orders.order([(1_000, 900), (2_500, 600)])
            _ = try await orders.bench.run(PlaceOrders(), [order])
            for _ in 0..<2 { _ = try await orders.bench.run(orders.production) }
            let command = Self.command(orders, order.orderId)
            let first = try await orders.bench.run(CancelOrders(), [command, command])
            let reply = try first.reply(to: CancelOrder.self)
            #expect(reply.made == 1_000 && reply.state == .cancelling)
            #expect(try first.reply(1, to: CancelOrder.self) == reply)
            #expect(try first.events(OrderCancelling.self).map(\.made) == [1_000])
            #expect(try await orders.produce() == 0, "no more is made")

            let events = try await Self.work(orders, undone: 2)
            #expect(events.map(\.through) == [500, 1_000])
            #expect(events.map(\.firstSerial) == [1, 501])
            #expect(events.map(\.cancelled) == [500, 500])
            // 900 of 10.00, 100 of 25.00.
            let owed = events.map(\.amount.amount).reduce(0, +)
            #expect(owed == 1_150_000)
            let shown = try await orders.shown(order.orderId)
            #expect(shown.order.state == .cancelled && shown.cancellation?.cancelled == 1_000)
            #expect(shown.cancellation?.cancellationId == command.cancellationId)
            #expect(try await Self.lines(orders) == ["issuer-cash 0", "voucher 0"])
            // The same again says where it stands now, and does nothing.
            let again = try await orders.bench.run(CancelOrders(), [command])
            #expect(try again.reply(to: CancelOrder.self).state == .cancelled && again.events.isEmpty)
            #expect(try await Self.work(orders).isEmpty)

            let found = try await orders.bench.ask(
                FindVouchersOfCity(), FindVouchers(issuerCityId: orders.shop.city, orderId: order.orderId, limit: 1))
            let voucher = try await orders.bench.ask(
                GetVoucherWithHistory(), GetVoucher(voucherId: found.vouchers[0].voucherId))
            #expect(voucher.voucher.status == .cancelled && voucher.history.map(\.cause) == ["cancellation", "issue"])
            let audit = try await orders.bench.audit(of: VouchersService.self)
            #expect(audit.map(\.eventType).contains(OrderCancelling.type.description))
            #expect(audit.last?.person?.reason == "Ordered twice.")
        }
    }

    @Test func whatIsNotThereOrGivenOutIsRefused() async throws {
        try await OrderShop.open { orders in
            let (ready, collected) = (try await orders.made([(1_000, 2)]), try await orders.made([(1_000, 2)]))
            _ = try await orders.codes(of: collected)
            let unknown = try await Self.cancel(orders, UUID())
            #expect(unknown.problem()?.code == "order-unknown")
            #expect(try unknown.events(CancelOrderRefused.self).map(\.code) == ["order-unknown"])
            var foreign = Self.command(orders, ready)
            foreign.issuerCityId = UUID()
            #expect(try await orders.bench.run(CancelOrders(), [foreign]).problem()?.code == "order-unknown")
            #expect(try await Self.cancel(orders, collected).problem()?.code == "already-collected")
            var named = Self.command(orders, ready)
            named.employees = [EmployeeBenefit(employeeId: UUID(), amount: 2_000)]
            #expect(try await orders.bench.run(CancelOrders(), [named]).problem()?.code == "employees-differ")

            let id = UUID()
            let done = try await orders.bench.run(CancelOrders(), [Self.command(orders, ready, id: id)])
            #expect(try done.reply(to: CancelOrder.self).made == 2)
            #expect(try await Self.cancel(orders, ready).problem()?.code == "order-cancelled")
            let other = try await orders.bench.run(CancelOrders(), [Self.command(orders, collected, id: id)])
            #expect(other.problem()?.code == "cancellation-differs")
            // Its codes stay where they are, and are forgotten.
            await #expect(throws: Problem.self) { try await orders.codes(of: ready) }
            try await Self.work(orders)
            #expect(try await Self.lines(orders) == ["issuer-cash 2000", "voucher -2000"])
        }
    }

    @Test func anOrderOfWhichNothingIsMadeIsCancelledAtOnce() async throws {
        try await OrderShop.open { orders in
            let order = orders.order([(1_000, 3)], purpose: .birthGrant)
            _ = try await orders.bench.run(PlaceOrders(), [order])
            let stopped = try await Self.cancel(orders, order.orderId).reply(to: CancelOrder.self)
            #expect(stopped.state == .cancelled && stopped.made == 0)
            #expect(try await orders.produce() == 0)
            #expect(try await Self.work(orders).isEmpty)
            #expect(try await Self.lines(orders).isEmpty)
        }
    }

    @Test func whatWasSoldOrTouchedStays() async throws {
        try await OrderShop.open { orders in
            let stock = try await orders.made([(1_000, 10)], purpose: .counterSale, isStock: true)
            func sale(_ from: Int, _ to: Int) -> ActivateStock {
                ActivateStock(
                    saleId: UUID(), issuerCityId: orders.shop.city,
                    serials: SerialRange(orderId: stock, from: from, to: to), payment: .cash)
            }
            _ = try await orders.bench.run(orders.activate, [sale(3, 5)]).reply(to: ActivateStock.self)
            _ = try await Self.cancel(orders, stock).reply(to: CancelOrder.self)
            #expect(
                try await orders.bench.run(orders.activate, [sale(6, 6)]).problem()?.code == "stock-not-available")
            let events = try await Self.work(orders)
            #expect(events.map(\.cancelled) == [7])
            #expect(events.map(\.amount.amount) == [0])
            #expect(try await orders.shown(stock).cancellation?.cancelled == 7)
            #expect(try await Self.lines(orders) == ["issuer-cash 3000", "voucher -3000"])

            let order = try await orders.made([(1_000, 4)])
            let found = try await orders.bench.ask(
                FindVouchersOfCity(), FindVouchers(issuerCityId: orders.shop.city, orderId: order))
            let ids = found.vouchers.map(\.voucherId)
            let block = BlockVoucher(voucherId: ids[0], issuerCityId: orders.shop.city)
            _ = try await orders.bench.run(BlockVouchers(), [block])
            let single = CancelVoucher(
                cancellationId: UUID(), voucherId: ids[1], issuerCityId: orders.shop.city)
            _ = try await orders.bench.run(CancelVouchers(days: 14), [single]).reply(to: CancelVoucher.self)
            // Whenever that is: nobody has a code.
            try await orders.script("UPDATE voucher SET issued_at = issued_at - interval '100 days'")
            _ = try await Self.cancel(orders, order).reply(to: CancelOrder.self)
            #expect(try await Self.work(orders).map(\.cancelled) == [2])
            #expect(try await Self.lines(orders) == ["issuer-cash 4000", "voucher -4000"])
        }
    }

    @Test func employeesAreTakenOffTheirCaps() async throws {
        try await OrderShop.open { orders in
            let (one, two) = (UUID(), UUID())
            func order(_ amounts: [(UUID, Int64)]) -> PlaceOrder {
                orders.order(
                    [(1_000, Int(amounts.reduce(0) { $0 + $1.1 } / 1_000))], purpose: .employeeBenefit,
                    employees: amounts.map { EmployeeBenefit(employeeId: $0.0, amount: $0.1) })
            }
            let (first, second) = (order([(one, 10_000), (two, 5_000)]), order([(one, 8_000)]))
            _ = try await orders.bench.run(PlaceOrders(), [first, second])
            let more = order([(one, 1_000)])
            #expect(try await orders.bench.run(PlaceOrders(), [more]).problem()?.code == "benefit-cap-exceeded")
            var command = Self.command(orders, first.orderId)
            let others: [[EmployeeBenefit]?] = [
                nil, [EmployeeBenefit(employeeId: one, amount: 15_000)], first.employees.map { $0.reversed() },
            ]
            for employees in others {
                command.employees = employees
                #expect(try await orders.bench.run(CancelOrders(), [command]).problem()?.code == "employees-differ")
            }
            command.employees = first.employees
            let stopped = try await orders.bench.run(CancelOrders(), [command, command])
            #expect(try stopped.events(OrderCancelling.self).count == 1 && stopped.problem(1) == nil)
            let given = try await orders.bench.database.execute(ReadBenefits(employees: [one, two].sorted()))
            #expect(given.map(\.key.employeeId) == [one])
            #expect(given.map(\.amount) == [8_000])
            #expect(try await orders.bench.run(PlaceOrders(), [more]).problem() == nil)
        }
    }

    @Test func stoppingAndMakingAtOnceLeaveNothingBehind() async throws {
        try await OrderShop.open(connections: 6) { orders in
            let placed = (0..<4).map { _ in orders.order([(1_000, 1_200)]) }
            _ = try await orders.bench.run(PlaceOrders(), placed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { _ = try await orders.produce() } }
                for order in placed {
                    group.addTask { _ = try await Self.cancel(orders, order.orderId).reply(to: CancelOrder.self) }
                }
                group.addTask { try await Self.work(orders) }
                try await group.waitForAll()
            }
            #expect(try await orders.produce() == 0)
            try await Self.work(orders)
            for order in placed {
                let shown = try await orders.shown(order.orderId)
                #expect(shown.order.state == .cancelled && shown.cancellation?.cancelled == shown.order.made)
            }
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced && ledger.lines.allSatisfy { $0.sum == 0 })
        }
    }
}
