import AMQP
import Contracts
import Foundation
import TestKit
import Testing

/// One redemption that would succeed.
struct Sale: Sendable {
    let card: Card
    let amount: Int64
    let body: [UInt8]

    init(_ card: Card) throws {
        self.card = card
        amount = Int64.random(in: 1...50)
        let command = RedeemVoucher(
            redemptionId: UUID(), code: Secret(card.code), merchantId: SampleShop.merchant,
            amount: Money(amount, "EUR"))
        body = [UInt8](try JSONEncoder().encode(command))
    }
}

/// The merchant and the city that tests of one system share.
enum SampleShop {
    static let city = UUID()
    static let merchant = UUID()

    /// Registers both; doing so again changes nothing.
    static func open(_ client: Client) async throws {
        _ = try await client.call(RegisterCity(.sample(city, slug: "sample")))
        _ = try await client.callUntilKnown(RegisterMerchant(merchantId: merchant, cityId: city, name: "Sample"))
    }
}

extension Client {
    /// A new voucher that can be spent at the sample merchant.
    func sampleCard() async throws -> Card {
        try await SampleShop.open(self)
        let reply = try await callUntilKnown(
            IssueVoucher(issueId: UUID(), issuerCityId: SampleShop.city, value: Money(1_000, "EUR")))
        // The merchant is known to vouchers when a redemption is no longer refused for want of it.
        let probe = RedeemVoucher(
            redemptionId: UUID(), code: reply.code, merchantId: SampleShop.merchant, amount: Money(1, "EUR"))
        let receipt = try await callUntilKnown(probe)
        return Card(voucherId: reply.voucherId, code: reply.code.revealed, value: receipt.balance.amount)
    }

    /// What is left on a card.
    func balance(of card: Card) async throws -> Int64 {
        try await call(GetBalance(code: Secret(card.code))).balance.amount
    }

    /// Publishes one message to an exchange, which must take it.
    func publish(
        _ body: [UInt8], as type: String, _ properties: Properties, exchange: String = Topology.Names.commands
    ) async throws {
        let message = OutgoingMessage(exchange: exchange, routingKey: type, properties: properties, body: body)
        let confirmation = await publisher.publish([message])[0]
        #expect(confirmation == .confirmed)
    }

    /// The open failures of vouchers.
    func failures(code: String? = nil) async throws -> [FailureSummary] {
        try await call(FindFailures<VouchersService>(code: code, limit: 500)).failures
    }

    /// The failure of a message, as soon as it is filed.
    func failure(of messageId: String) async throws -> FailureSummary {
        var found: FailureSummary?
        try await eventually(within: .seconds(20), "message \(messageId) in the list of failures") {
            found = try await failures().first { $0.messageId == messageId }
            return found != nil
        }
        return try #require(found)
    }
}
