import FoundationEssentials

/// Puts other facts in the place of those that a city has: `cities.revise-city.v1`.
///
/// Refused with `city-unknown`, `version-differs`, `slug-taken`. A repeat with the same content gets the first answer.
public struct ReviseCity: ReasonedCommand {
    /// `cities.revise-city.v1`.
    public static let type = MessageType(.cities, .command, "revise-city")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// All facts, also those that stay.
    public var city: CityFacts
    /// The version that the sender has seen: nobody overwrites what another wrote meanwhile.
    public var expectedVersion: Int64
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(_ city: CityFacts, expectedVersion: Int64, reason: String? = nil) {
        self.city = city
        self.expectedVersion = expectedVersion
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { city.cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        city.check(&checks)
        checks.version(expectedVersion)
        if let reason { checks.reason(reason) }
        try checks.finish()
    }
}

extension Checks {
    /// Requires a version that something can have; 0 is that of what there is not yet.
    mutating func version(_ value: Int64, _ field: String = "expectedVersion", from lowest: Int64 = 1) {
        require(value >= lowest && value < .max, field, "must be at least \(lowest)")
    }
}
