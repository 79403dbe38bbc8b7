import Contracts
import FoundationEssentials
import Messaging

/// Says what cities are from a day on: `cities.set-membership.v1`.
struct SetMemberships: Handler {
    static let access = AccessRule<SetMembership>.administrators

    func handle(_ batch: Batch<SetMembership>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.cityId)).sorted()
        let (cities, known) = try await transaction.execute(LockCities(ids: ids), ReadMemberships(cityIds: ids))
        var memberships = Memberships(cities: cities, known: known)
        for request in batch.messages {
            switch memberships.set(request.message) {
            case .changed(let membership):
                transaction.publish(membership.event, answering: request, with: membership.reply)
            case .repeated(let membership): transaction.answer(request, with: membership.reply)
            case .refused(let problem): transaction.refuse(request, problem)
            }
        }
        guard !memberships.changes.isEmpty else { return }
        transaction.write(WriteMemberships(memberships: memberships.changes))
        transaction.write(InsertMembershipEntries(memberships: memberships.changes))
    }
}
