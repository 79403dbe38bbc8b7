import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Reads merchants from the copy of the registry.
struct ReadMerchants: Statement {
    static let sql = "SELECT merchant_id, city_id, closed_from FROM merchant WHERE merchant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> KnownMerchant {
        KnownMerchant(
            merchantId: try columns.next(), cityId: try columns.next(),
            closedFrom: try columns.next(CalendarDate?.self).map { Day($0) })
    }
}

/// Reads which of these cities the copy of the registry knows.
struct ReadCities: Statement {
    static let sql = "SELECT city_id FROM city WHERE city_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Keeps the newer version of each city.
struct CopyCities: Statement {
    static let sql = """
        INSERT INTO city (city_id, slug, version, country)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[])
        ON CONFLICT (city_id) DO UPDATE
        SET slug = excluded.slug, version = excluded.version, country = excluded.country
        WHERE city.version < excluded.version
        """
    var cities: [CityRegistered]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities.map(\.city.cityId))
        parameters.add(cities.map(\.city.slug))
        parameters.add(cities.map(\.version))
        parameters.add(cities.map(\.city.country))
    }
}

/// Keeps the newer version of each merchant.
struct CopyMerchants: Statement {
    static let sql = """
        INSERT INTO merchant (merchant_id, city_id, name, version, closed_from, category, fee_basis_points)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::date[], $6::text[], $7::integer[])
        ON CONFLICT (merchant_id) DO UPDATE
        SET city_id = excluded.city_id, name = excluded.name, version = excluded.version,
            closed_from = excluded.closed_from, category = excluded.category,
            fee_basis_points = excluded.fee_basis_points
        WHERE merchant.version < excluded.version
        """
    var merchants: [MerchantRegistered]

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants.map(\.merchantId))
        parameters.add(merchants.map(\.cityId))
        parameters.add(merchants.map(\.name))
        parameters.add(merchants.map(\.version))
        parameters.add(merchants.map { $0.closedFrom?.date })
        parameters.add(merchants.map(\.category))
        parameters.add(merchants.map { $0.feeBasisPoints.map { Int32(clamping: $0) } })
    }
}

/// Keeps the copy of the merchants as it is until the end of the transaction, and reads whether it is whole.
///
/// Where a merchant is missing from it, nobody would say in which city a voucher was spent, or for which fee.
struct HoldMerchants: Statement {
    static let sql = "SELECT completed_at IS NOT NULL FROM copy WHERE name = 'merchants' FOR SHARE"

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}
