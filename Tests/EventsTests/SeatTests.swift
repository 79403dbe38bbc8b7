import Contracts
import FoundationEssentials
import Testing

@testable import events

/// Each rule of seats and lines by itself.
@Suite struct SeatTests {
    private let now = Timestamp(milliseconds: 1_796_113_800_000)
    private let start = Timestamp(milliseconds: 1_797_094_800_000)

    private func event(capacity: Int, _ fairness: PublishEvent.Fairness = .strict) -> SeatedEvent {
        SeatedEvent(
            eventId: UUID(), title: ["de": "Markt"], startsAt: start, timeZone: "Europe/Vienna", capacity: capacity,
            fairness: fairness, taken: 0, waiting: 0, lastPlace: 0)
    }

    private func command(_ event: SeatedEvent, party: Int, person: UUID = UUID()) -> RegisterForEvent {
        RegisterForEvent(registrationId: UUID(), eventId: event.eventId, personId: person, party: party)
    }

    private func cancelling(_ command: RegisterForEvent) -> CancelRegistration {
        CancelRegistration(registrationId: command.registrationId, eventId: command.eventId)
    }

    private func outcome(_ decision: SeatDecisions.Registering) -> String {
        switch decision {
        case .placed(let registration, _): registration.outcome.rawValue
        case .repeated(let reply): "repeated \(reply.outcome.rawValue)"
        case .repeatedRefusal(let reason): "repeated \(reason.rawValue)"
        case .refused(let reason): reason.rawValue
        }
    }

    private func promoted(_ decision: SeatDecisions.Cancelling) -> [UUID]? {
        if case .cancelled(_, let promoted, _) = decision { promoted.map(\.registrationId) } else { nil }
    }

    @Test func seatsAreTakenUntilThereAreNoneThenPartiesWait() {
        let event = event(capacity: 3)
        var seats = SeatDecisions(events: [event], registrations: [])
        #expect(outcome(seats.register(command(event, party: 2), at: now)) == "registered")
        #expect(outcome(seats.register(command(event, party: 1), at: now)) == "registered")
        #expect(outcome(seats.register(command(event, party: 1), at: now)) == "waitlisted")
        #expect(seats.changes.events.map(\.taken) == [3] && seats.changes.events.map(\.waiting) == [1])
        #expect(Set(seats.changes.inserted.map(\.place)) == [1, 2, 3] && seats.changes.updated.isEmpty)
    }

    @Test func underStrictFairnessEverybodyWaitsBehindAPartyThatDoesNotFit() {
        let event = event(capacity: 3)
        var seats = SeatDecisions(events: [event], registrations: [])
        let first = command(event, party: 2)
        let pair = command(event, party: 2)
        let single = command(event, party: 1)
        #expect(outcome(seats.register(first, at: now)) == "registered")
        #expect(outcome(seats.register(pair, at: now)) == "waitlisted")
        #expect(outcome(seats.register(single, at: now)) == "waitlisted", "one seat is free, but there is a line")
        #expect(promoted(seats.cancel(cancelling(first), at: now)) == [pair.registrationId, single.registrationId])
    }

    @Test func underFillFairnessTheNextThatFitsIsTaken() {
        let event = event(capacity: 3, .fill)
        var seats = SeatDecisions(events: [event], registrations: [])
        let single = command(event, party: 1)
        #expect(outcome(seats.register(single, at: now)) == "registered")
        #expect(outcome(seats.register(command(event, party: 1), at: now)) == "registered")
        let pair = command(event, party: 2)
        #expect(outcome(seats.register(pair, at: now)) == "waitlisted")
        #expect(outcome(seats.register(command(event, party: 1), at: now)) == "registered")
        let late = command(event, party: 1)
        #expect(outcome(seats.register(late, at: now)) == "waitlisted")
        #expect(promoted(seats.cancel(cancelling(single), at: now)) == [late.registrationId])
    }

    @Test func whenTheHeadOfALineLeavesThoseBehindMayMoveUp() {
        let event = event(capacity: 2)
        var seats = SeatDecisions(events: [event], registrations: [])
        let pair = command(event, party: 2)
        let single = command(event, party: 1)
        #expect(outcome(seats.register(command(event, party: 1), at: now)) == "registered")
        #expect(outcome(seats.register(pair, at: now)) == "waitlisted")
        #expect(outcome(seats.register(single, at: now)) == "waitlisted")
        #expect(promoted(seats.cancel(cancelling(pair), at: now)) == [single.registrationId])
        #expect(seats.changes.events.map(\.waiting) == [0] && seats.changes.events.map(\.taken) == [2])
    }

