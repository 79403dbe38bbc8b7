import Contracts
import FoundationEssentials

@testable import cities

/// A city that differs from others in id, slug and name only.
func sampleCity(_ slug: String, id: UUID = UUID(), name: String = "Ormož") -> CityFacts {
    CityFacts(
        cityId: id, slug: slug,
        names: [
            CityName(language: "sl", name: name, kind: .official),
            CityName(language: "de", name: "Friedau", kind: .exonym),
        ],
        country: "SI", nuts3: "SI032", lau: "087", geoNamesId: 3_193_965,
        position: Position(latitude: 46.4121, longitude: 16.1522),
        population: Population(value: 12_000, date: nil, scope: .municipality, verified: false),
        timeZone: "Europe/Ljubljana", currency: "EUR")
}

/// A text that was meant to be a period or a number is none.
struct BadSample: Error {}

/// A figure of an indicator.
func sampleValue(
    _ value: String, _ status: IndicatorStatus = .provisional, indicator: String = "population",
    period: String = "2024", expecting version: Int64? = nil
) throws -> SetIndicator.Value {
    guard let period = IndicatorPeriod(period), let number = DecimalNumber(value) else { throw BadSample() }
    return SetIndicator.Value(
        indicator: indicator, period: period, value: number, unit: "persons", source: "city office", status: status,
        expectedVersion: version)
}

extension BankAccounts {
    /// Accounts under a key of all sevens.
    static let sample = BankAccounts(keys: [("1", [UInt8](repeating: 7, count: 32))])
}

extension RegisterMerchants {
    /// With the sample's keys.
    init() { self.init(accounts: .sample) }
}

/// A merchant with everything that can be known of one.
func sampleMerchant(
    in cityId: UUID, id: UUID = UUID(), name: String = "Knjigarna", town: String = "Ormož",
    position: Position = Position(latitude: 46.4121, longitude: 16.1522)
) -> MerchantFacts {
    MerchantFacts(
        merchantId: id, cityId: cityId, name: name, category: "47.61", vatId: "SI50223054",
        contract: Day("2026-01-01").map { Period(from: $0, until: Day("2030-01-01")) }, feeBasisPoints: 150,
        branches: [
            MerchantBranch(
                branchId: UUID(), name: "Glavna", position: position,
                address: PostalAddress(street: "Glavna 1", postalCode: "2270", town: town, country: "SI"),
                openingHours: [
                    OpeningHours(weekday: 1, from: "08:00", until: "12:00"),
                    OpeningHours(weekday: 2, from: "08:00", until: "24:00"),
                ])
        ],
        terminals: [MerchantTerminal(terminalId: UUID(), name: "Blagajna; \"1\"")], contactPersonId: UUID())
}
