public import FoundationEssentials

/// Whose vouchers where: the city that issued, and the city whose merchants are asked to take them.
public struct CityPair: Codable, Hashable, Comparable, Sendable {
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The city where they are to be spent.
    public var acceptingCityId: UUID

    /// Makes a pair.
    public init(issuerCityId: UUID, acceptingCityId: UUID) {
        self.issuerCityId = issuerCityId
        self.acceptingCityId = acceptingCityId
    }

    /// In the order of issuers, then of accepting cities.
    public static func < (one: CityPair, other: CityPair) -> Bool {
        (one.issuerCityId, one.acceptingCityId) < (other.issuerCityId, other.acceptingCityId)
    }
}

/// For a time, one city takes another's vouchers, or does not, whatever the rule says.
public struct AcceptanceEdge: Codable, Hashable, Sendable {
    /// When.
    public var period: Period
    /// Whether they are taken.
    public var allows: Bool

    /// Makes an edge.
    public init(period: Period, allows: Bool) {
        self.period = period
        self.allows = allows
    }
}

/// Which cities take whose vouchers: what is known of members and edges, and the rule over both.
public struct AcceptanceRule: Sendable {
    /// Why vouchers are taken or not.
    public enum Answer: String, Codable, CaseIterable, Sendable {
        /// Taken: a city's own.
        case own
        /// Taken: an edge allows it.
        case allowed
        /// Taken: both are active members.
        case members
        /// Taken: both were active members when they were issued.
        case duty
        /// Not taken: an edge denies it.
        case denied
        /// Not taken: the two are not, and were not, active members together.
        case apart
        /// Not taken as yet: nothing is known of the membership of one of them.
        case unknown

        /// Whether the vouchers are taken.
        public var isAcceptance: Bool {
            switch self {
            case .own, .allowed, .members, .duty: true
            case .denied, .apart, .unknown: false
            }
        }
    }

    /// When each city is an active member; a city of which nothing is known is absent.
    private let active: [UUID: [Period]]
    /// The edges of each pair, no two on the same day.
    private let edges: [CityPair: [AcceptanceEdge]]

    /// A rule over what is known.
    public init(active: [UUID: [Period]], edges: [CityPair: [AcceptanceEdge]]) {
        self.active = active
        self.edges = edges
    }

    /// Whether merchants of the one city take, on `day`, what the other city issued on `issued`.
    ///
    /// 1. A city's own vouchers are taken, member or not.
    /// 2. Else an edge that is in force on `day` decides.
    /// 3. Else vouchers are taken between cities that are both active members on `day`, whenever they were issued.
    /// 4. Else, where one has left or is suspended, what was issued on a day on which both were active members is still
    ///    taken: leaving does not end the duty to redeem.
    /// 5. Everything else is not.
    public func accepts(issuer: UUID, acceptor: UUID, issued: Day, on day: Day) -> Answer {
        if issuer == acceptor { return .own }
        let pair = CityPair(issuerCityId: issuer, acceptingCityId: acceptor)
        if let edge = edges[pair]?.first(where: { $0.period.contains(day) }) {
            return edge.allows ? .allowed : .denied
        }
        guard let issuers = active[issuer], let acceptors = active[acceptor] else { return .unknown }
        func bothActive(on day: Day) -> Bool {
            issuers.contains { $0.contains(day) } && acceptors.contains { $0.contains(day) }
        }
        if bothActive(on: day) { return .members }
        return bothActive(on: issued) ? .duty : .apart
    }
}
