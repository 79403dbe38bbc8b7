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

/// Reads how much is in the copy of the cities.
struct MeasureCities: ExtentStatement {
    static let sql = "SELECT \(columns) FROM city"
}

/// Reads how much is in the copy of the merchants.
struct MeasureMerchants: ExtentStatement {
    static let sql = "SELECT \(columns) FROM merchant"
}
