import Contracts
import FoundationEssentials
import Messaging
import Postgres

extension PairAcceptance {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        issuer_city_id, accepting_city_id, \(edge("from_day")), \(edge("until_day")), \(edge("allows")), version
        """

    private static func edge(_ column: String) -> String {
        """
        ARRAY(SELECT \(column) FROM acceptance_edge AS e WHERE e.issuer_city_id = acceptance.issuer_city_id
            AND e.accepting_city_id = acceptance.accepting_city_id ORDER BY from_day)
        """
    }

    init(_ columns: inout Columns) throws {
        pair = CityPair(issuerCityId: try columns.next(), acceptingCityId: try columns.next())
        let (from, until): ([CalendarDate], [CalendarDate?]) = (try columns.next(), try columns.next())
        let allows: [Bool] = try columns.next()
        edges = zip(zip(from, until), allows).map { days, allows in
            AcceptanceEdge(period: Period(from: Day(days.0), until: days.1.map { Day($0) }), allows: allows)
        }
        version = try columns.next()
    }
}

/// Reads what is set for pairs of these cities: as issuers, and as those who accept.
struct ReadAcceptances: Statement {
    static let sql = """
        SELECT \(PairAcceptance.columns) FROM acceptance
        WHERE issuer_city_id = ANY ($1) AND accepting_city_id = ANY ($2)
        """
    var issuers: [UUID]
    var acceptors: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(issuers)
        parameters.add(acceptors)
    }

    static func row(_ columns: inout Columns) throws -> PairAcceptance {
        try PairAcceptance(&columns)
    }
}

/// Reads what is set for pairs, in their order, page by page.
struct ReadAcceptancePage: Statement {
    static let sql = """
        SELECT \(PairAcceptance.columns) FROM acceptance
        WHERE $1::uuid IS NULL OR (issuer_city_id, accepting_city_id) > ($1, $2::uuid)
        ORDER BY issuer_city_id, accepting_city_id LIMIT $3
        """
    var after: CityPair?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after?.issuerCityId)
        parameters.add(after?.acceptingCityId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> PairAcceptance {
        try PairAcceptance(&columns)
    }
}

/// Writes the versions of pairs whose issuers are locked, and deletes their edges before their present ones are inserted.
struct WriteAcceptances: Statement {
    static let sql = """
        WITH pair AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS pair (issuer, acceptor, version)),
            gone AS (DELETE FROM acceptance_edge USING pair
                WHERE issuer_city_id = issuer AND accepting_city_id = acceptor)
        INSERT INTO acceptance (issuer_city_id, accepting_city_id, version) SELECT * FROM pair
        ON CONFLICT (issuer_city_id, accepting_city_id) DO UPDATE SET version = excluded.version
        """
    var acceptances: [PairAcceptance]

    func bind(_ parameters: inout Parameters) {
        parameters.add(acceptances.map(\.pair.issuerCityId))
        parameters.add(acceptances.map(\.pair.acceptingCityId))
        parameters.add(acceptances.map(\.version))
    }
}

/// Inserts the edges of pairs.
struct InsertAcceptanceEdges: Statement {
    static let sql = """
        INSERT INTO acceptance_edge (issuer_city_id, accepting_city_id, from_day, until_day, allows)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::date[], $5::boolean[])
        """
    private var edges: [(pair: CityPair, edge: AcceptanceEdge)]

    init(acceptances: [PairAcceptance]) {
        edges = acceptances.flatMap { acceptance in acceptance.edges.map { (acceptance.pair, $0) } }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(edges.map(\.pair.issuerCityId))
        parameters.add(edges.map(\.pair.acceptingCityId))
        parameters.add(edges.map(\.edge.period.from.date))
        parameters.add(edges.map(\.edge.period.until?.date))
        parameters.add(edges.map(\.edge.allows))
    }
}
