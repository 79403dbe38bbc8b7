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
        population_scope, population_is_verified, population_source, time_zone, currency, nuts_version, lau_year,
        lau_is_verified, wikidata_id, un_locode, languages, version,
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
            verified: try columns.next(), source: try columns.next())
        let (timeZone, currency): (String, String) = (try columns.next(), try columns.next())
        let (nutsVersion, lauYear): (Int?, Int?) = (try columns.next(), try columns.next())
        let lauVerified: Bool? = try columns.next()
        let (wikidataId, unLocode): (String?, String?) = (try columns.next(), try columns.next())
        let languages = try columns.next(String?.self)?.split(separator: " ").map(String.init)
        let version: Int64 = try columns.next()
        let names = try RegisteredCity.names(&columns)
        self.init(
            facts: CityFacts(
                cityId: id, slug: slug, names: names, country: country, nuts3: nuts3, lau: lau, geoNamesId: geoNamesId,
                position: position, population: population, timeZone: timeZone, currency: currency,
                nutsVersion: nutsVersion, lauYear: lauYear, lauVerified: lauVerified, wikidataId: wikidataId,
                unLocode: unLocode, languages: languages),
            version: version)
    }

    private static func names(_ columns: inout Columns) throws -> [CityName] {
        let (languages, names): ([String], [String]) = (try columns.next(), try columns.next())
        let kinds: [CityName.Kind] = try columns.next()
        return zip(languages, zip(names, kinds)).map { language, rest in
            CityName(language: language, name: rest.0, kind: rest.1)
        }
    }

    /// The columns that are written and their types, the key first, in the order of ``bind(_:to:)``.
    fileprivate static let written = [
        ("city_id", "uuid"), ("slug", "text"), ("country", "text"), ("nuts3", "text"), ("lau", "text"),
        ("geonames_id", "bigint"), ("latitude", "double precision"), ("longitude", "double precision"),
        ("population", "bigint"), ("population_date", "text"), ("population_scope", "text"),
        ("population_is_verified", "boolean"), ("population_source", "text"), ("time_zone", "text"),
        ("currency", "text"), ("nuts_version", "bigint"), ("lau_year", "bigint"), ("lau_is_verified", "boolean"),
        ("wikidata_id", "text"), ("un_locode", "text"), ("languages", "text"), ("search_text", "text"),
        ("version", "bigint"),
    ]

    /// The names of ``written``.
    fileprivate static let writtenNames = written.map(\.0).joined(separator: ", ")
    /// A row for each city that is bound.
    fileprivate static let writtenRows =
        "unnest(" + written.enumerated().map { "$\($0.offset + 1)::\($0.element.1)[]" }.joined(separator: ", ") + ")"

    fileprivate static func bind(_ cities: [RegisteredCity], to parameters: inout Parameters) {
        let facts = cities.map(\.facts)
        parameters.add(facts.map(\.cityId))
        parameters.add(facts.map(\.slug))
        parameters.add(facts.map(\.country))
        parameters.add(facts.map(\.nuts3))
        parameters.add(facts.map(\.lau))
        parameters.add(facts.map(\.geoNamesId))
        parameters.add(facts.map(\.position.latitude))
        parameters.add(facts.map(\.position.longitude))
        parameters.add(facts.map(\.population.value))
        parameters.add(facts.map(\.population.date))
        parameters.add(facts.map(\.population.scope))
        parameters.add(facts.map(\.population.verified))
        parameters.add(facts.map(\.population.source))
        parameters.add(facts.map(\.timeZone))
        parameters.add(facts.map(\.currency))
        parameters.add(facts.map(\.nutsVersion))
        parameters.add(facts.map(\.lauYear))
        parameters.add(facts.map(\.lauVerified))
        parameters.add(facts.map(\.wikidataId))
        parameters.add(facts.map(\.unLocode))
        parameters.add(facts.map { $0.languages?.joined(separator: " ") })
        parameters.add(cities.map(\.searchText))
        parameters.add(cities.map(\.version))
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

/// Locks cities against others who change them or what hangs on them, and tells which there are.
struct LockCities: Statement {
    static let sql = "SELECT city_id FROM city WHERE city_id = ANY ($1) ORDER BY city_id FOR NO KEY UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Inserts cities, which come sorted by id.
struct InsertCities: Statement {
    static let sql =
        "INSERT INTO city (\(RegisteredCity.writtenNames)) SELECT * FROM \(RegisteredCity.writtenRows)"
    var cities: [RegisteredCity]

    func bind(_ parameters: inout Parameters) {
        RegisteredCity.bind(cities, to: &parameters)
    }
}

/// Writes the facts of cities that are locked.
struct UpdateCities: Statement {
    static let sql = """
        UPDATE city SET \(RegisteredCity.written.dropFirst().map { "\($0.0) = new.\($0.0)" }.joined(separator: ", "))
        FROM \(RegisteredCity.writtenRows) AS new (\(RegisteredCity.writtenNames)) WHERE city.city_id = new.city_id
        """
    var cities: [RegisteredCity]

    func bind(_ parameters: inout Parameters) {
        RegisteredCity.bind(cities, to: &parameters)
    }
}

/// Deletes the names of cities, before their present ones are inserted.
struct DeleteCityNames: Statement {
    static let sql = "DELETE FROM city_name WHERE city_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
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