    @Test func aRepeatGetsTheFirstOutcomeEvenAfterAPromotionOrACancellation() {
        let event = event(capacity: 1)
        var seats = SeatDecisions(events: [event], registrations: [])
        let first = command(event, party: 1)
        let second = command(event, party: 1)
        _ = seats.register(first, at: now)
        _ = seats.register(second, at: now)
        #expect(promoted(seats.cancel(cancelling(first), at: now)) == [second.registrationId])
        #expect(outcome(seats.register(first, at: now)) == "repeated registered")
        #expect(outcome(seats.register(second, at: now)) == "repeated waitlisted")
        #expect(
            seats.cancel(cancelling(first), at: start)
                == .repeated(.init(registrationId: first.registrationId, promoted: 1)))
    }

    @Test func theSameIdWithOtherContentIsRefused() {
        let event = event(capacity: 9)
        var seats = SeatDecisions(events: [event], registrations: [])
        let first = command(event, party: 1)
        _ = seats.register(first, at: now)
        var other = first
        other.party = 2
        #expect(outcome(seats.register(other, at: now)) == "registration-differs")
        other = first
        other.personId = UUID()
        #expect(outcome(seats.register(other, at: now)) == "registration-differs")
        #expect(seats.changes.refused.isEmpty)
    }

    @Test func onePersonHasOneRegistrationUntilItIsCancelled() {
        let event = event(capacity: 1)
        var seats = SeatDecisions(events: [event], registrations: [])
        let person = UUID()
        let first = command(event, party: 1, person: person)
        _ = seats.register(first, at: now)
        let second = command(event, party: 1, person: person)
        #expect(outcome(seats.register(second, at: now)) == "already-registered")
        _ = seats.cancel(cancelling(first), at: now)
        #expect(outcome(seats.register(second, at: now)) == "repeated already-registered")
        #expect(outcome(seats.register(command(event, party: 1, person: person), at: now)) == "registered")
        #expect(seats.changes.refused.map(\.reason) == [.alreadyRegistered])
    }

    @Test func nobodyEntersOrLeavesOnceItHasStarted() {
        let event = event(capacity: 1)
        var seats = SeatDecisions(events: [event], registrations: [])
        let first = command(event, party: 1)
        _ = seats.register(first, at: now)
        _ = seats.register(command(event, party: 1), at: now)
        #expect(outcome(seats.register(command(event, party: 1), at: start)) == "event-started")
        #expect(seats.cancel(cancelling(first), at: start) == .refused(.eventStarted))
        #expect(seats.changes.updated.isEmpty && seats.changes.events.map(\.waiting) == [1])
    }

    @Test func whatIsNotThereIsRefused() {
        let event = event(capacity: 2)
        var seats = SeatDecisions(events: [event], registrations: [])
        let elsewhere = self.event(capacity: 1)
        #expect(outcome(seats.register(command(elsewhere, party: 1), at: now)) == "event-unknown")
        #expect(outcome(seats.register(command(event, party: 3), at: now)) == "party-too-large")
        #expect(seats.cancel(cancelling(command(event, party: 1)), at: now) == .refused(.registrationUnknown))
        let first = command(event, party: 1)
        _ = seats.register(first, at: now)
        let astray = CancelRegistration(registrationId: first.registrationId, eventId: elsewhere.eventId)
        #expect(seats.cancel(astray, at: now) == .refused(.registrationUnknown))
    }

    @Test func anEventIsPublishedOnce() {
        let command = PublishEvent(
            eventId: UUID(), cityIds: [UUID()], title: ["de": "Markt"], startsAt: start, timeZone: "Europe/Vienna",
            capacity: 10)
        var publications = Publications(earlier: [])
        guard case .published(let event) = publications.publish(command) else {
            Issue.record("not published")
            return
        }
        #expect(event.fairness == .strict && event.event.version == 1)
        #expect(publications.publish(command) == .repeated(event))
        var other = command
        other.capacity = 11
        guard case .refused(let problem) = publications.publish(other) else {
            Issue.record("not refused")
            return
        }
        #expect(problem.code == "event-differs" && publications.changes == [event])
        var later = Publications(earlier: [event])
        #expect(later.publish(command) == .repeated(event) && later.changes.isEmpty)
    }
}
