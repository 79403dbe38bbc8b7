import AMQP
import Contracts
import FoundationEssentials
import Messaging

/// Prepares what a measurement needs: a city, a shop, vouchers with much on them.
struct BenchGround: Sendable {
    /// Requests on their way at once.
    static let atOnce = 64
    /// The most that a voucher may be worth.
    private static let value = Money(1_000_000, "EUR")

    let stage: Stage

    /// The shop that is paid.
    let merchant = Cast.bookshop.id

    /// Makes the city and the shop known and issues so many vouchers; returns their codes.
    func vouchers(_ count: Int) async throws -> [Secret] {
        let cities = try Cast.cities()
        let (weiz, lendava) = (try cities.city("weiz"), try cities.city(Cast.bookshop.city))
        for city in [weiz, lendava] {
            _ = try await stage.ask(RegisterCity(city))
            _ = try await stage.ask(Cast.membership(of: city))
        }
        _ = try await stage.ask(
            RegisterMerchant(merchantId: merchant, cityId: lendava.cityId, name: Cast.bookshop.name))
        // The first one waits until vouchers has heard of the city, and spending it until it has heard of all.
        _ = try await stage.ask(
            RedeemVoucher(
                redemptionId: .version7(), code: try await issue(weiz.cityId), merchantId: merchant,
                amount: Money(1, "EUR")))
        var codes = [try await issue(weiz.cityId)]
        try await withThrowingTaskGroup(of: Secret.self) { group in
            for number in 1..<max(count, 1) {
                if number > Self.atOnce, let code = try await group.next() { codes.append(code) }
                group.addTask { try await issue(weiz.cityId) }
            }
            for try await code in group { codes.append(code) }
        }
        return codes
    }

    private func issue(_ city: UUID) async throws -> Secret {
        try await stage.ask(IssueVoucher(issueId: .version7(), issuerCityId: city, value: Self.value)).code
    }

    /// Redemptions of one cent each, in turn over the vouchers, as commands ready to be published.
    func redemptions(_ count: Int, of codes: [Secret]) -> [OutgoingMessage] {
        let encoder = JSONEncoder()
        return (0..<count).map { number in
            let redemption = RedeemVoucher(
                redemptionId: .version7(), code: codes[number % codes.count], merchantId: merchant,
                amount: Money(1, "EUR"))
            guard let body = try? encoder.encode(redemption) else { preconditionFailure("a redemption is plain JSON") }
            return CommandMessage(
                type: RedeemVoucher.type.description, id: UUID.version7().text, correlation: nil,
                body: [UInt8](body)
            ).outgoing
        }
    }
}

extension OperatorSession {
    /// Messages in one call to the publisher.
    private static let publishedAtOnce = 2_000

    /// Publishes many messages, several groups at once, all confirmed.
    func publishMany(_ messages: [OutgoingMessage], within limit: Duration) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in stride(from: 0, to: messages.count, by: Self.publishedAtOnce) {
                let part = Array(messages[start..<min(start + Self.publishedAtOnce, messages.count)])
                group.addTask { try await publish(part, within: limit) }
            }
            try await group.waitForAll()
        }
    }
}
