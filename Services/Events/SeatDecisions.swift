import Contracts
import FoundationEssentials

/// Decides a batch of registrations or cancellations, one after the other, over events whose rows are locked.
///
/// Load it with
/// - the events that the batch names, locked;
/// - the registrations with the batch's registration ids, and, to register, the active ones of its persons in its events;
/// - to cancel, the lines of these events as well. Not all of a long line is needed: of each party size, as many from the
///   front as the event's free seats and the seats of the batch's parties together, because each promotion takes one
///   seat at least;
/// - the registrations that were refused under the batch's ids.
///
/// Then decide in order and write ``changes``.
struct SeatDecisions: Sendable {
    /// What becomes of a registration.
    enum Registering: Equatable, Sendable {
        /// In or in line, now: answer, and tell.
        case placed(Registration, SeatedEvent)
        /// It ended like this before: answer, and tell nobody.
        case repeated(RegisterForEvent.Reply)
        /// It was refused before: answer with the reason's problem, and tell nobody.
        case repeatedRefusal(SeatRefusalReason)
        /// It is refused now: answer with the reason's problem, and tell.
        case refused(SeatRefusalReason)
    }

    /// What becomes of a cancellation.
    enum Cancelling: Equatable, Sendable {
        /// It is done now: answer, tell, and tell those who got seats because of it, in their order.
        case cancelled(Registration, promoted: [Registration], SeatedEvent)
        /// It was cancelled before: answer, and tell nobody.
        case repeated(CancelRegistration.Reply)
        /// It is refused: answer with the reason's problem, and tell.
        case refused(SeatRefusalReason)
    }

    /// What is to be written; every list in the order in which rows are locked and inserted.
    struct Changes: Sendable {
        /// Events whose counts changed, by id.
        var events: [SeatedEvent]
        /// New registrations, by id.
        var inserted: [Registration]
        /// Registrations whose state changed, by id; none of them is new.
        var updated: [Registration]
        /// Refusals to remember, by registration id.
        var refused: [RefusedRegistration]

        var isEmpty: Bool { events.isEmpty && inserted.isEmpty && updated.isEmpty && refused.isEmpty }
    }

    private struct Place: Hashable {
        var eventId: UUID
        var personId: UUID
    }

    private var events: [UUID: SeatedEvent]
    private var registrations: [UUID: Registration]
    private var refused: [UUID: RefusedRegistration]
    /// Who has an active registration for what.
    private var active: Set<Place>
    /// Those who wait, by event, in the order in which they came.
    private var lines: [UUID: [UUID]]
    private var changedEvents: Set<UUID> = []
    private var inserted: Set<UUID> = []
    private var updated: Set<UUID> = []
    private var newlyRefused: [RefusedRegistration] = []

    init(events: [SeatedEvent], registrations: [Registration], refused: [RefusedRegistration] = []) {
        self.events = Dictionary(events.map { ($0.eventId, $0) }) { first, _ in first }
        self.registrations = Dictionary(registrations.map { ($0.registrationId, $0) }) { first, _ in first }
        self.refused = Dictionary(refused.map { ($0.registrationId, $0) }) { first, _ in first }
        let known = self.registrations.values
        active = Set(known.filter(\.isActive).map { Place(eventId: $0.eventId, personId: $0.personId) })
        lines = Dictionary(grouping: known.filter { $0.state == .waitlisted }.sorted { $0.place < $1.place }) {
            $0.eventId
        }.mapValues { $0.map(\.registrationId) }
    }

    /// Decides one registration.
    mutating func register(_ command: RegisterForEvent, at now: Timestamp) -> Registering {
        if let first = registrations[command.registrationId] {
            return first.matches(command)
                ? .repeated(first.reply) : .refused(.registrationDiffers)
        }
        if let first = refused[command.registrationId] {
            return first.matches(command) ? .repeatedRefusal(first.reason) : .refused(.registrationDiffers)
        }
        guard let event = events[command.eventId] else { return refuse(command, .eventUnknown) }
        if now >= event.startsAt { return refuse(command, .eventStarted) }
        let place = Place(eventId: command.eventId, personId: command.personId)
        if active.contains(place) { return refuse(command, .alreadyRegistered) }
        if command.party > event.capacity { return refuse(command, .partyTooLarge) }
        return seat(command, place, event)
    }

