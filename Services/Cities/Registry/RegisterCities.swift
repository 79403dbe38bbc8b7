import Contracts
import FoundationEssentials
import Messaging

/// Registers cities: `cities.register-city.v1`.
///
/// There is nothing to lock, because a city does not change. Two instances that register the same id or slug at once meet at
/// its unique index: the second waits, fails with 23505, and its batch runs again and finds the first.
struct RegisterCities: Handler {
    static let access: AccessRule<RegisterCity> = .administrators

    func handle(_ batch: Batch<RegisterCity>, in transaction: inout MessageTransaction) async throws {
        let known = try await transaction.execute(
            ReadCities(ids: batch.messages.map(\.city.cityId), slugs: batch.messages.map(\.city.slug)))
        var cities = CityRegistrations(known: known)
        for request in batch.messages {
            switch cities.register(request.message) {
            case .registered(let city):
                transaction.publish(city.event, answering: request, with: city.reply)
            case .repeated(let city):
                transaction.answer(request, with: city.reply)
            case .refused(let reason):
                transaction.publish(
                    CityRefused(cityId: request.city.cityId, code: reason.rawValue), refusing: request,
                    with: reason.problem)
            }
        }
        guard !cities.changes.isEmpty else { return }
        transaction.write(InsertCities(cities: cities.changes))
        transaction.write(InsertCityNames(cities: cities.changes))
    }
}
