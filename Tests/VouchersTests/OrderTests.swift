import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import vouchers

/// Orders on a real database: placed once, made in full whatever happens in between, booked once.
@Suite(.timeLimit(.minutes(2)))
struct OrderTests {
    @Test func everyStatementOfOrdersFitsTheSchema() async throws {
        try await OrderShop.open { orders in
            let file = CodeFile(
                fileId: UUID(), name: "x", sha256: "00", bytes: 1, vouchers: 1, reason: nil,
                madeAt: Timestamp(Date()))
            let chunk = OrderChunk(
                chunkId: UUID(), orderId: UUID(), firstSerial: 1, voucherIds: [UUID()], codes: [],
                value: Money(1, "EUR"))
            let request = CodeFileRequest(
                CollectCodes(
                    fileId: UUID(), orderId: UUID(), issuerCityId: UUID(),
                    recipient: CodeRecipient(password: Secret("x"))))
            let statements: [any Statement] = [
                ReadOrders(ids: []), LockOrders(ids: []), WriteOrders(orders: []), LockBenefitPolicies(cities: []),
                ReadBenefitPolicies(cities: []), ReadBenefits(employees: []), AddBenefits(benefits: []),
                SearchOrders(issuerCityId: nil, purpose: nil, after: nil, max: 1), CountSold(orderId: UUID()),
                ReadOrdersOrCancelled(ids: [], cancellations: []), TakeBackBenefits(benefits: []), TakeStoppedOrder(),
                StopOrder(orderId: UUID(), cancellation: .init(cancellationId: UUID(), cancelledAt: Timestamp(Date()))),
                AdvanceCancellation(orderId: UUID(), through: 1, cancelled: 1),
                ForgetCodesOfChunk(orderId: UUID(), firstSerial: 1), TakeOrder(),
                WriteChunk(chunk: chunk, sealedCodes: [], now: Date()),
                AdvanceOrder(orderId: UUID(), made: 1), ReadStockChunks(ranges: []), ReadTermsOfOrders(ids: []),
                ReadSales(ids: []), WriteSales(sales: []), WriteActivations(vouchers: []),
                ReadCodeFiles(orderId: UUID()), ReadCodeFileContent(fileId: UUID()),
                ReadCodeChunks(orderId: UUID(), from: 1, to: 2, max: 1), ReadUsableVouchers(ids: []),
                WriteCodeFile(
                    file: file, request: request, serials: 1...1, content: CodeLookup(keyID: 1, digest: [])),
                MarkCollected(orderId: UUID(), now: Date(), until: Date()), ForgetCodesOfOrder(),
                ReadBenefitsOfPerson(personId: UUID()), ForgetBenefits(personId: UUID()),
                CountKeptBenefits(personId: UUID()),
            ]
            let mistakes = try await orders.bench.mistakes(in: statements)
            #expect(mistakes == [])
        }
    }

    @Test func anOrderIsPlacedOnceAndOtherContentIsRefused() async throws {
        try await OrderShop.open { orders in
            var command = orders.order([(1_000, 3), (7_500, 2)])
            let first = try await orders.bench.run(PlaceOrders(), [command, command])
            let reply = try first.reply(to: PlaceOrder.self)
            #expect(reply.vouchers == 5 && reply.total == Money(18_000, "EUR"))
            let again = try first.reply(1, to: PlaceOrder.self)
            let later = try await orders.bench.run(PlaceOrders(), [command])
            #expect(try again == reply && later.reply(to: PlaceOrder.self) == reply)
            #expect(try first.events(OrderPlaced.self).count == 1 && later.events.isEmpty)
            command.lines[0].count = 4
            let differs = try await orders.bench.run(PlaceOrders(), [command])
            #expect(differs.problem()?.code == "order-differs")
            #expect(try differs.events(OrderRefused.self).map(\.code) == ["order-differs"])
            let rows = try await orders.bench.audit(of: VouchersService.self)
            #expect(rows.map(\.eventType) == [OrderPlaced.type.description])
        }
    }

