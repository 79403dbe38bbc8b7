import AMQP
import Contracts
import Foundation
import Messaging
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// An instance that is killed over its messages again and again, until the broker gives them up.
    @Suite("Crash loop", .serialized)
    struct CrashLoopTests {
        @Test("what the broker gives up is filed, and has one effect when it is redriven")
        func crashLoop() async throws {
            let system = try await System.install("loop", on: try PrivateServers.required)
            try await system.setDeliveryLimit(20)
            try await RunningServices.during([.cities, .vouchers], of: system) { running in
                let vouchers = try running.instance(.vouchers)
                try await Client.with(system) { client in
                    let card = try await client.sampleCard()
                    try await crash(vouchers, over: 200, card, client, system)
                    try await eventually(within: .seconds(30), "every message to be filed or carried out") {
                        let filed = Set(try await client.failures(code: "dead-lettered").map(\.messageId))
                        return filed.count + Int(card.value - (try await client.balance(of: card))) == 200
                    }
                    let filed = try await client.failures(code: "dead-lettered")
                    print("  \(filed.count) of 200 messages were given up")
                    #expect(!filed.isEmpty)
                    // Killed between filing a message and acknowledging it, the instance gets it again and files it once.
                    #expect(Set(filed.map(\.messageId)).count == filed.count)
                    let touched = try await client.call(
                        RedriveFailures<VouchersService>(FailureSelection(code: "dead-lettered"), reason: "test"))
                    #expect(touched.count == filed.count)
                    try await eventually(within: .seconds(30), "every redemption") {
                        try await client.balance(of: card) == card.value - 200
                    }
                    #expect(try await client.failures() == [])
                    #expect(try await client.call(GetLedger()).balanced)
                    #expect(try await system.waitingMessages(for: [.vouchers, .cities]) == [:])
                }
            }
        }

        /// Holds the card's row, so that whoever redeems it waits, and kills the instance while it does.
        private func crash(
            _ vouchers: ServiceProcess, over count: Int, _ card: Card, _ client: Client, _ system: System
        ) async throws {
            let holder = try await Connection.connect(
                to: system.database(.vouchers), name: "holder", limits: .migrating)
            try await holder.withTransaction { transaction in
                _ = try await transaction.execute(HoldVoucher(id: card.voucherId))
                #expect(try await sell(count, card, client) == count)
                for _ in 0..<24 {
                    try await eventually(within: .seconds(20), "the instance to have taken every message") {
                        guard await vouchers.isReady else { return false }
                        return try await system.waitingMessages(for: [.vouchers])["vouchers.commands"] == nil
                    }
                    try await vouchers.kill()
                    try vouchers.start()
                }
            }
            await holder.close()
            try await vouchers.waitUntilReady()
        }

        private func sell(_ count: Int, _ card: Card, _ client: Client) async throws -> Int {
            let type = RedeemVoucher.type.description
            let messages = try (0..<count).map { _ in
                let command = RedeemVoucher(
                    redemptionId: UUID(), code: Secret(card.code), merchantId: SampleShop.merchant,
                    amount: Money(1, "EUR"))
                return OutgoingMessage(
                    exchange: Topology.Names.commands, routingKey: type,
                    properties: Properties(
                        contentType: "application/json", deliveryMode: 2, messageID: UUID().uuidString, type: type),
                    body: [UInt8](try JSONEncoder().encode(command)))
            }
            return await client.publisher.publish(messages).filter { $0 == .confirmed }.count
        }
    }
}

/// Locks a voucher's row.
private struct HoldVoucher: Statement {
    static let sql = "SELECT balance FROM voucher WHERE voucher_id = $1 FOR UPDATE"
    var id: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(id)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
