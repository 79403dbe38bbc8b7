public import FoundationEssentials

/// How near to the limit of a limited network (PSD2, article 37) the issues of twelve months are.
public enum LimitedNetworkLevel: String, Codable, CaseIterable, Sendable {
    /// There is room.
    case below
    /// The part of the limit is reached at which somebody should know: 80 % unless the policy says otherwise.
    case warning
    /// The authority of the country must be told.
    case exceeded
}

/// What was issued within twelve months, against the limit of a country.
public struct LimitedNetworkLine: Codable, Hashable, Sendable {
    /// Who issued; all issuers of the country together if absent.
    public var issuerCityId: UUID?
    /// The issuer's country: ISO 3166-1, two letters.
    public var country: String
    /// What was issued, in the limit's currency; other currencies do not count.
    public var issued: Money
    /// More than this must be notified.
    public var limit: Money
    /// How near that is.
    public var level: LimitedNetworkLevel

    /// Makes a line.
    public init(issuerCityId: UUID?, country: String, issued: Money, limit: Money, level: LimitedNetworkLevel) {
        self.issuerCityId = issuerCityId
        self.country = country
        self.issued = issued
        self.limit = limit
        self.level = level
    }
}

/// The issues of twelve months have come nearer to the limit of a country: `vouchers.limited-network-warned.v1` (fact).
///
/// Said once when a level is reached; again only after the sum was below it meanwhile.
public struct LimitedNetworkWarned: Event {
    /// `vouchers.limited-network-warned.v1`.
    public static let type = MessageType(.vouchers, .event, "limited-network-warned")

    /// How much, of how much, by whom.
    public var line: LimitedNetworkLine
    /// The last of the days that were counted.
    public var day: Day

    /// Makes the event.
    public init(_ line: LimitedNetworkLine, on day: Day) {
        self.line = line
        self.day = day
    }
}

/// Asks what was issued within twelve months, against the limits of the countries: `vouchers.get-limited-network.v1`.
public struct GetLimitedNetwork: Query {
    /// `vouchers.get-limited-network.v1`.
    public static let type = MessageType(.vouchers, .query, "get-limited-network")

    /// One issuer, for its editors; all of them, and the sums of countries, for administrators if absent.
    public var issuerCityId: UUID?

    /// Makes the query.
    public init(issuerCityId: UUID? = nil) {
        self.issuerCityId = issuerCityId
    }

    /// The sums.
    public struct Reply: Codable, Equatable, Sendable {
        /// The last of the days that were counted; the present one is counted every few minutes.
        public var day: Day
        /// At most 500, by country, the sum of a country first.
        public var lines: [LimitedNetworkLine]

        /// Makes the answer.
        public init(day: Day, lines: [LimitedNetworkLine]) {
            self.day = day
            self.lines = lines
        }
    }
}

extension Catalogue {
    static let limitedNetwork = Group(requests: [Entry(GetLimitedNetwork.self)], events: [LimitedNetworkWarned.self])
}
