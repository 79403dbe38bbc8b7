import Contracts
import FoundationEssentials

/// An event of the calendar as its locked row says, with its seats counted.
struct SeatedEvent: Hashable, Sendable {
    var eventId: UUID
    var title: LocalizedText
    var startsAt: Timestamp
    /// IANA.
    var timeZone: String
    /// Seats there are.
    var capacity: Int
    var fairness: PublishEvent.Fairness
    /// Seats taken by registered parties.
    var taken: Int
    /// Parties in line.
    var waiting: Int
    /// The place that the last registration got; places only grow.
    var lastPlace: Int64

    /// Seats that are free; none below zero, should the capacity have shrunk.
    var free: Int { max(0, capacity - taken) }
}

/// A party and where it stands.
struct Registration: Hashable, Sendable {
    /// Where a party stands now.
    enum State: String, CaseIterable, Sendable {
        /// Has its seats.
        case registered
        /// Waits, and holds no seat.
        case waitlisted
        /// Gave back its seats or its place.
        case cancelled
    }

    var registrationId: UUID
    var eventId: UUID
    var personId: UUID
    /// Seats.
    var party: Int
    /// The order in which parties came.
    var place: Int64
    var state: State
    /// What the command was answered, whatever happened since: a repeat gets it again.
    var outcome: RegisterForEvent.Reply.Outcome
    /// Once cancelled: how many parties got seats because of it, which a repeat is told again.
    var promotedByCancellation: Int = 0

    var isActive: Bool { state != .cancelled }

    /// Whether a command asks for the same.
    func matches(_ command: RegisterForEvent) -> Bool {
        registrationId == command.registrationId && eventId == command.eventId && personId == command.personId
            && party == command.party
    }

    /// What the asker is answered.
    var reply: RegisterForEvent.Reply { .init(registrationId: registrationId, outcome: outcome) }

    /// What its events say.
    func facts(of event: SeatedEvent) -> RegistrationFacts {
        RegistrationFacts(
            registrationId: registrationId, eventId: eventId, title: event.title, startsAt: event.startsAt,
            timeZone: event.timeZone, personId: personId, party: party)
    }
}

/// Why a registration or a cancellation is refused.
enum SeatRefusalReason: String, CaseIterable, Sendable {
    case eventUnknown = "event-unknown"
    case eventStarted = "event-started"
    case alreadyRegistered = "already-registered"
    case partyTooLarge = "party-too-large"
    case registrationDiffers = "registration-differs"
    case registrationUnknown = "registration-unknown"

    var problem: Problem {
        switch self {
        case .eventUnknown: Problem(rawValue, "There is no such event.")
        case .eventStarted: Problem(rawValue, "The event has started.")
        case .alreadyRegistered: Problem(rawValue, "This person has a registration for this event.")
        case .partyTooLarge: Problem(rawValue, "The event never had so many seats.")
        case .registrationDiffers: Problem(rawValue, "This registration id was used with other content.")
        case .registrationUnknown: Problem(rawValue, "There is no such registration for this event.")
        }
    }
}

/// A registration that was refused: the outcome that a repeat of the same command gets.
struct RefusedRegistration: Hashable, Sendable {
    var registrationId: UUID
    var eventId: UUID
    var personId: UUID
    var party: Int
    var reason: SeatRefusalReason

    func matches(_ command: RegisterForEvent) -> Bool {
        registrationId == command.registrationId && eventId == command.eventId && personId == command.personId
            && party == command.party
    }
}
