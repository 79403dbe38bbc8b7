import Contracts
import Foundation
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// An order that is made while the service that makes it is killed, and while tills go on.
    @Suite("Orders under faults", .serialized)
    struct OrderFaultTests {
        /// So many vouchers in every run; a release run measures the largest order that there can be.
        private static let count = FaultTests.isLong ? PlaceOrder.vouchersMax : 8_000

        @Test("an order is made in full and once, whoever is killed, and tills go on")
        func order() async throws {
            let system = try await System.install("orders", on: try PrivateServers.required)
            try await RunningServices.during([.cities, .vouchers], of: system) { running in
                let vouchers = try running.instance(.vouchers)
                try await Client.with(system) { client in
                    // Vouchers has heard of the city and the merchant when one of their vouchers has been spent.
                    _ = try await client.sampleCard()
                    let card = try await client.call(
                        IssueVoucher(
                            issueId: UUID(), issuerCityId: SampleShop.city, value: Money(1_000_000, "EUR")))
                    let before = try await client.call(GetLedger()).vouchers
                    let killed = try await place(in: system, client)
                    for _ in 0..<4 {
                        try await anotherChunk(of: killed.orderId, system)
                        try await vouchers.kill()
                        try vouchers.start()
                    }
                    try await vouchers.waitUntilReady()
                    try await finished(killed.orderId, system)
                    let second = try await place(in: system, client)
                    try await sellMeanwhile(card, second.orderId, client, system)
                    let stopped = try await stop(in: system, client, vouchers)
                    let ledger = try await client.call(GetLedger())
                    #expect(ledger.balanced && ledger.vouchers == before + Int64(2 * Self.count + stopped))
                    #expect(ledger.lines.first { $0.account == "promotion-cost" }?.sum == 2 * killed.total.amount)
                    #expect(try await client.failures() == [])
                }
            }
        }

        /// Places a gift of the sample city, under a programme that is there from then on.
        private func place(in system: System, _ client: Client) async throws -> PlaceOrder.Reply {
            let programme = UUID()
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "programme", limits: .migrating)
            try await connection.runScript(
                """
                INSERT INTO programme (programme_id, issuer_city_id, name, terms_number, version)
                VALUES ('\(programme)', '\(SampleShop.city)', 'Ten', 1, 1);
                INSERT INTO terms (terms_id, programme_id, number, currency, denominations, vat, validity_to_end_of_year,
                    redeemable_for_cash, made_at)
                VALUES ('\(UUID())', '\(programme)', 1, 'EUR', '{1000}', 'multi-purpose', false, false, now());
                """)
            await connection.close()
            return try await client.call(
                PlaceOrder(
                    orderId: UUID(), issuerCityId: SampleShop.city, programmeId: programme, name: "School start",
                    purpose: .schoolStart, lines: [OrderLine(value: Money(1_000, "EUR"), count: Self.count)]))
        }

        /// Places an order, stops it in its middle, and kills the service while it cancels what was made; returns how many that was.
        private func stop(
            in system: System, _ client: Client, _ vouchers: ServiceProcess
        ) async throws -> Int {
            let placed = try await place(in: system, client)
            try await anotherChunk(of: placed.orderId, system)
            let command = CancelOrder(
                cancellationId: UUID(), orderId: placed.orderId, issuerCityId: SampleShop.city)
            let made = try await client.call(command).made
            let query = GetOrder(orderId: placed.orderId, issuerCityId: SampleShop.city)
            for _ in 0..<3 {
                try await vouchers.kill()
                try vouchers.start()
                try await vouchers.waitUntilReady()
            }
            try await eventually(within: .seconds(120), "the end of the cancelled order") {
                try await client.call(query).order.state == .cancelled
            }
            let shown = try await client.call(query)
            #expect(shown.order.made == made && shown.cancellation?.cancelled == made)
            #expect(try await client.call(command).state == .cancelled)
            return made
        }

        /// Redeems one cent after another until an order is made; a till waits for none of its vouchers.
        private func sellMeanwhile(
            _ card: IssueVoucher.Reply, _ orderId: UUID, _ client: Client, _ system: System
        ) async throws {
            let start = ContinuousClock.now
            var waits: [Duration] = []
            while true {
                if waits.count % 20 == 19, try await made(orderId, system) == Self.count { break }
                let asked = ContinuousClock.now
                let redeem = RedeemVoucher(
                    redemptionId: UUID(), code: card.code, merchantId: SampleShop.merchant, amount: Money(1, "EUR"))
                _ = try await client.call(redeem)
                waits.append(.now - asked)
            }
            waits.sort()
            print(
                "an order of \(Self.count) in \(ContinuousClock.now - start); meanwhile \(waits.count) redemptions one by one,",
                "half within \(waits[waits.count / 2]), all within \(waits[waits.count - 1])")
            #expect(waits[waits.count - 1] < .seconds(2))
        }

        private func anotherChunk(of orderId: UUID, _ system: System) async throws {
            let before = try await made(orderId, system)
            guard before < Self.count else { return }
            try await eventually(within: .seconds(60), "another chunk") { try await made(orderId, system) > before }
        }

        private func finished(_ orderId: UUID, _ system: System) async throws {
            try await eventually(within: .seconds(300), "the whole order") {
                try await made(orderId, system) == Self.count
            }
        }

        private func made(_ orderId: UUID, _ system: System) async throws -> Int {
            let connection = try await Connection.connect(
                to: system.database(.vouchers), name: "orders", limits: .migrating)
            let rows = try await connection.execute(ReadMade(orderId: orderId))
            await connection.close()
            return Int(rows.first ?? 0)
        }
    }
}

/// Reads how many vouchers of an order are made, as its row says.
private struct ReadMade: Statement {
    static let sql = "SELECT made FROM voucher_order WHERE order_id = $1"
    var orderId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
