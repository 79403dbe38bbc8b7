import Contracts
import Messaging
import Postgres

/// Keeps the copy of the cities: `cities.city-registered.v1`.
struct KeepCities: Handler {
    func handle(_ batch: Batch<CityRegistered>, in transaction: inout MessageTransaction) async throws {
        transaction.write(CopyCities(cities: batch.newest(of: \.city.cityId)))
    }
}

/// Keeps the copy of the merchants: `cities.merchant-registered.v1`.
///
/// Nothing else makes a merchant known here.
struct KeepMerchants: Handler {
    func handle(_ batch: Batch<MerchantRegistered>, in transaction: inout MessageTransaction) async throws {
        transaction.write(CopyMerchants(merchants: batch.newest(of: \.merchantId)))
    }
}

/// Counts the cities in the copy.
struct CountCities: CountStatement {
    static let sql = "SELECT count(*) FROM city"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Counts the merchants in the copy.
struct CountMerchants: CountStatement {
    static let sql = "SELECT count(*) FROM merchant"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
