import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import events

/// Every statement on the migrated schema.
@Suite struct StatementTests {
    @Test func everyStatementFitsTheSchema() async throws {
        let statements: [any Statement] = [
            ReadPublishedEvents(ids: []), InsertEvents(events: []), InsertEventCities(events: []),
            InsertEventTitles(events: []), ReadEventReply(id: UUID()), LockEvents(ids: []), ReadSeatedEvents(ids: []),
            UpdateSeats(events: []), ReadRegistrations(ids: []), ReadActiveRegistrations(eventIDs: [], personIDs: []),
            ReadLines(eventIDs: [], leaving: []), ReadRefusedRegistrations(ids: []),
            InsertRegistrations(registrations: []), UpdateRegistrations(registrations: []),
            InsertRefusals(refusals: []), FindMiscountedEvents(),
        ]
        let mistakes = try await withHandlerBench(EventsDefinition.schema) { try await $0.mistakes(in: statements) }
        #expect(mistakes.isEmpty, "\(mistakes)")
    }
}
