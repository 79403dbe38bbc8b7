import Contracts
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

/// Reads which of these persons are erased.
struct ReadTombstones: Statement {
    static let sql = "SELECT person_key FROM tombstone WHERE person_key = ANY ($1)"
    var keys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(keys)
    }

    static func row(_ columns: inout Columns) throws -> [UInt8] {
        try columns.next()
    }
}

/// Remembers that persons are erased; keys must be sorted.
struct WriteTombstones: Statement {
    static let sql = """
        INSERT INTO tombstone (person_key, request_id, erased_at)
        SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::timestamptz[]) ON CONFLICT DO NOTHING
        """
    var keys: [[UInt8]]
    var requestIds: [UUID]
    var times: [Date]

    func bind(_ parameters: inout Parameters) {
        parameters.add(keys)
        parameters.add(requestIds)
        parameters.add(times)
    }
}

/// Lists tombstones in the order of their keys.
struct ListTombstones: Statement {
    static let sql = """
        SELECT person_key, request_id, erased_at FROM tombstone WHERE person_key > $1 ORDER BY person_key LIMIT $2
        """
    var after: [UInt8]
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Tombstone {
        Tombstone(
            personKey: AuditHash(stored: try columns.next()), requestId: try columns.next(),
            erasedAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Reads stored messages of types that may be about a person, page by page.
struct ReadPersonalFailures: Statement {
    struct Row: Sendable {
        var failureId: UUID
        var queue: String
        var inboxKey: [UInt8]?
        var stored: StoredBody
        /// What it was before it was edited.
        var original: StoredBody?
    }

    static let sql = """
        SELECT failure_id, queue, inbox_key, failure.envelope, failure.body, original.envelope, original.body
        FROM failure LEFT JOIN failure_original AS original USING (failure_id)
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
        let (id, queue, key): (UUID, String, [UInt8]?) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let stored = StoredBody(envelope: try columns.next(), sealedBody: try columns.next())
        let (envelope, body): ([UInt8]?, [UInt8]?) = (try columns.next(), try columns.next())
        let original = envelope.flatMap { envelope in
            body.map { StoredBody(envelope: envelope, sealedBody: $0) }
        }
        return Row(failureId: id, queue: queue, inboxKey: key, stored: stored, original: original)
    }
}

/// Deletes what failed messages were before they were edited.
struct EraseOriginals: Statement {
    static let sql = "DELETE FROM failure_original WHERE failure_id = ANY ($1)"
    var failureIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureIds)
    }
}

/// Deletes failed messages, with their history.
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