    @Test func noVoucherIsSoldForAnother() async throws {
        try await Shop.open { shop in
            let commands = [PaymentMethod.voucher, .card].map {
                IssueVoucher(issueId: UUID(), issuerCityId: shop.city, value: Money(1_000, "EUR"), payment: $0)
            }
            let outcome = try await shop.bench.run(shop.issue, commands)
            #expect(outcome.problem(0)?.code == "voucher-pays-no-voucher" && outcome.problem(1) == nil)
            #expect(try outcome.events(IssueRefused.self).map(\.issueId) == [commands[0].issueId])
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && ledger.vouchers == 1)
        }
    }

    @Test func whatIsNotOfferedIsNotOrdered() async throws {
        try await OrderShop.open { orders in
            let commands = [
                orders.order([(1_000, 1), (1_001, 1)]), orders.order([(1_000, 1)], programme: UUID()),
                orders.order([(1_000, 1)], payment: .voucher),
            ]
            let outcome = try await orders.bench.run(PlaceOrders(), commands)
            #expect(
                (0..<3).map { outcome.problem($0)?.code } == [
                    "amount-not-offered", "programme-unknown", "voucher-pays-no-voucher",
                ])
            var elsewhere = orders.order([(1_000, 1)])
            elsewhere.issuerCityId = UUID()
            let unknown = try await orders.bench.run(PlaceOrders(), [elsewhere])
            #expect(unknown.problem()?.code == "city-unknown" && unknown.problem()?.retryable == true)
            let produced = try await orders.produce()
            #expect(produced == 0)
        }
    }

    /// Every other chunk is lost before its commit, as if the service had been killed.
    @Test func aProductionThatIsKilledAgainAndAgainMakesExactlyWhatWasOrdered() async throws {
        try await OrderShop.open { orders in
            let command = orders.order([(1_000, 900), (2_500, 350)])
            _ = try await orders.bench.run(PlaceOrders(), [command])
            var events: [OrderProduced] = []
            var hasMore = true
            while hasMore {
                _ = try await orders.bench.run(orders.production, end: .undone)
                let part = try await orders.bench.run(orders.production)
                events += try part.outcome.events(OrderProduced.self)
                hasMore = part.hasMore
            }
            #expect(events.map(\.made) == [500, 1_000, 1_250] && events.map(\.firstSerial) == [1, 501, 1_001])
            #expect(events.map(\.value.amount).reduce(0, +) == 1_775_000)
            let shown = try await orders.shown(command.orderId)
            #expect(shown.order.made == 1_250 && shown.order.state == .ready)
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced && ledger.vouchers == 1_250)
            #expect(ledger.lines.map { "\($0.account) \($0.sum)" } == ["issuer-cash 1775000", "voucher -1775000"])
        }
    }

    @Test func twoInstancesMakeTwoOrdersAndEachOnce() async throws {
        try await OrderShop.open(connections: 4) { orders in
            let commands = (0..<4).map { _ in orders.order([(1_000, 1_100)]) }
            _ = try await orders.bench.run(PlaceOrders(), commands)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<3 { group.addTask { try await orders.produce() } }
                try await group.waitForAll()
            }
            // One may have found everything in the hands of the others, and nothing left when it looked.
            try await orders.produce()
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced && ledger.vouchers == 4_400)
        }
    }

    @Test func giftsAreTheCitysCostAndSpendLikeAllOthers() async throws {
        try await OrderShop.open { orders in
            let orderId = try await orders.made([(1_000, 3)], purpose: .birthGrant)
            let codes = try await orders.codes(of: orderId)
            let code = try #require(codes[2])
            let redeem = RedeemVoucher(
                redemptionId: UUID(), code: Secret(code), merchantId: orders.shop.merchant, amount: Money(400, "EUR"))
            let receipt = try await orders.bench.run(orders.shop.redeem, [redeem]).reply(to: RedeemVoucher.self)
            #expect(receipt.balance == Money(600, "EUR"))
            let ledger = try await orders.shop.ledger()
            #expect(ledger.balanced)
            #expect(
                ledger.lines.map { "\($0.account) \($0.sum)" } == [
                    "merchant-payable -400", "promotion-cost 3000", "voucher -2600",
                ])
        }
    }

    @Test func anEmployeeIsGivenNoMoreThanTheCapByOrdersAtTheSameTime() async throws {
        try await OrderShop.open(connections: 4) { orders in
            let ana = UUID()
            let commands = (0..<6).map { _ in
                orders.order(
                    [(5_000, 1)], purpose: .employeeBenefit,
                    employees: [EmployeeBenefit(employeeId: ana, amount: 5_000)])
            }
            let placed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for command in commands {
                    group.addTask {
                        let outcome = try await orders.bench.run(PlaceOrders(), [command])
                        return outcome.problem() == nil
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            // Three of EUR 50 are below EUR 186, four are above.
            #expect(placed == 3)
            let data = VouchersOfPersons()
            let given = try await orders.bench.export(ana, of: VouchersService.self, from: data)
            #expect(given.records["benefits"]?.map { $0["amount"] } == ["15000"])
            let (findings, _) = try await orders.bench.erase(ana, of: VouchersService.self, from: data)
            #expect(
                findings.map { "\($0.category) \($0.count) \($0.outcome)" } == ["benefits 1 kept"])
            try await orders.script("UPDATE employee_benefit SET year = 2010")
            let (later, _) = try await orders.bench.erase(ana, of: VouchersService.self, from: data)
            #expect(later.last.map { "\($0.category) \($0.count) \($0.outcome)" } == "benefits 1 erased")
        }
    }

    @Test func ordersAreFoundByTheirCityPageByPage() async throws {
        try await OrderShop.open { orders in
            var ids: [UUID] = []
            for purpose in [OrderPurpose.company, .birthGrant, .company, .schoolStart, .company] {
                let command = orders.order([(1_000, 1)], purpose: purpose)
                _ = try await orders.bench.run(PlaceOrders(), [command])
                ids.append(command.orderId)
            }
            func page(_ query: FindOrders) async throws -> FindOrders.Reply {
                try await orders.bench.ask(FindOrdersOfCity(), query)
            }
            let first = try await page(FindOrders(issuerCityId: orders.shop.city, limit: 3))
            let rest = try await page(FindOrders(issuerCityId: orders.shop.city, limit: 3, after: first.next))
            #expect((first.orders + rest.orders).map(\.orderId) == ids.reversed() && rest.next == nil)
            let companies = try await page(FindOrders(purpose: .company))
            #expect(companies.orders.map(\.orderId) == [ids[4], ids[2], ids[0]])
            let elsewhere = try await page(FindOrders(issuerCityId: UUID()))
            #expect(elsewhere.orders.isEmpty)
            await #expect(throws: Problem.self) {
                try await orders.bench.ask(GetOrderOfCity(), GetOrder(orderId: ids[0], issuerCityId: UUID()))
            }
        }
    }
}
