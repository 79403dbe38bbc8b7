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
