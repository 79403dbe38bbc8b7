public import Contracts
import FoundationEssentials
public import Postgres

// The SQL of registrations, run under the locks of their events.

extension Registration.State: PostgresScalar {}
extension SeatRefusalReason: PostgresScalar {}

extension RegisterForEvent.Reply.Outcome: PostgresScalar {
    /// For checking statements without a row.
    public static var sample: RegisterForEvent.Reply.Outcome? { .registered }
}

extension Registration {
    /// The columns that ``init(_:)`` reads.
    static let columns = """
        registration_id, event_id, person_id, party, place, state, outcome, promoted_by_cancellation
        """

    init(_ columns: inout Columns) throws {
        self.init(
            registrationId: try columns.next(), eventId: try columns.next(), personId: try columns.next(),
            party: try columns.next(), place: try columns.next(), state: try columns.next(),
            outcome: try columns.next(), promotedByCancellation: try columns.next())
    }
}

/// Reads registrations by id.
struct ReadRegistrations: Statement {
    static let sql = "SELECT \(Registration.columns) FROM registration WHERE registration_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Registration {
        try Registration(&columns)
    }
}

/// Reads the registrations that persons have for events.
struct ReadActiveRegistrations: Statement {
    static let sql = """
        SELECT \(Registration.columns) FROM registration
        WHERE (event_id, person_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND state <> 'cancelled'
        """
    /// The event of each person.
    var eventIDs: [UUID]
    var personIDs: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(eventIDs)
        parameters.add(personIDs)
    }

    static func row(_ columns: inout Columns) throws -> Registration {
        try Registration(&columns)
    }
}

/// Reads those in line who may get a seat when others leave: of each size of party as many from the front as there are free
/// seats and seats of parties that leave.
///
/// Every promotion takes a seat at least, and every party that leaves the line counts with its seats: more are not needed,
/// however long the line is.
struct ReadLines: Statement {
    /// The largest party; the table allows no larger.
    static let partyMax = 10

    static let sql = """
        WITH room AS (
            SELECT event.event_id, greatest(0, capacity - taken) + coalesce(sum(party), 0)::bigint AS seats
            FROM event LEFT JOIN registration AS leaving
                ON leaving.event_id = event.event_id AND registration_id = ANY ($2) AND state <> 'cancelled'
            WHERE event.event_id = ANY ($1)
            GROUP BY event.event_id
        )
        SELECT line.* FROM room, generate_series(1, \(partyMax)) AS size,
            LATERAL (
                SELECT \(Registration.columns) FROM registration AS waiting
                WHERE waiting.event_id = room.event_id AND party = size AND state = 'waitlisted'
                ORDER BY place LIMIT seats
            ) AS line
        """
    var eventIDs: [UUID]
    /// The registrations that are to be cancelled.
    var leaving: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(eventIDs)
        parameters.add(leaving)
    }

    static func row(_ columns: inout Columns) throws -> Registration {
        try Registration(&columns)
    }
}

/// Reads what was refused under these ids.
struct ReadRefusedRegistrations: Statement {
    static let sql = """
        SELECT registration_id, event_id, person_id, party, reason FROM registration_refusal
        WHERE registration_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> RefusedRegistration {
        RefusedRegistration(
            registrationId: try columns.next(), eventId: try columns.next(), personId: try columns.next(),
            party: try columns.next(), reason: try columns.next())
    }
}

/// Inserts registrations, which come sorted by id.
struct InsertRegistrations: Statement {
    static let sql = """
        INSERT INTO registration (registration_id, event_id, person_id, party, place, state, outcome)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::text[], $7::text[])
        """
    var registrations: [Registration]

    func bind(_ parameters: inout Parameters) {
        parameters.add(registrations.map(\.registrationId))
        parameters.add(registrations.map(\.eventId))
        parameters.add(registrations.map(\.personId))
        parameters.add(registrations.map(\.party))
        parameters.add(registrations.map(\.place))
        parameters.add(registrations.map(\.state))
        parameters.add(registrations.map(\.outcome))
    }
}

/// Writes where parties stand now.
struct UpdateRegistrations: Statement {
    static let sql = """
        UPDATE registration SET state = decided.state, promoted_by_cancellation = decided.promoted
        FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS decided (registration_id, state, promoted)
        WHERE registration.registration_id = decided.registration_id
        """
    var registrations: [Registration]

    func bind(_ parameters: inout Parameters) {
        parameters.add(registrations.map(\.registrationId))
        parameters.add(registrations.map(\.state))
        parameters.add(registrations.map(\.promotedByCancellation))
    }
}

/// Remembers refusals, which come sorted by id.
struct InsertRefusals: Statement {
    static let sql = """
        INSERT INTO registration_refusal (registration_id, event_id, person_id, party, reason)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::text[])
        """
    var refusals: [RefusedRegistration]

    func bind(_ parameters: inout Parameters) {
        parameters.add(refusals.map(\.registrationId))
        parameters.add(refusals.map(\.eventId))
        parameters.add(refusals.map(\.personId))
        parameters.add(refusals.map(\.party))
        parameters.add(refusals.map(\.reason))
    }
}
