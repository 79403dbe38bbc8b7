import Contracts
import Messaging

/// Sets values of indicators: `cities.set-indicator.v1`.
///
/// Values that are there are locked in the order of their keys. Two instances that set a new one at once meet at the unique
/// index of its versions: the second waits, fails with 23505, and its batch runs again and finds the first.
struct SetIndicators: Handler {
    static let access: AccessRule<SetIndicator> = .editors(of: \.cityId)
    /// Commands of 500 values each: some thousand rows and events in a transaction.
    static let batchMax = 8

    func handle(_ batch: Batch<SetIndicator>, in transaction: inout MessageTransaction) async throws {
        let keys = Set(batch.messages.flatMap { request in request.values.map { $0.key(in: request.cityId) } })
        let (cities, present) = try await transaction.execute(
            FindCityIDs(ids: batch.messages.map(\.cityId)), LockIndicators(keys: keys.sorted()))
        var indicators = IndicatorRevisions(cities: cities, present: present)
        for request in batch.messages {
            switch indicators.set(request.message, by: request.envelope.user, at: batch.now) {
            case .set(let revisions, let unchanged):
                for revision in revisions { transaction.publish(revision.event, because: request) }
                transaction.answer(request, with: SetIndicator.Reply(set: revisions.count, unchanged: unchanged))
            case .refused(let reason):
                transaction.refuse(request, reason.problem)
            }
        }
        guard !indicators.revisions.isEmpty else { return }
        transaction.write(InsertIndicatorRevisions(revisions: indicators.revisions))
        transaction.write(WriteIndicators(revisions: indicators.changes))
    }
}
