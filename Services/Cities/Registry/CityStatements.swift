public import Contracts
import FoundationEssentials
public import Postgres

extension CityName.Kind: PostgresScalar {}

extension Population.Scope: PostgresScalar {
    /// For checking statements without a row.
    public static var sample: Population.Scope? { .municipality }
}

extension RegisteredCity {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        city.city_id, slug, country, nuts3, lau, geonames_id, latitude, longitude, population, population_date,
        population_scope, population_is_verified, time_zone, currency, version,
        ARRAY(SELECT language FROM city_name AS n WHERE n.city_id = city.city_id ORDER BY place),
        ARRAY(SELECT name FROM city_name AS n WHERE n.city_id = city.city_id ORDER BY place),
        ARRAY(SELECT kind FROM city_name AS n WHERE n.city_id = city.city_id ORDER BY place)
        """

    init(_ columns: inout Columns) throws {
        let (id, slug): (UUID, String) = (try columns.next(), try columns.next())
        let (country, nuts3, lau): (String, String, String) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let geoNamesId: Int = try columns.next()
        let position = Position(latitude: try columns.next(), longitude: try columns.next())
        let population = Population(
            value: try columns.next(), date: try columns.next(), scope: try columns.next(),
            verified: try columns.next())
        let (timeZone, currency): (String, String) = (try columns.next(), try columns.next())
        let version: Int64 = try columns.next()
        let languages: [String] = try columns.next()
        let names: [String] = try columns.next()
        let kinds: [CityName.Kind] = try columns.next()
        self.init(
            facts: CityFacts(
                cityId: id, slug: slug,
                names: zip(languages, zip(names, kinds)).map { language, rest in
                    CityName(language: language, name: rest.0, kind: rest.1)
                },
                country: country, nuts3: nuts3, lau: lau, geoNamesId: geoNamesId, position: position,
                population: population, timeZone: timeZone, currency: currency),
            version: version)
    }
}

/// Reads the cities that have one of the ids or one of the slugs.
struct ReadCities: Statement {
    static let sql = "SELECT \(RegisteredCity.columns) FROM city WHERE city_id = ANY ($1) OR slug = ANY ($2)"
    var ids: [UUID]
    var slugs: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(slugs)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredCity {
        try RegisteredCity(&columns)
    }
}

/// Tells which of the ids are cities'.
struct FindCityIDs: Statement {
    static let sql = "SELECT city_id FROM city WHERE city_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads cities in the order of ids, page by page.
struct ReadCityPage: Statement {
    static let sql = """
        SELECT \(RegisteredCity.columns) FROM city
        WHERE $1::uuid IS NULL OR city_id > $1 ORDER BY city_id LIMIT $2
        """
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredCity {
        try RegisteredCity(&columns)
    }
}

/// Finds cities whose names have the key in them, in the order of slugs.
struct SearchCities: Statement {
    static let sql = """
        SELECT \(RegisteredCity.columns) FROM city
        WHERE ($1::text IS NULL OR strpos(search_text, $1) > 0)
            AND ($2::text IS NULL OR country = $2)
            AND ($3::text IS NULL OR slug > $3)
        ORDER BY slug LIMIT $4
        """
    /// As ``CityNames/searchKey(_:)`` makes it; `nil` finds every city.
    var key: String?
    var country: String?
    var after: String?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(key)
        parameters.add(country)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredCity {
        try RegisteredCity(&columns)
    }
}

/// Inserts cities, which come sorted by id.
struct InsertCities: Statement {
    static let sql = """
        INSERT INTO city (city_id, slug, country, nuts3, lau, geonames_id, latitude, longitude, population,
            population_date, population_scope, population_is_verified, time_zone, currency, search_text, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
            $7::double precision[], $8::double precision[], $9::bigint[], $10::text[], $11::text[], $12::boolean[],
            $13::text[], $14::text[], $15::text[], $16::bigint[])
        """
    var cities: [RegisteredCity]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities.map(\.facts.cityId))
        parameters.add(cities.map(\.facts.slug))
        parameters.add(cities.map(\.facts.country))
        parameters.add(cities.map(\.facts.nuts3))
        parameters.add(cities.map(\.facts.lau))
        parameters.add(cities.map(\.facts.geoNamesId))
        parameters.add(cities.map(\.facts.position.latitude))
        parameters.add(cities.map(\.facts.position.longitude))
        parameters.add(cities.map(\.facts.population.value))
        parameters.add(cities.map(\.facts.population.date))
        parameters.add(cities.map(\.facts.population.scope))
        parameters.add(cities.map(\.facts.population.verified))
        parameters.add(cities.map(\.facts.timeZone))
        parameters.add(cities.map(\.facts.currency))
        parameters.add(cities.map(\.searchText))
        parameters.add(cities.map(\.version))
    }
}

/// Inserts the names of cities, which come sorted by id.
struct InsertCityNames: Statement {
    static let sql = """
        INSERT INTO city_name (city_id, place, language, name, kind)
        SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[])
        """
    private var cityIDs: [UUID] = []
    private var places: [Int16] = []
    private var names: [CityName] = []

    init(cities: [RegisteredCity]) {
        for city in cities {
            for (place, name) in city.facts.names.enumerated() {
                cityIDs.append(city.facts.cityId)
                places.append(Int16(clamping: place))
                names.append(name)
            }
        }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityIDs)
        parameters.add(places)
        parameters.add(names.map(\.language))
        parameters.add(names.map(\.name))
        parameters.add(names.map(\.kind))
    }
}
