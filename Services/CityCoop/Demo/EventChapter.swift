import Contracts
import FoundationEssentials
import Messaging

/// An event with fewer seats than friends.
struct EventChapter {
    /// It takes place so many days after the story is told.
    private static let daysAhead = 30.0
    private static let seats = 2

    let stage: Stage
    let known: Known

    func tell() async throws {
        let cities = [try known.cities.city("bad-radkersburg"), try known.cities.city("gornja-radgona")]
        let names = cities.map(\.officialName).joined(separator: " and ")
        Story.chapter("\(names) hold a festival on the bridge between them")
        let event = UUID.version7()
        _ = try await stage.ask(
            PublishEvent(
                eventId: event, cityIds: cities.map(\.cityId),
                title: [
                    "de": "Brückenfest", "sl": "Praznik na mostu", "hu": "Hídünnep", "en": "Festival on the bridge",
                ],
                startsAt: Timestamp(Date() + Self.daysAhead * 86_400), timeZone: "Europe/Vienna", capacity: Self.seats))
        Story.tell("It has \(Self.seats) seats.", by: PublishEvent.type)

        let claras = try await register(Cast.clara, for: event, expecting: .registered)
        _ = try await register(Cast.ana, for: event, expecting: .registered)
        _ = try await register(Cast.bence, for: event, expecting: .waitlisted)
        let cancelled = try await stage.ask(CancelRegistration(registrationId: claras, eventId: event))
        guard cancelled.promoted == 1 else {
            throw CommandFailure(.refused, "\(cancelled.promoted) parties moved up where one waited.")
        }
        Story.tell("Clara cannot come after all, and Bence moves up by himself.", by: CancelRegistration.type)
        let now = try await stage.ask(GetEvent(eventId: event))
        Story.tell("\(now.taken) of \(now.capacity) seats are taken, \(now.waiting) people wait.", by: GetEvent.type)
    }

    private func register(
        _ person: Cast.Person, for event: UUID, expecting outcome: RegisterForEvent.Reply.Outcome
    ) async throws -> UUID {
        let id = UUID.version7()
        let reply = try await stage.ask(
            RegisterForEvent(registrationId: id, eventId: event, personId: person.id, party: 1))
        guard reply.outcome == outcome else {
            throw CommandFailure(.refused, "\(person.name) is \(reply.outcome.rawValue), not \(outcome.rawValue).")
        }
        let text = outcome == .registered ? "has a seat" : "is first in the waiting line"
        Story.tell("\(person.name) \(text).", by: RegisterForEvent.type)
        return id
    }
}
