import Contracts
import FoundationEssentials

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
