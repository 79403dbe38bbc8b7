import Contracts
import FoundationEssentials
import Postgres

extension RegisteredMerchant {
    init(_ columns: inout Columns) throws {
        merchantId = try columns.next()
        cityId = try columns.next()
        name = try columns.next()
        version = try columns.next()
    }
}

/// Reads merchants by id.
struct ReadMerchants: Statement {
    static let sql = "SELECT merchant_id, city_id, name, version FROM merchant WHERE merchant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredMerchant {
        try RegisteredMerchant(&columns)
    }
}

/// Reads merchants in the order of ids, page by page.
struct ReadMerchantPage: Statement {
    static let sql = """
        SELECT merchant_id, city_id, name, version FROM merchant
        WHERE $1::uuid IS NULL OR merchant_id > $1 ORDER BY merchant_id LIMIT $2
        """
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> RegisteredMerchant {
        try RegisteredMerchant(&columns)
    }
}

/// Inserts merchants, which come sorted by id.
struct InsertMerchants: Statement {
    static let sql = """
        INSERT INTO merchant (merchant_id, city_id, name, version)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
        """
    var merchants: [RegisteredMerchant]

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants.map(\.merchantId))
        parameters.add(merchants.map(\.cityId))
        parameters.add(merchants.map(\.name))
        parameters.add(merchants.map(\.version))
    }
}
