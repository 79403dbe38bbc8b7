import Contracts
import FoundationEssentials
import Messaging

/// Sets whether cities take one another's vouchers: `cities.set-acceptance.v1`.
///
/// The issuer's row is the lock of all its pairs.
struct SetAcceptances: Handler {
    static let access = AccessRule<SetAcceptance>.administrators

    func handle(_ batch: Batch<SetAcceptance>, in transaction: inout MessageTransaction) async throws {
        let issuers = Set(batch.messages.map(\.issuerCityId)).sorted()
        let acceptors = Set(batch.messages.map(\.acceptingCityId)).sorted()
        let (locked, cities, known) = try await transaction.execute(
            LockCities(ids: issuers), FindCityIDs(ids: acceptors),
            ReadAcceptances(issuers: issuers, acceptors: acceptors))
        var acceptances = Acceptances(cities: locked + cities, known: known)
        for request in batch.messages {
            switch acceptances.set(request.message) {
            case .changed(let acceptance):
                transaction.publish(acceptance.event, answering: request, with: acceptance.reply)
            case .repeated(let acceptance): transaction.answer(request, with: acceptance.reply)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        guard !acceptances.changes.isEmpty else { return }
        transaction.write(WriteAcceptances(acceptances: acceptances.changes))
        transaction.write(InsertAcceptanceEdges(acceptances: acceptances.changes))
    }
}
