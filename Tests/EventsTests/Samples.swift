import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit
import Testing

@testable import events

/// Long before and long after the tests.
let started = Timestamp(milliseconds: 1_000_000_000_001)
let yetToStart = Timestamp(milliseconds: 4_000_000_000_789)

func samplePublication(
    capacity: Int, _ fairness: PublishEvent.Fairness? = nil, startsAt: Timestamp = yetToStart
) -> PublishEvent {
    PublishEvent(
        eventId: UUID(), cityIds: [UUID(), UUID()], title: ["de": "Markt", "sl": "Tržnica"], startsAt: startsAt,
        timeZone: "Europe/Ljubljana", capacity: capacity, fairness: fairness)
}

extension PublishEvent {
    func registering(_ party: Int = 1, person: UUID = UUID()) -> RegisterForEvent {
        RegisterForEvent(registrationId: UUID(), eventId: eventId, personId: person, party: party)
    }
}

extension RegisterForEvent {
    var cancelling: CancelRegistration { CancelRegistration(registrationId: registrationId, eventId: eventId) }
}

extension HandlerBench {
    /// Publishes events of these sizes.
    func published(_ publications: PublishEvent...) async throws {
        _ = try await run(PublishEvents(), publications)
    }

    /// What each registration of a batch was answered: the outcome, or the code of the refusal.
    func register(_ commands: RegisterForEvent..., at now: Timestamp? = nil) async throws -> [String] {
        let outcome = try await run(RegisterForEvents(), commands, at: now?.date)
        return try commands.indices.map { index in
            try outcome.problem(index)?.code ?? outcome.reply(index, to: RegisterForEvent.self).outcome.rawValue
        }
    }

    /// The events whose counts are not those of their registrations, or that gave away more than they have.
    func miscountedEvents() async throws -> [UUID] {
        try await database.execute(FindMiscountedEvents())
    }
}

/// The invariants of seats, in SQL of the tests' own.
struct FindMiscountedEvents: Statement {
    static let sql = """
        SELECT event_id FROM event LEFT JOIN registration USING (event_id)
        GROUP BY event_id
        HAVING taken <> coalesce(sum(party) FILTER (WHERE state = 'registered'), 0)
            OR waiting <> count(*) FILTER (WHERE state = 'waitlisted')
            OR last_place < coalesce(max(place), 0)
            OR taken > capacity
        """

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}
