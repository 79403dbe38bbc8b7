import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// What is known of a person here: their registrations.
///
/// After an erasure they are counted still, under an id that leads to nobody; seats of events that are yet to start are free.
struct PersonalRegistrations: PersonalData {
    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] {
        let (registrations, refusals) = try await transaction.execute(
            ReadRegistrationsOfPerson(personId: personId), ReadRefusalsOfPerson(personId: personId))
        return [
            PersonalCategory("registrations", registrations.map(\.record)),
            PersonalCategory("refused-registrations", refusals),
        ]
    }

    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID] {
        try await transaction.execute(ListRegisteredPersons(after: last, max: Int64(max)))
    }

    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] {
        let found = try await transaction.execute(ReadRegistrationsOfPerson(personId: personId))
        try await giveBackSeats(of: found.filter(\.isActive), cause, in: &transaction)
        let (unnamed, refusals) = try await transaction.execute(
            UnnameRegistrations(personId: personId), EraseRefusalsOfPerson(personId: personId))
        return [
            PersonFinding("registrations", Int64(unnamed.count), .erased),
            PersonFinding("refused-registrations", Int64(refusals.count), .erased),
        ]
    }

    /// As if each registration were cancelled: who waits gets the seats and is told.
    private func giveBackSeats(
        of active: [Registration], _ cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws {
        guard !active.isEmpty else { return }
        let ids = active.map(\.registrationId).sorted()
        let eventIDs = Set(active.map(\.eventId)).sorted()
        let (_, events, registrations, line) = try await transaction.execute(
            LockEvents(ids: eventIDs), ReadSeatedEvents(ids: eventIDs), ReadRegistrations(ids: ids),
            ReadLines(eventIDs: eventIDs, leaving: ids))
        var seats = SeatDecisions(events: events, registrations: registrations + line)
        for registration in registrations.sorted(by: { $0.registrationId < $1.registrationId }) {
            let command = CancelRegistration(
                registrationId: registration.registrationId, eventId: registration.eventId)
            guard
                case .cancelled(var gone, let promoted, let event) = seats.cancel(
                    command, at: Timestamp(transaction.now))
            else { continue }
            // Who keeps a copy of the registrations learns that this one is free, and not once more whose it was.
            gone.personId = UUID()
            transaction.publish(RegistrationCancelled(gone.facts(of: event)), because: cause)
            for next in promoted where !ids.contains(next.registrationId) {
                transaction.publish(PersonPromoted(next.facts(of: event)), because: cause)
            }
        }
        transaction.write(seats.changes)
    }
}

extension Registration {
    /// As it is given out.
    fileprivate var record: [String: String] {
        [
            "registrationId": registrationId.text, "eventId": eventId.text, "party": "\(party)",
            "state": state.rawValue,
        ]
    }
}

/// Reads all registrations of a person, the oldest first.
struct ReadRegistrationsOfPerson: Statement {
    static let sql = "SELECT \(Registration.columns) FROM registration WHERE person_id = $1 ORDER BY registered_at"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Registration {
        try Registration(&columns)
    }
}

/// Lists persons who have registrations, or were refused one, in the order of their ids.
struct ListRegisteredPersons: Statement {
    static let sql = """
        SELECT person_id FROM (SELECT person_id FROM registration UNION SELECT person_id FROM registration_refusal) AS person
        WHERE $1::uuid IS NULL OR person_id > $1 ORDER BY person_id LIMIT $2
        """
    var after: UUID?
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads what a person was refused.
struct ReadRefusalsOfPerson: Statement {
    static let sql = """
        SELECT registration_id, event_id, reason, refused_at FROM registration_refusal WHERE person_id = $1
        ORDER BY refused_at
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        [
            "registrationId": try columns.next(UUID.self).text, "eventId": try columns.next(UUID.self).text,
            "reason": try columns.next(String.self), "refusedAt": Timestamp(try columns.next(Date.self)).description,
        ]
    }
}

/// Puts an id that leads to nobody in the place of a person's, another in each registration; returns a row for each.
struct UnnameRegistrations: Statement {
    static let sql = "UPDATE registration SET person_id = gen_random_uuid() WHERE person_id = $1 RETURNING 1::integer"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Deletes what a person was refused; returns a row for each.
struct EraseRefusalsOfPerson: Statement {
    static let sql = "DELETE FROM registration_refusal WHERE person_id = $1 RETURNING 1::integer"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
