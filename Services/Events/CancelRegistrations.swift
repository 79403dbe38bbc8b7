import Contracts
import FoundationEssentials
import Messaging

/// Takes seats and places in line back, and gives them to those who wait: `events.cancel-registration.v1`.
struct CancelRegistrations: Handler {
    static let access: AccessRule<CancelRegistration> = .administrators

    func handle(_ batch: Batch<CancelRegistration>, in transaction: inout MessageTransaction) async throws {
        let ids = batch.messages.map(\.registrationId)
        let eventIDs = Set(batch.messages.map(\.eventId)).sorted()
        let (_, events, registrations, line) = try await transaction.execute(
            LockEvents(ids: eventIDs), ReadSeatedEvents(ids: eventIDs), ReadRegistrations(ids: ids),
            ReadLines(eventIDs: eventIDs, leaving: ids))

        var seats = SeatDecisions(events: events, registrations: registrations + line)
        for request in batch.messages {
            switch seats.cancel(request.message, at: Timestamp(batch.now)) {
            case .cancelled(let registration, let promoted, let event):
                transaction.publish(
                    RegistrationCancelled(registration.facts(of: event)), answering: request,
                    with: .init(registrationId: request.registrationId, promoted: promoted.count))
                for next in promoted { transaction.publish(PersonPromoted(next.facts(of: event)), because: request) }
            case .repeated(let reply):
                transaction.answer(request, with: reply)
            case .refused(let reason):
                transaction.publish(
                    CancellationRefused(registrationId: request.registrationId, code: reason.rawValue),
                    refusing: request, with: reason.problem)
            }
        }
        transaction.write(seats.changes)
    }
}
