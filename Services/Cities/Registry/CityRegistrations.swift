import Contracts
import FoundationEssentials

/// A city as its row says.
struct RegisteredCity: Hashable, Sendable {
    var facts: CityFacts
    var version: Int64

    /// What the asker is answered.
    var reply: Registered { Registered(id: facts.cityId, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: CityRegistered { CityRegistered(facts, version: version) }
    /// What ``FindCities`` looks in.
    var searchText: String { CityNames.searchText(facts) }
}

/// Decides a batch of cities, one after the other; load it with the cities that have one of its ids or of its slugs.
struct CityRegistrations: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is known now: answer, and tell.
        case registered(RegisteredCity)
        /// It was known like this before: answer, and tell nobody.
        case repeated(RegisteredCity)
        /// Answer with the reason's problem, and tell.
        case refused(RegistryRefusalReason)
    }

    private var cities: [UUID: RegisteredCity]
    private var idsBySlug: [String: UUID]
    private var registered: [RegisteredCity] = []

    init(known: [RegisteredCity]) {
        cities = Dictionary(known.map { ($0.facts.cityId, $0) }) { first, _ in first }
        idsBySlug = Dictionary(known.map { ($0.facts.slug, $0.facts.cityId) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func register(_ command: RegisterCity) -> Decision {
        if let known = cities[command.city.cityId] {
            return known.facts == command.city ? .repeated(known) : .refused(.cityDiffers)
        }
        if idsBySlug[command.city.slug] != nil { return .refused(.slugTaken) }
        let city = RegisteredCity(facts: command.city, version: 1)
        cities[command.city.cityId] = city
        idsBySlug[command.city.slug] = command.city.cityId
        registered.append(city)
        return .registered(city)
    }

    /// What is new, by id.
    var changes: [RegisteredCity] { registered.sorted { $0.facts.cityId < $1.facts.cityId } }
}
