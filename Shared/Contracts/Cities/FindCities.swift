/// A circle on the earth.
public struct Near: Codable, Hashable, Sendable {
    /// Degrees north (WGS 84).
    public var latitude: Double
    /// Degrees east (WGS 84).
    public var longitude: Double
    /// 1 to 1,000,000.
    public var radiusMetres: Int

    /// Makes a circle.
    public init(latitude: Double, longitude: Double, radiusMetres: Int) {
        self.latitude = latitude
        self.longitude = longitude
        self.radiusMetres = radiusMetres
    }

    /// Notes every mistake in the fields.
    func check(_ checks: inout Checks, _ field: String) {
        checks.require(
            (-90...90).contains(latitude) && (-180...180).contains(longitude), field, "is not on the earth")
        checks.require((1...1_000_000).contains(radiusMetres), field, "radiusMetres must be 1 to 1000000")
    }
}

/// Which cities are looked for, and how many at a time.
protocol CityQuery: Query {
    var text: String? { get }
    var country: String? { get }
    var limit: Int? { get }
    var after: String? { get }
    var near: Near? { get }
}

extension CityQuery {
    func check(limitMax: Int) throws(Problem) {
        var checks = Checks()
        if let text { checks.text(text, "text", max: 100) }
        if let country { checks.require(["AT", "SI", "HU"].contains(country), "country", "must be AT, SI or HU") }
        if let limit { checks.require((1...limitMax).contains(limit), "limit", "must be 1 to \(limitMax)") }
        if let after { checks.text(after, "after", max: 64) }
        near?.check(&checks, "near")
        checks.require(near == nil || after == nil, "after", "has no use: what is near is found on one page")
        try checks.finish()
    }
}

/// Finds cities by their names, in any language, without diacritics and with typing errors, by country, and near a point:
/// `cities.find-cities.v1`.
///
/// There are three orders. Cities that have the text in a name come in the order of slugs, page by page. If there is none,
/// those come whose names are like it, the likest first, then by slug, on one page. With `near` they come by distance, then
/// by slug, on one page.
public struct FindCities: CityQuery {
    /// `cities.find-cities.v1`.
    public static let type = MessageType(.cities, .query, "find-cities")

    /// A part of a name; every city if absent.
    public var text: String?
    /// ISO 3166-1; every country if absent.
    public var country: String?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: String?
    /// Only within this circle; everywhere if absent.
    public var near: Near?

    /// Makes the query.
    public init(
        text: String? = nil, country: String? = nil, limit: Int? = nil, after: String? = nil, near: Near? = nil
    ) {
        self.text = text
        self.country = country
        self.limit = limit
        self.after = after
        self.near = near
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        try check(limitMax: 100)
    }

    /// A page of cities.
    public struct Reply: Codable, Equatable, Sendable {
        /// The cities; fewer than asked for where more would make too large a message.
        public var cities: [CityFacts]
        /// What to send as `after` for the next page; absent on the last.
        public var next: String?
        /// Whether no name has the text in it, and these are like it; absent if not.
        public var isSimilar: Bool?
        /// How far each is from the point, in the order of `cities`; absent without `near`.
        public var distancesMetres: [Int]?

        /// Makes a page.
        public init(
            cities: [CityFacts], next: String?, isSimilar: Bool? = nil, distancesMetres: [Int]? = nil
        ) {
            self.cities = cities
            self.next = next
            self.isSimilar = isSimilar
            self.distancesMetres = distancesMetres
        }
    }
}

/// Finds cities for a map: `cities.find-cities-geojson.v1`.
///
/// As ``FindCities``, in the same orders; the answer is a FeatureCollection as it is (RFC 7946).
public struct FindCitiesGeoJSON: CityQuery {
    /// `cities.find-cities-geojson.v1`.
    public static let type = MessageType(.cities, .query, "find-cities-geojson")

    /// A part of a name; every city if absent.
    public var text: String?
    /// ISO 3166-1; every country if absent.
    public var country: String?
    /// 1 to 500; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: String?
    /// Only within this circle; everywhere if absent.
    public var near: Near?

    /// Makes the query.
    public init(
        text: String? = nil, country: String? = nil, limit: Int? = nil, after: String? = nil, near: Near? = nil
    ) {
        self.text = text
        self.country = country
        self.limit = limit
        self.after = after
        self.near = near
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        try check(limitMax: 500)
    }

    /// What a city on the map says of itself.
    public struct Properties: Codable, Equatable, Sendable {
        /// For people and addresses.
        public var slug: String
        /// Its names.
        public var names: [CityName]
        /// ISO 3166-1 alpha-2.
        public var country: String
        /// People.
        public var population: Population
        /// How far it is from the point; absent without `near`.
        public var distanceMetres: Int?

        /// Makes properties.
        public init(
            slug: String, names: [CityName], country: String, population: Population, distanceMetres: Int? = nil
        ) {
            self.slug = slug
            self.names = names
            self.country = country
            self.population = population
            self.distanceMetres = distanceMetres
        }
    }

    /// A page of cities; `id` is the city's.
    public typealias Reply = FeatureCollection<Properties>
}
