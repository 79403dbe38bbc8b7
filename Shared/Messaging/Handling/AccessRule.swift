public import Contracts
public import FoundationEssentials

/// Who may send a message: what a handler says about itself in one line.
///
/// Network administrators may send everything, and an integrator the types that its grant names, within the city or the
/// merchant that its grant names. Which city or merchant a message is about is read from its fields; a handler must see to it
/// itself that what a message names besides belongs there, and answer as if it did not exist where it does not.
public struct AccessRule<Message: Contracts.Message>: Sendable {
    /// Who besides administrators and integrators.
    enum Circle: Sendable {
        case everyone
        case nobodyElse
        case services
        case editors(@Sendable (Message) -> UUID?)
        case merchants(@Sendable (Message) -> UUID?)
    }

    let circle: Circle

    /// Everybody, also who does not say who they are: what is public.
    public static var everyone: Self { Self(circle: .everyone) }

    /// Administrators, and integrators whose grant names the type.
    public static var administrators: Self { Self(circle: .nobodyElse) }

    /// The suite's services.
    public static var services: Self { Self(circle: .services) }

    /// The editors of a city; `nil` is no city's, and administrators' alone.
    public static func editors(of city: @escaping @Sendable (Message) -> UUID?) -> Self {
        Self(circle: .editors(city))
    }

    /// A merchant and its terminals; `nil` is no merchant's, and administrators' alone.
    public static func merchant(_ merchant: @escaping @Sendable (Message) -> UUID?) -> Self {
        Self(circle: .merchants(merchant))
    }
}
