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

/// A merchant as its row says.
struct RegisteredMerchant: Hashable, Sendable {
    var merchantId: UUID
    var cityId: UUID
    var name: String
    var version: Int64

    /// What the asker is answered.
    var reply: Registered { Registered(id: merchantId, version: version) }
    /// What everybody is told, now and whenever it is asked for again.
    var event: MerchantRegistered {
        MerchantRegistered(merchantId: merchantId, cityId: cityId, name: name, version: version)
    }
}

/// Why a registration is refused.
enum RegistryRefusalReason: String, CaseIterable, Sendable {
    case cityDiffers = "city-differs"
    case slugTaken = "slug-taken"
    case cityUnknown = "city-unknown"
    case merchantDiffers = "merchant-differs"

    var problem: Problem {
        switch self {
        case .cityDiffers: Problem(rawValue, "This city id is registered with other facts.")
        case .slugTaken: Problem(rawValue, "Another city has this slug.")
        case .cityUnknown: Problem(rawValue, "There is no such city.")
        case .merchantDiffers: Problem(rawValue, "This merchant id is registered with other facts.")
        }
    }
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

/// Decides a batch of merchants, one after the other; load it with the merchants that have one of its ids, and the ids of
/// those cities it names that are known.
struct MerchantRegistrations: Sendable {
    /// What becomes of a command.
    enum Decision: Equatable, Sendable {
        /// It is known now: answer, and tell.
        case registered(RegisteredMerchant)
        /// It was known like this before: answer, and tell nobody.
        case repeated(RegisteredMerchant)
        /// Answer with the reason's problem, and tell.
        case refused(RegistryRefusalReason)
    }

    private let cities: Set<UUID>
    private var merchants: [UUID: RegisteredMerchant]
    private var registered: [RegisteredMerchant] = []

    init(cities: some Sequence<UUID>, known: [RegisteredMerchant]) {
        self.cities = Set(cities)
        merchants = Dictionary(known.map { ($0.merchantId, $0) }) { first, _ in first }
    }

    /// Decides one command.
    mutating func register(_ command: RegisterMerchant) -> Decision {
        let asked = RegisteredMerchant(
            merchantId: command.merchantId, cityId: command.cityId, name: command.name, version: 1)
        if let known = merchants[command.merchantId] {
            let isSame = known.cityId == asked.cityId && known.name == asked.name
            return isSame ? .repeated(known) : .refused(.merchantDiffers)
        }
        guard cities.contains(command.cityId) else { return .refused(.cityUnknown) }
        merchants[command.merchantId] = asked
        registered.append(asked)
        return .registered(asked)
    }

    /// What is new, by id.
    var changes: [RegisteredMerchant] { registered.sorted { $0.merchantId < $1.merchantId } }
}
