import Contracts
import FoundationEssentials
import Messaging

/// Gives seats, or places in line: `events.register.v1`.
///
/// Seats are counted under the lock of the event's row, so two instances never give the last one twice.
struct RegisterForEvents: Handler {
    static let access: AccessRule<RegisterForEvent> = .administrators

    func handle(_ batch: Batch<RegisterForEvent>, in transaction: inout MessageTransaction) async throws {
        let ids = batch.messages.map(\.registrationId)
        let eventIDs = Set(batch.messages.map(\.eventId)).sorted()
        let (_, events, earlier, active, refused) = try await transaction.execute(
            LockEvents(ids: eventIDs), ReadSeatedEvents(ids: eventIDs), ReadRegistrations(ids: ids),
            ReadActiveRegistrations(
                eventIDs: batch.messages.map(\.eventId), personIDs: batch.messages.map(\.personId)),
            ReadRefusedRegistrations(ids: ids))

        var seats = SeatDecisions(events: events, registrations: earlier + active, refused: refused)
        for request in batch.messages {
            switch seats.register(request.message, at: Timestamp(batch.now)) {
            case .placed(let registration, let event):
                let (facts, reply) = (registration.facts(of: event), registration.reply)
                switch registration.outcome {
                case .registered: transaction.publish(PersonRegistered(facts), answering: request, with: reply)
                case .waitlisted: transaction.publish(PersonWaitlisted(facts), answering: request, with: reply)
                }
            case .repeated(let reply):
                transaction.answer(request, with: reply)
            case .repeatedRefusal(let reason):
                transaction.refuse(request, reason.problem)
            case .refused(let reason):
                transaction.publish(
                    RegistrationRefused(registrationId: request.registrationId, code: reason.rawValue),
                    refusing: request, with: reason.problem)
            }
        }
        transaction.write(seats.changes)
    }
}