    private mutating func seat(_ command: RegisterForEvent, _ place: Place, _ event: SeatedEvent) -> Registering {
        var event = event
        event.lastPlace += 1
        // Under strict fairness nobody passes a line, even where there is a seat.
        let isIn = command.party <= event.free && (event.fairness == .fill || event.waiting == 0)
        if isIn { event.taken += command.party } else { event.waiting += 1 }
        let registration = Registration(
            registrationId: command.registrationId, eventId: command.eventId, personId: command.personId,
            party: command.party, place: event.lastPlace, state: isIn ? .registered : .waitlisted,
            outcome: isIn ? .registered : .waitlisted)
        events[event.eventId] = event
        changedEvents.insert(event.eventId)
        registrations[registration.registrationId] = registration
        inserted.insert(registration.registrationId)
        active.insert(place)
        if !isIn { lines[event.eventId, default: []].append(registration.registrationId) }
        return .placed(registration, event)
    }

    private mutating func refuse(_ command: RegisterForEvent, _ reason: SeatRefusalReason) -> Registering {
        let refusal = RefusedRegistration(
            registrationId: command.registrationId, eventId: command.eventId, personId: command.personId,
            party: command.party, reason: reason)
        refused[command.registrationId] = refusal
        newlyRefused.append(refusal)
        return .refused(reason)
    }

    /// Decides one cancellation and who gets seats because of it.
    mutating func cancel(_ command: CancelRegistration, at now: Timestamp) -> Cancelling {
        guard var registration = registrations[command.registrationId], registration.eventId == command.eventId,
            var event = events[command.eventId]
        else { return .refused(.registrationUnknown) }
        if registration.state == .cancelled {
            return .repeated(
                .init(registrationId: registration.registrationId, promoted: registration.promotedByCancellation))
        }
        if now >= event.startsAt { return .refused(.eventStarted) }
        if registration.state == .registered {
            event.taken -= registration.party
        } else {
            event.waiting -= 1
            lines[event.eventId]?.removeAll { $0 == registration.registrationId }
        }
        registration.state = .cancelled
        active.remove(Place(eventId: registration.eventId, personId: registration.personId))
        let promoted = promote(in: &event)
        registration.promotedByCancellation = promoted.count
        update(registration)
        events[event.eventId] = event
        changedEvents.insert(event.eventId)
        return .cancelled(registration, promoted: promoted, event)
    }

    /// Gives free seats to those in line; only reached before the event starts.
    private mutating func promote(in event: inout SeatedEvent) -> [Registration] {
        var promoted: [Registration] = []
        for id in lines[event.eventId] ?? [] where event.free > 0 {
            guard var next = registrations[id] else { continue }
            if next.party > event.free {
                if event.fairness == .strict { break }
                continue
            }
            next.state = .registered
            event.taken += next.party
            event.waiting -= 1
            update(next)
            promoted.append(next)
        }
        let gone = Set(promoted.map(\.registrationId))
        lines[event.eventId]?.removeAll { gone.contains($0) }
        return promoted
    }

    private mutating func update(_ registration: Registration) {
        registrations[registration.registrationId] = registration
        updated.insert(registration.registrationId)
    }

    /// What was decided so far.
    var changes: Changes {
        func rows(_ ids: Set<UUID>) -> [Registration] { ids.sorted().compactMap { registrations[$0] } }
        return Changes(
            events: changedEvents.sorted().compactMap { events[$0] }, inserted: rows(inserted),
            updated: rows(updated.subtracting(inserted)),
            refused: newlyRefused.sorted { $0.registrationId < $1.registrationId })
    }
}
