import Contracts
import FoundationEssentials
import Messaging

/// Registers merchants in cities that are known: `cities.register-merchant.v1`.
///
/// Like ``RegisterCities`` it leaves races to the unique index.
struct RegisterMerchants: Handler {
    static let access: AccessRule<RegisterMerchant> = .editors { $0.cityId }

    func handle(_ batch: Batch<RegisterMerchant>, in transaction: inout MessageTransaction) async throws {
        let (known, cities) = try await transaction.execute(
            ReadMerchants(ids: batch.messages.map(\.merchantId)), FindCityIDs(ids: batch.messages.map(\.cityId)))
        var merchants = MerchantRegistrations(cities: cities, known: known)
        for request in batch.messages {
            switch merchants.register(request.message) {
            case .registered(let merchant):
                transaction.publish(merchant.event, answering: request, with: merchant.reply)
            case .repeated(let merchant):
                transaction.answer(request, with: merchant.reply)
            case .refused(let reason):
                transaction.publish(
                    MerchantRefused(merchantId: request.merchantId, code: reason.rawValue), refusing: request,
                    with: reason.problem)
            }
        }
        if !merchants.changes.isEmpty { transaction.write(InsertMerchants(merchants: merchants.changes)) }
    }
}
