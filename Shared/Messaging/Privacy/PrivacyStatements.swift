import FoundationEssentials
import Postgres

/// Holds the persons of a batch against their erasure until the transaction ends; batches do not hold one another.
///
/// An erasure that came between the look for a tombstone and the handler's writes would be followed by them.
struct HoldPersons: Statement {
    static let sql = """
        SELECT pg_advisory_xact_lock_shared(place) FROM (SELECT DISTINCT unnest($1::bigint[]) AS place ORDER BY 1) AS held
        """
    var places: [Int64]

    func bind(_ parameters: inout Parameters) {
        parameters.add(places)
    }
}

/// Waits until no batch is at work on a person, and keeps others away until the transaction ends.
struct LockPerson: Statement {
    static let sql = "SELECT pg_advisory_xact_lock($1)"
    var place: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(place)
    }
}

/// Finds which of these persons are erased.
struct FindTombstones: Statement {
    static let sql = "SELECT person_key FROM tombstone WHERE person_key = ANY ($1)"
    var keys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(keys)
    }

    static func row(_ columns: inout Columns) throws -> [UInt8] {
        try columns.next()
    }
}

/// Remembers that a person is erased.
struct WriteTombstone: Statement {
    static let sql = "INSERT INTO tombstone (person_key, request_id) VALUES ($1, $2) ON CONFLICT DO NOTHING"
    var key: [UInt8]
    var requestId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(key)
        parameters.add(requestId)
    }
}

/// Reads stored messages of types that may be about a person, page by page.
struct ReadPersonalFailures: Statement {
    struct Row: Sendable {
        var failureId: UUID
        var queue: String
        var inboxKey: [UInt8]?
        var envelope: [UInt8]
        var sealedBody: [UInt8]
    }

    static let sql = """
        SELECT failure_id, queue, inbox_key, envelope, body FROM failure
        WHERE type = ANY ($1) AND failure_id > $2 ORDER BY failure_id LIMIT $3
        """
    var types: [String]
    var after: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(types)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            failureId: try columns.next(), queue: try columns.next(), inboxKey: try columns.next(),
            envelope: try columns.next(), sealedBody: try columns.next())
    }
}

/// Deletes failed messages, with what operators did about them.
struct EraseFailures: Statement {
    static let sql = "DELETE FROM failure WHERE failure_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Reads messages that wait for their time, of types that may be about a person, page by page.
struct ReadPersonalSchedule: Statement {
    struct Row: Sendable {
        var id: UUID
        var type: String
        var body: [UInt8]
        var isSealed: Bool
    }

    static let sql = """
        SELECT message_id, type, body, is_sealed FROM schedule
        WHERE type = ANY ($1) AND message_id > $2 ORDER BY message_id LIMIT $3
        """
    var types: [String]
    var after: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(types)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(id: try columns.next(), type: try columns.next(), body: try columns.next(), isSealed: try columns.next())
    }
}

/// Deletes messages that wait for their time.
struct EraseSchedule: Statement {
    static let sql = "DELETE FROM schedule WHERE message_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Reads the personal parts of the audit that are about a person.
struct ReadAuditOfPerson: Statement {
    struct Row: Sendable {
        var eventType: String
        var at: Date
        var actor: String?
        var reason: String?
    }

    static let sql = """
        SELECT event_type, at, actor, reason FROM audit WHERE person_id = $1 ORDER BY event_id LIMIT $2
        """
    var personId: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            eventType: try columns.next(), at: try columns.next(), actor: try columns.next(),
            reason: try columns.next())
    }
}

/// Erases the personal parts of the audit that are about a person; returns a row for each.
struct EraseAuditOfPerson: Statement {
    static let sql = """
        UPDATE audit SET salt = NULL, actor = NULL, reason = NULL, person_id = NULL WHERE person_id = $1
        RETURNING 1::integer
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
