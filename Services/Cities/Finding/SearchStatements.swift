import Contracts
import Postgres

extension FoundCity {
    /// A city and its distance.
    init(_ columns: inout Columns) throws {
        city = try RegisteredCity(&columns)
        metres = try columns.next()
    }

    /// Every city with its distance in metres from a point.
    ///
    /// The haversine formula, on a sphere with the earth's mean radius, is off by half a percent at most. There are a few
    /// dozen cities, so each is measured.
    static func distances(latitude: String, longitude: String) -> String {
        """
        (SELECT *, 2 * 6371008.8 * asin(sqrt(least(1, sin(radians(latitude - \(latitude)) / 2) ^ 2
            + cos(radians(\(latitude))) * cos(radians(latitude)) * sin(radians(longitude - \(longitude)) / 2) ^ 2)))
            AS metres FROM city) AS city
        """
    }
}

/// Finds cities in a circle, whose names have the key in them, the nearest first.
struct SearchCitiesNear: Statement {
    static let sql = """
        SELECT \(RegisteredCity.columns), metres FROM \(FoundCity.distances(latitude: "$3", longitude: "$4"))
        WHERE ($1::text IS NULL OR strpos(search_text, $1) > 0)
            AND ($2::text IS NULL OR country = $2)
            AND metres <= $5
        ORDER BY metres, slug LIMIT $6
        """
    /// As ``CityNames/searchKey(_:)`` makes it; `nil` finds every city.
    var key: String?
    var country: String?
    var near: Near
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(key)
        parameters.add(country)
        parameters.add(near.latitude)
        parameters.add(near.longitude)
        parameters.add(Double(near.radiusMetres))
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FoundCity {
        try FoundCity(&columns)
    }
}

/// Finds cities with a name like the key, the likest first.
///
/// How like they are is the share of the key's trigrams that stand together in a name: "ormosz" has 4 of its 7 in "ormoz".
/// Half of them let `Weitz` find Weiz; two errors in a long name leave four of ten.
struct SearchSimilarCities: Statement {
    static let sql = """
        SELECT \(RegisteredCity.columns), metres FROM \(FoundCity.distances(latitude: "$3", longitude: "$4"))
        WHERE word_similarity($1, search_text) >= 0.4
            AND ($2::text IS NULL OR country = $2)
            AND ($5::double precision IS NULL OR metres <= $5)
        ORDER BY word_similarity($1, search_text) DESC, slug LIMIT $6
        """
    /// As ``CityNames/searchKey(_:)`` makes it.
    var key: String
    var country: String?
    var near: Near?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(key)
        parameters.add(country)
        parameters.add(near?.latitude)
        parameters.add(near?.longitude)
        parameters.add(near.map { Double($0.radiusMetres) })
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FoundCity {
        try FoundCity(&columns)
    }
}
