import Contracts

/// Why a registration is refused.
enum RegistryRefusalReason: String, CaseIterable, Sendable {
    case cityDiffers = "city-differs"
    case slugTaken = "slug-taken"
    case cityUnknown = "city-unknown"
    case merchantDiffers = "merchant-differs"
    case merchantUnknown = "merchant-unknown"

    var problem: Problem {
        switch self {
        case .cityDiffers: Problem(rawValue, "This city id is registered with other facts.")
        case .slugTaken: Problem(rawValue, "Another city has this slug.")
        case .cityUnknown: Problem(rawValue, "There is no such city.")
        case .merchantDiffers: Problem(rawValue, "This merchant id is registered with other facts.")
        case .merchantUnknown: Problem(rawValue, "There is no such merchant in this city.")
        }
    }
}
