import Contracts
import Messaging
import Postgres

/// Tells what an event is and how full it is: `events.get-event.v1`.
struct GetEvents: QueryHandler {
    static let access: AccessRule<GetEvent> = .everyone

    func answer(_ query: GetEvent, from asker: Asker, reading database: Pool) async throws -> GetEvent.Reply {
        guard let reply = try await database.execute(ReadEventReply(id: query.eventId)).first else {
            throw SeatRefusalReason.eventUnknown.problem
        }
        return reply
    }
}
