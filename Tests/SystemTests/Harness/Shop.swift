import Contracts
import Foundation

/// A voucher as a till knows it.
struct Card: Sendable {
    let voucherId: UUID
    let code: String
    let value: Int64
}

/// What there is to buy with and where: cities, merchants and vouchers, registered through the services.
struct Shop: Sendable {
    let cities: [UUID]
    let merchants: [UUID]
    /// The first is the hot one.
    let cards: [Card]

    /// Registers cities and merchants, and issues vouchers of these values.
    static func open(
        _ client: Client, cities: Int = 2, merchants: Int = 4, values: [Int64]
    ) async throws -> Shop {
        let cityIds = (0..<cities).map { _ in UUID() }
        for id in cityIds {
            // A slug has letters only, and two shops must not have the same city.
            let letters = (0..<8).compactMap { _ in "abcdefghijklmnopqrstuvwxyz".randomElement() }
            _ = try await client.call(RegisterCity(.sample(id, slug: "city-\(String(letters))")))
            // Members take one another's vouchers. Said before the merchants are, and so heard before they are.
            _ = try await client.call(SetMembership(cityId: id, state: .active, from: Day(number: 18_262)))
        }
        let merchantIds = (0..<merchants).map { _ in UUID() }
        for (number, id) in merchantIds.enumerated() {
            _ = try await client.callUntilKnown(
                RegisterMerchant(merchantId: id, cityId: cityIds[number % cities], name: "Merchant \(number)"))
        }
        let cards = try await withThrowingTaskGroup(of: (Int, Card).self) { group in
            for (number, value) in values.enumerated() {
                group.addTask {
                    let reply = try await client.callUntilKnown(
                        IssueVoucher(
                            issueId: UUID(), issuerCityId: cityIds[number % cities], value: Money(value, "EUR")))
                    return (number, Card(voucherId: reply.voucherId, code: reply.code.revealed, value: value))
                }
            }
            var cards: [(Int, Card)] = []
            for try await card in group { cards.append(card) }
            return cards.sorted { $0.0 < $1.0 }.map(\.1)
        }
        return Shop(cities: cityIds, merchants: merchantIds, cards: cards)
    }
}

extension CityFacts {
    /// A city that is in every way as it should be.
    static func sample(_ id: UUID, slug: String, names: [CityName]? = nil) -> CityFacts {
        CityFacts(
            cityId: id, slug: slug, names: names ?? [CityName(language: "de", name: slug, kind: .official)],
            country: "AT", nuts3: "AT224", lau: "61766", geoNamesId: 2_761_531,
            position: Position(latitude: 47.21667, longitude: 15.61667),
            population: Population(value: 11_900, date: nil, scope: .municipality, verified: false),
            timeZone: "Europe/Vienna", currency: "EUR")
    }
}
