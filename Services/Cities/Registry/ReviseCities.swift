import Contracts
import Messaging

/// Puts other facts in the place of those that cities have: `cities.revise-city.v1`.
///
/// Two that take one slug at once meet at its unique index, like two registrations.
struct ReviseCities: Handler {
    static let access = AccessRule<ReviseCity>.editors { $0.city.cityId }

    func handle(_ batch: Batch<ReviseCity>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.city.cityId)).sorted()
        let (_, known) = try await transaction.execute(
            LockCities(ids: ids), ReadCities(ids: ids, slugs: batch.messages.map(\.city.slug)))
        var cities = CityRevisions(known: known)
        for request in batch.messages {
            switch cities.revise(request.message) {
            case .changed(let city):
                transaction.publish(city.event, answering: request, with: city.reply)
            case .repeated(let city):
                transaction.answer(request, with: city.reply)
            case .refused(let problem):
                transaction.refuse(request, problem)
            }
        }
        guard !cities.changes.isEmpty else { return }
        transaction.write(UpdateCities(cities: cities.changes))
        transaction.write(DeleteCityNames(ids: cities.changes.map(\.facts.cityId)))
        transaction.write(InsertCityNames(cities: cities.changes))
    }
}
