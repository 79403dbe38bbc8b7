public import Contracts
public import FoundationEssentials

/// Who may send a message: what a handler says about itself in one line.
///
/// Network administrators may send everything, and an integrator the types that its grant names, within the city or the
/// merchant that its grant names; a service may send itself what it answers to. Which city or merchant a message is about is read from its fields; a handler must see to it
/// itself that what a message names besides belongs there, and answer as if it did not exist where it does not.
public struct AccessRule<Message: Contracts.Message>: Sendable {
    /// Who besides administrators and integrators.
    enum Circle: Sendable {
        case everyone
        /// The service that says the event, which is looked at before the event is read.
        case owner
        case nobodyElse
        case services
        case editors(@Sendable (Message) -> [UUID])
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
        editors(ofEach: { message in city(message).map { [$0] } ?? [] })
    }

    /// Who is an editor of every one of several cities; none is no city's, and administrators' alone.
    public static func editors(ofEach cities: @escaping @Sendable (Message) -> [UUID]) -> Self {
        Self(circle: .editors(cities))
    }

    /// A merchant and its terminals; `nil` is no merchant's, and administrators' alone.
    public static func merchant(_ merchant: @escaping @Sendable (Message) -> UUID?) -> Self {
        Self(circle: .merchants(merchant))
    }
}

extension AccessRule where Message: Event {
    /// The service that owns the event.
    public static var owner: Self { Self(circle: .owner) }
}

// MARK: Deciding

extension AccessRule {
    /// Whether it matters what the sender was granted.
    var asksForGrants: Bool {
        switch circle {
        case .everyone, .owner: false
        case .nobodyElse, .services, .editors, .merchants: true
        }
    }

    /// Whether the speaker may send the message.
    func allows(_ message: Message, from speaker: Speaker) -> Bool {
        if !asksForGrants { return true }
        guard speaker.isNamed else { return false }
        if speaker.isAdministrator || speaker.service == Message.type.owner { return true }
        return isInCircle(speaker, message) || speaker.grants.contains { integrates($0, message) }
    }

    private func isInCircle(_ speaker: Speaker, _ message: Message) -> Bool {
        switch circle {
        case .everyone, .owner: true
        case .nobodyElse: false
        case .services: speaker.isService
        case .editors(let cities): isEditor(speaker, ofEach: cities(message))
        case .merchants(let merchant): isMerchant(speaker, merchant(message))
        }
    }

    private func isEditor(_ speaker: Speaker, ofEach cities: [UUID]) -> Bool {
        !cities.isEmpty
            && cities.allSatisfy { city in speaker.grants.contains { $0.role == .cityEditor && $0.cityId == city } }
    }

    private func isMerchant(_ speaker: Speaker, _ merchant: UUID?) -> Bool {
        guard let merchant else { return false }
        return speaker.grants.contains {
            ($0.role == .merchant || $0.role == .terminal) && $0.merchantId == merchant
        }
    }

    /// Whether an integrator's grant is for this message.
    ///
    /// One that is bounded is for no message of which the rule cannot tell whether it is within the bounds.
    private func integrates(_ grant: Grant, _ message: Message) -> Bool {
        guard grant.role == .integrator, grant.messageTypes?.contains(Message.type.description) == true else {
            return false
        }
        if let city = grant.cityId {
            guard case .editors(let cities) = circle else { return false }
            let named = cities(message)
            guard !named.isEmpty, named.allSatisfy({ $0 == city }) else { return false }
        }
        if let merchant = grant.merchantId {
            guard case .merchants(let named) = circle, named(message) == merchant else { return false }
        }
        return true
    }
}
