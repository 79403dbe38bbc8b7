import Contracts
import Messaging

/// Puts events into the calendar: `events.publish.v1`.
///
/// There is nothing to lock, because an event's facts do not change. Two instances that publish the same id at once meet at its
/// primary key: the second waits, fails with 23505, and its batch runs again and finds the first.
struct PublishEvents: Handler {
    static let access: AccessRule<PublishEvent> = .editors(ofEach: { $0.cityIds })

    func handle(_ batch: Batch<PublishEvent>, in transaction: inout MessageTransaction) async throws {
        let earlier = try await transaction.execute(ReadPublishedEvents(ids: batch.messages.map(\.eventId)))
        var publications = Publications(earlier: earlier)
        for request in batch.messages {
            switch publications.publish(request.message) {
            case .published(let event):
                transaction.publish(event.event, answering: request, with: event.reply)
            case .repeated(let event):
                transaction.answer(request, with: event.reply)
            case .refused(let problem):
                transaction.publish(
                    PublicationRefused(eventId: request.eventId, code: problem.code), refusing: request, with: problem)
            }
        }
        guard !publications.changes.isEmpty else { return }
        transaction.write(InsertEvents(events: publications.changes))
        transaction.write(InsertEventCities(events: publications.changes))
        transaction.write(InsertEventTitles(events: publications.changes))
    }
}
