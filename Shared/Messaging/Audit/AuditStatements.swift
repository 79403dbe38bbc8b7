import Contracts
import FoundationEssentials
import Postgres

/// Writes rows of the audit, unsealed.
struct WriteAudit: Statement {
    static let sql = """
        INSERT INTO audit (event_id, event_type, audited_id, version, at, cause_type, cause_id, body_hash, person_hash, salt,
            actor, reason, person_id)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[],
            $8::bytea[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::uuid[])
        """
    var records: [AuditRecord]

    func bind(_ parameters: inout Parameters) {
        parameters.add(records.map(\.eventId))
        parameters.add(records.map(\.eventType))
        parameters.add(records.map(\.auditedId))
        parameters.add(records.map(\.version))
        parameters.add(records.map(\.at.date))
        parameters.add(records.map(\.causeType))
        parameters.add(records.map(\.causeId))
        parameters.add(records.map(\.bodyHash.bytes))
        parameters.add(records.map(\.person.hash.bytes))
        parameters.add(records.map(\.salt))
        parameters.add(records.map(\.actor))
        parameters.add(records.map(\.reason))
        parameters.add(records.map(\.personId))
    }
}

/// Takes the end of the chain for this transaction; no row where another sealer has it.
struct LockAuditHead: Statement {
    static let sql = "SELECT length, hash FROM audit_head FOR UPDATE SKIP LOCKED"

    static func row(_ columns: inout Columns) throws -> AuditHead {
        try AuditHead(&columns)
    }
}

/// Reads where the chain ends.
struct ReadAuditHead: Statement {
    static let sql = "SELECT length, hash FROM audit_head"

    static func row(_ columns: inout Columns) throws -> AuditHead {
        try AuditHead(&columns)
    }
}

/// Reads rows that are not sealed yet, in the order in which they are to be.
struct ReadUnsealed: Statement {
    static let sql = """
        SELECT \(AuditColumns.list) FROM audit WHERE place IS NULL ORDER BY event_id LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> AuditEntry {
        try AuditColumns.entry(&columns)
    }
}

/// Gives rows their places and their hashes.
struct SealRows: Statement {
    static let sql = """
        UPDATE audit SET place = sealed.place, hash = sealed.hash
        FROM unnest($1::uuid[], $2::bigint[], $3::bytea[]) AS sealed (event_id, place, hash)
        WHERE audit.event_id = sealed.event_id
        """
    var eventIds: [UUID]
    var places: [Int64]
    var hashes: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(eventIds)
        parameters.add(places)
        parameters.add(hashes)
    }
}

/// Moves the end of the chain.
struct MoveAuditHead: Statement {
    static let sql = "UPDATE audit_head SET length = $1, hash = $2"
    var length: Int64
    var hash: [UInt8]?

    func bind(_ parameters: inout Parameters) {
        parameters.add(length)
        parameters.add(hash)
    }
}

/// Lists sealed rows in the order of the chain.
struct ListAudit: Statement {
    static let sql = """
        SELECT \(AuditColumns.list) FROM audit
        WHERE place > $1 AND ($2::uuid IS NULL OR audited_id = $2) ORDER BY place LIMIT $3
        """
    var after: Int64
    var auditedId: UUID?
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(after)
        parameters.add(auditedId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> AuditEntry {
        try AuditColumns.entry(&columns)
    }
}

/// A row of the audit as it is read.
enum AuditColumns {
    static let list = """
        place, event_id, event_type, audited_id, version, at, cause_type, cause_id, body_hash, person_hash, salt, actor,
        reason, person_id, hash
        """

    /// A row without a place gets 0, and a hash that is none.
    static func entry(_ columns: inout Columns) throws -> AuditEntry {
        let place = try columns.next(Int64?.self) ?? 0
        let (eventId, eventType, auditedId): (UUID, String, UUID) =
            (try columns.next(), try columns.next(), try columns.next())
        let (version, at): (Int64?, Date) = (try columns.next(), try columns.next())
        let (causeType, causeId): (String?, String?) = (try columns.next(), try columns.next())
        let (bodyHash, personHash): ([UInt8], [UInt8]) = (try columns.next(), try columns.next())
        let salt = try columns.next([UInt8]?.self)
        let (actor, reason, personId): (String?, String?, UUID?) =
            (try columns.next(), try columns.next(), try columns.next())
        let hash = try columns.next([UInt8]?.self)
        return AuditEntry(
            place: place, eventId: eventId, eventType: eventType, auditedId: auditedId, version: version,
            at: Timestamp(at), causeType: causeType, causeId: causeId, bodyHash: AuditHash(stored: bodyHash),
            personHash: AuditHash(stored: personHash),
            person: salt.map {
                AuditPerson(salt: HexText.text($0), actor: actor, reason: reason, personId: personId)
            },
            hash: AuditHash(stored: hash ?? []))
    }
}

extension AuditHash {
    /// A hash from its column; where somebody put something else there, one that fits nothing.
    init(stored bytes: [UInt8]) {
        self = AuditHash(bytes) ?? AuditHash(of: [])
    }
}

extension AuditHead {
    /// Reads length and hash.
    init(_ columns: inout Columns) throws {
        let length = try columns.next(Int64.self)
        let hash = try columns.next([UInt8]?.self)
        self.init(length: length, hash: hash.map(AuditHash.init(stored:)))
    }
}
