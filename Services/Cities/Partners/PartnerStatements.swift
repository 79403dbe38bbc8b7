public import Contracts
import FoundationEssentials
public import Postgres

extension PartnerFacts.Role: PostgresScalar {
    /// For checking statements without a row.
    public static var sample: PartnerFacts.Role? { .lead }
}

extension RegisteredPartner {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        partner.partner_id, name, role,
        ARRAY(SELECT city_id FROM partner_city AS c WHERE c.partner_id = partner.partner_id ORDER BY place), version
        """

    init(_ columns: inout Columns) throws {
        self.init(
            facts: PartnerFacts(
                partnerId: try columns.next(), name: try columns.next(), role: try columns.next(),
                cityIds: try columns.next()),
            version: try columns.next())
    }
}

/// Locks organisations against others who change them.
struct LockPartners: Statement {
    static let sql = "SELECT partner_id FROM partner WHERE partner_id = ANY ($1) ORDER BY partner_id FOR NO KEY UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads organisations by id.
struct ReadPartners: Statement {
    static let sql = "SELECT \(RegisteredPartner.columns) FROM partner WHERE partner_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredPartner {
        try RegisteredPartner(&columns)
    }
}

/// Finds organisations in the order of ids, those of a city or all.
struct SearchPartners: Statement {
    static let sql = """
        SELECT \(RegisteredPartner.columns) FROM partner
        WHERE ($1::uuid IS NULL
                OR EXISTS (SELECT FROM partner_city AS c WHERE c.partner_id = partner.partner_id AND c.city_id = $1))
            AND ($2::uuid IS NULL OR partner_id > $2)
        ORDER BY partner_id LIMIT $3
        """
    var cityId: UUID?
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityId)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredPartner {
        try RegisteredPartner(&columns)
    }
}

/// Inserts organisations, which come sorted by id.
///
/// Of two batches that register the same id at once the second fails with 23505, and runs again.
struct InsertPartners: Statement {
    static let sql = """
        INSERT INTO partner (partner_id, name, role, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
        """
    var partners: [RegisteredPartner]

    func bind(_ parameters: inout Parameters) {
        parameters.add(partners.map(\.facts.partnerId))
        parameters.add(partners.map(\.facts.name))
        parameters.add(partners.map(\.facts.role))
        parameters.add(partners.map(\.version))
    }
}

/// Writes the facts of organisations that are locked.
struct UpdatePartners: Statement {
    static let sql = """
        UPDATE partner SET name = new.name, role = new.role, version = new.version
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS new (id, name, role, version)
        WHERE partner_id = id
        """
    var partners: [RegisteredPartner]

    func bind(_ parameters: inout Parameters) {
        InsertPartners(partners: partners).bind(&parameters)
    }
}

/// Deletes which cities organisations represent, before their present ones are inserted.
struct DeletePartnerCities: Statement {
    static let sql = "DELETE FROM partner_city WHERE partner_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Inserts which cities organisations represent.
struct InsertPartnerCities: Statement {
    static let sql = """
        INSERT INTO partner_city (partner_id, place, city_id)
        SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::uuid[])
        """
    private var partnerIds: [UUID] = []
    private var places: [Int16] = []
    private var cityIds: [UUID] = []

    init(partners: [RegisteredPartner]) {
        for partner in partners {
            for (place, cityId) in partner.facts.cityIds.enumerated() {
                partnerIds.append(partner.facts.partnerId)
                places.append(Int16(clamping: place))
                cityIds.append(cityId)
            }
        }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(partnerIds)
        parameters.add(places)
        parameters.add(cityIds)
    }
}
