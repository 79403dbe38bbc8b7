public import FoundationEssentials

/// One of a city's names.
public struct CityName: Codable, Hashable, Sendable {
    /// What kind of name it is.
    public enum Kind: String, Codable, Sendable {
        /// In official use there.
        case official
        /// What speakers of another language call it.
        case exonym
        /// No longer in use.
        case historic
    }

    /// BCP 47.
    public var language: String
    /// As it is written.
    public var name: String
    /// Official, exonym or historic.
    public var kind: Kind

    /// Makes a name.
    public init(language: String, name: String, kind: Kind) {
        self.language = language
        self.name = name
        self.kind = kind
    }
}

/// How many people live there, and who says so.
public struct Population: Codable, Hashable, Sendable {
    /// Which area was counted.
    public enum Scope: String, Codable, Sendable {
        /// The municipality.
        case municipality
        /// The settlement alone.
        case settlement
    }

    /// People.
    public var value: Int
    /// The day of the count, `YYYY-MM-DD` or `YYYY`; unknown if absent.
    public var date: String?
    /// Municipality or settlement.
    public var scope: Scope
    /// Whether the figure was read in a source or is only believed.
    public var verified: Bool

    /// Makes a figure.
    public init(value: Int, date: String?, scope: Scope, verified: Bool) {
        self.value = value
        self.date = date
        self.scope = scope
        self.verified = verified
    }
}

/// What is known of a city.
public struct CityFacts: Codable, Hashable, Sendable {
    /// For foreign keys.
    public var cityId: UUID
    /// For people: lower case letters and hyphens.
    public var slug: String
    /// At least one, at least one of them official.
    public var names: [CityName]
    /// ISO 3166-1 alpha-2.
    public var country: String
    /// NUTS 2021, level 3.
    public var nuts3: String
    /// The municipality's code: 3 digits in Slovenia (the zero counts), 5 in Austria.
    public var lau: String
    /// The settlement in GeoNames.
    public var geoNamesId: Int
    /// The settlement.
    public var position: Position
    /// People.
    public var population: Population
    /// IANA.
    public var timeZone: String
    /// ISO 4217.
    public var currency: String

    /// Makes a city.
    public init(
        cityId: UUID, slug: String, names: [CityName], country: String, nuts3: String, lau: String, geoNamesId: Int,
        position: Position, population: Population, timeZone: String, currency: String
    ) {
        self.cityId = cityId
        self.slug = slug
        self.names = names
        self.country = country
        self.nuts3 = nuts3
        self.lau = lau
        self.geoNamesId = geoNamesId
        self.position = position
        self.population = population
        self.timeZone = timeZone
        self.currency = currency
    }

    /// Notes every mistake in the fields.
    public func check(_ checks: inout Checks) {
        let slugLetters = slug.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D }
        let slugEnds = !slug.hasPrefix("-") && !slug.hasSuffix("-")
        checks.require(
            slugLetters && slugEnds && (1...64).contains(slug.utf8.count), "slug",
            "must be lower case letters with hyphens between")
        checks.require(names.contains { $0.kind == .official }, "names", "must have an official name")
        checks.require(names.count <= 20, "names", "must be at most 20")
        for name in names {
            checks.text(name.name, "names")
            checks.language(name.language, "names")
        }
        let lauDigits = CityFacts.lauDigits[country]
        checks.require(lauDigits != nil, "country", "must be AT, SI or HU")
        if let lauDigits {
            checks.require(
                lau.utf8.allSatisfy { (0x30...0x39).contains($0) } && lau.utf8.count == lauDigits, "lau",
                "must have \(lauDigits) digits in \(country)")
            checks.require(
                nuts3.hasPrefix(country) && nuts3.utf8.count == 5, "nuts3", "must be \(country) and three more")
        }
        checks.require(geoNamesId > 0, "geoNamesId", "must be positive")
        checks.require(
            (-90...90).contains(position.latitude) && (-180...180).contains(position.longitude), "position",
            "is not on the earth")
        checks.require(
            (0...100_000_000).contains(population.value), "population", "is not a number of people in a city")
        if let date = population.date {
            checks.require(
                Timestamp("\(date.utf8.count == 4 ? "\(date)-01-01" : date)T00:00:00Z") != nil, "population",
                "date must be YYYY-MM-DD or YYYY")
        }
        checks.text(timeZone, "timeZone", max: 64)
        checks.require(["EUR", "HUF"].contains(currency), "currency", "must be EUR or HUF")
    }

    /// The digits of a municipality's code by country: Gemeindekennziffer, občina, KSH.
    private static let lauDigits = ["AT": 5, "SI": 3, "HU": 5]
}

/// Registers a city: `cities.register-city.v1`.
///
/// A repeat with the same content gets the first answer.
public struct RegisterCity: Command {
    /// `cities.register-city.v1`.
    public static let type = MessageType(.cities, .command, "register-city")
    /// What a successful answer holds.
    public typealias Reply = Registered

    /// The city.
    public var city: CityFacts

    /// Makes the command.
    public init(_ city: CityFacts) {
        self.city = city
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { city.cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        city.check(&checks)
        try checks.finish()
    }
}

/// The answer to a registration: the thing and its version.
public struct Registered: Codable, Equatable, Sendable {
    /// The city or the merchant.
    public var id: UUID
    /// Its version.
    public var version: Int64

    /// Makes an answer.
    public init(id: UUID, version: Int64) {
        self.id = id
        self.version = version
    }
}

/// A city is known, in this state: `cities.city-registered.v1` (state).
public struct CityRegistered: AuditedEvent {
    /// `cities.city-registered.v1`.
    public static let type = MessageType(.cities, .event, "city-registered")

    /// The city.
    public var city: CityFacts
    /// Grows with each change.
    public var version: Int64

    /// Makes the event.
    public init(_ city: CityFacts, version: Int64) {
        self.city = city
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { city.cityId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { city.cityId }
}

/// A city was not registered: `cities.register-city-refused.v1`.
public struct CityRefused: Event {
    /// `cities.register-city-refused.v1`.
    public static let type = MessageType(.cities, .refusal, "register-city-refused")

    /// The city of the command.
    public var cityId: UUID
    /// Why: `city-differs`, `slug-taken`.
    public var code: String

    /// Makes the event.
    public init(cityId: UUID, code: String) {
        self.cityId = cityId
        self.code = code
    }
}

/// Gets one city by id or by slug: `cities.get-city.v1`.
///
/// Refused with `city-unknown`.
public struct GetCity: Query {
    /// `cities.get-city.v1`.
    public static let type = MessageType(.cities, .query, "get-city")

    /// The id; or else the slug.
    public var cityId: UUID?
    /// The slug; or else the id.
    public var slug: String?

    /// Makes the query.
    public init(cityId: UUID? = nil, slug: String? = nil) {
        self.cityId = cityId
        self.slug = slug
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((cityId == nil) != (slug == nil), "cityId", "give cityId or slug, one of them")
        if let slug { checks.text(slug, "slug", max: 64) }
        try checks.finish()
    }

    /// The city and its version.
    public struct Reply: Codable, Equatable, Sendable {
        /// The city.
        public var city: CityFacts
        /// Its version.
        public var version: Int64

        /// Makes the answer.
        public init(city: CityFacts, version: Int64) {
            self.city = city
            self.version = version
        }
    }
}
