import Contracts
import FoundationEssentials
import Postgres

/// What every search of merchants may be limited to; `$1` to `$4` of its statement.
struct MerchantFilter: Sendable {
    static let sql = """
        ($2::uuid IS NULL OR city_id = $2) AND ($3::text IS NULL OR category LIKE $3)
            AND (NOT $4::boolean OR closed_from IS NULL OR closed_from > (now() AT TIME ZONE 'UTC')::date)
        """

    /// As the statement compares it with the words.
    var pattern: String?
    var cityId: UUID?
    var category: String?
    var openOnly: Bool

    init(_ query: FindMerchants, pattern: String?) {
        self.pattern = pattern
        cityId = query.cityId
        category = query.category.map { "\($0)%" }
        openOnly = query.openOnly ?? false
    }

    fileprivate func bind(_ parameters: inout Parameters) {
        parameters.add(pattern)
        parameters.add(cityId)
        parameters.add(category)
        parameters.add(openOnly)
    }
}

/// A merchant that was found, and the branch that is near.
struct FoundMerchant: Sendable {
    var merchant: RegisteredMerchant
    var branchId: UUID?
    /// How far it is through the earth, in metres.
    var chord: Double?

    /// What the asker is shown.
    var found: FindMerchants.Found {
        FindMerchants.Found(
            merchant: merchant.facts, version: merchant.version, closedFrom: merchant.closedFrom,
            ibanMasked: merchant.account?.mask, branchId: branchId,
            distanceMetres: chord.map { Int(Globe.metres(ofChord: $0).rounded()) })
    }
}

/// Has the statements behind it in its flight planned for their parameters, which decide what index is best, by one of the
/// indexes, and says how alike words are that are taken for each other.
///
/// The server takes likeness for cheap: reading through 10,000 merchants for it took 10 ms.
struct PlanForParameters: Statement {
    /// Two letters that changed places leave four of nine trigrams.
    static let likenessMin = "0.4"
    static let sql = """
        SELECT set_config('plan_cache_mode', 'force_custom_plan', true),
            set_config('enable_seqscan', 'off', true),
            set_config('pg_trgm.word_similarity_threshold', '\(likenessMin)', true)
        """
}

/// Has the statements behind it in its flight find a circle's branches by the index of places alone.
///
/// What is in the circle is sorted afterwards, which a wide one makes slow: with 8,000 branches in 50 km, 15 ms in a debug build.
struct PlanNearestFirst: Statement {
    static let sql = """
        SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true),
            set_config('enable_bitmapscan', 'off', true)
        """
}

/// Finds merchants that have the words, in the order of names.
struct SearchMerchants: Statement {
    static let sql = """
        SELECT \(RegisteredMerchant.columns) FROM merchant
        WHERE ($1::text IS NULL OR search_text LIKE $1) AND \(MerchantFilter.sql)
            AND ($5::uuid IS NULL
                OR (sort_name, merchant_id) > ((SELECT last.sort_name FROM merchant AS last WHERE last.merchant_id = $5), $5))
        ORDER BY sort_name, merchant_id LIMIT $6
        """
    var filter: MerchantFilter
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        filter.bind(&parameters)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FoundMerchant {
        FoundMerchant(merchant: try RegisteredMerchant(&columns))
    }
}

/// Finds merchants that have words like those, the most alike first.
struct SearchSimilarMerchants: Statement {
    static let sql = """
        SELECT \(RegisteredMerchant.columns) FROM merchant
        WHERE $1::text <% search_text AND \(MerchantFilter.sql)
        ORDER BY word_similarity($1, search_text) DESC, sort_name, merchant_id LIMIT $5
        """
    var filter: MerchantFilter
    var max: Int

    func bind(_ parameters: inout Parameters) {
        filter.bind(&parameters)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FoundMerchant {
        FoundMerchant(merchant: try RegisteredMerchant(&columns))
    }
}

/// Finds the branches in a circle, nearest first.
struct SearchNearMerchants: Statement {
    static let sql = """
        SELECT branch_id, place <-> cube($5::double precision[]), \(RegisteredMerchant.columns)
        FROM merchant_branch JOIN merchant USING (merchant_id)
        WHERE ($1::text IS NULL OR search_text LIKE $1) AND \(MerchantFilter.sql)
            AND place <@ cube($6::double precision[], $7::double precision[])
            AND place <-> cube($5::double precision[]) <= $8::double precision
            AND ($9::double precision IS NULL OR (place <-> cube($5::double precision[]), branch_id) > ($9, $10::uuid))
        ORDER BY place <-> cube($5::double precision[]), branch_id LIMIT $11
        """
    private let filter: MerchantFilter
    private let place: Globe.Place
    private let chord: Double
    private let last: (chord: Double, branchId: UUID)?
    let max: Int

    /// - Parameter after: Chord and branch of the last that is known, as they stand in an answer.
    init(_ filter: MerchantFilter, _ near: FindMerchants.Near, after: String?, max: Int) {
        self.filter = filter
        place = Globe.place(Position(latitude: near.latitude, longitude: near.longitude))
        chord = Globe.chord(ofMetres: Double(near.radiusMetres))
        let words = after?.split(separator: " ") ?? []
        if words.count == 2, let chord = Double(words[0]), let id = UUID(text: String(words[1])) {
            last = (chord, id)
        } else {
            last = nil
        }
        self.max = max
    }

    func bind(_ parameters: inout Parameters) {
        filter.bind(&parameters)
        parameters.add(place.coordinates)
        parameters.add(place.coordinates.map { $0 - chord })
        parameters.add(place.coordinates.map { $0 + chord })
        parameters.add(chord)
        parameters.add(last?.chord)
        parameters.add(last?.branchId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FoundMerchant {
        let (branchId, chord): (UUID, Double) = (try columns.next(), try columns.next())
        return FoundMerchant(merchant: try RegisteredMerchant(&columns), branchId: branchId, chord: chord)
    }
}

/// Reads merchants that have a branch with a position, in the order of ids.
struct SearchMappedMerchants: Statement {
    static let sql = """
        SELECT \(RegisteredMerchant.columns) FROM merchant
        WHERE ($1::uuid IS NULL OR merchant_id > $1) AND \(MerchantFilter.sql)
            AND EXISTS (SELECT FROM merchant_branch AS branch WHERE branch.merchant_id = merchant.merchant_id)
        ORDER BY merchant_id LIMIT $5
        """
    private let query: FindMerchantsGeoJSON
    private let max: Int

    init(_ query: FindMerchantsGeoJSON, max: Int) {
        self.query = query
        self.max = max
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.after)
        parameters.add(query.cityId)
        parameters.add(query.category.map { "\($0)%" })
        parameters.add(query.openOnly ?? false)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredMerchant {
        try RegisteredMerchant(&columns)
    }
}
