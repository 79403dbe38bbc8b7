import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import events

/// Export and erasure of a person.
@Suite struct PrivacyTests {
    @Test func anErasureFreesSeatsForThoseWhoWaitAndKeepsTheCount() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let (ana, waiting) = (UUID(), UUID())
            let event = samplePublication(capacity: 2)
            let past = samplePublication(capacity: 2, startsAt: Timestamp(milliseconds: 1_700_000_000_000))
            try await bench.published(event, past)
            let anas = event.registering(2, person: ana)
            let next = event.registering(1, person: waiting)
            let answers = try await bench.register(anas, next, event.registering(3, person: ana))
            #expect(answers == ["registered", "waitlisted", "already-registered"])
            let early = try await bench.register(past.registering(1, person: ana), at: started)
            #expect(early == ["registered"])

            let data = PersonalRegistrations()
            let given = try await bench.export(ana, of: EventsService.self, from: data)
            #expect(
                given.findings.map { "\($0.category) \($0.count)" } == ["registrations 2", "refused-registrations 1"])

            let (findings, outcome) = try await bench.erase(ana, of: EventsService.self, from: data)
            #expect(findings.map { "\($0.category) \($0.count)" } == ["registrations 2", "refused-registrations 1"])
            #expect(try outcome.events(PersonPromoted.self).map(\.registration.personId) == [waiting])
            let cancelled = try outcome.events(RegistrationCancelled.self)
            #expect(cancelled.map(\.registration.registrationId) == [anas.registrationId])
            #expect(cancelled.first?.registration.personId != ana)

            let seats = try await bench.ask(GetEvents(), GetEvent(eventId: event.eventId))
            #expect(seats.taken == 1 && seats.waiting == 0)
            // Who came to the event that is over is counted still.
            let over = try await bench.ask(GetEvents(), GetEvent(eventId: past.eventId))
            #expect(over.taken == 1)
            #expect(try await bench.miscountedEvents().isEmpty)
            let again = try await bench.export(ana, of: EventsService.self, from: data)
            #expect(again.findings.isEmpty)
        }
    }

    @Test func aPersonInSeveralLinesLeavesThemAll() async throws {
        try await withHandlerBench(EventsDefinition.schema) { bench in
            let ana = UUID()
            let events = (0..<5).map { _ in samplePublication(capacity: 1) }
            for event in events {
                try await bench.published(event)
                _ = try await bench.register(
                    event.registering(), event.registering(1, person: ana), event.registering())
            }
            _ = try await bench.erase(ana, of: EventsService.self, from: PersonalRegistrations())
            for event in events {
                let seats = try await bench.ask(GetEvents(), GetEvent(eventId: event.eventId))
                #expect(seats.taken == 1 && seats.waiting == 1)
            }
            #expect(try await bench.miscountedEvents().isEmpty)
        }
    }

    @Test func everyStatementFitsTheSchema() async throws {
        let id = UUID()
        let statements: [any Statement] = [
            ReadRegistrationsOfPerson(personId: id), ReadRefusalsOfPerson(personId: id),
            UnnameRegistrations(personId: id), EraseRefusalsOfPerson(personId: id),
        ]
        let mistakes = try await withHandlerBench(EventsDefinition.schema) { try await $0.mistakes(in: statements) }
        #expect(mistakes.isEmpty, "\(mistakes)")
    }
}
