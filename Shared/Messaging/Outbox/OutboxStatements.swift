import FoundationEssentials
import Postgres

/// Writes messages that leave after the commit.
struct WriteOutbox: Statement {
    static let sql = """
        INSERT INTO outbox
            (message_id, owner, in_memory, exchange, type, body, is_sealed, sequence, traceparent, created_at)
        SELECT id, $1, $2, exchange, type, body, sealed, sequence, traceparent, created_at
        FROM unnest($3::uuid[], $4::smallint[], $5::text[], $6::bytea[], $7::boolean[], $8::bigint[], $9::text[],
            $10::timestamptz[]) AS sent (id, exchange, type, body, sealed, sequence, traceparent, created_at)
        """
    var owner: Int64
    var isInMemory: Bool
    var rows: StoredRecords

    func bind(_ parameters: inout Parameters) {
        parameters.add(owner)
        parameters.add(isInMemory)
        rows.bind(&parameters)
        parameters.add(rows.times)
    }
}

/// Reads rows that went past their owner's memory, oldest first.
struct ReadOutbox: Statement {
    static let sql = """
        SELECT message_id, exchange, type, body, is_sealed, sequence, traceparent, created_at
        FROM outbox WHERE owner = $1 AND NOT in_memory AND message_id > $2 ORDER BY message_id LIMIT $3
        """
    var owner: Int64
    var after: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(owner)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> StoredRecord {
        try StoredRecord(&columns)
    }
}

/// Deletes messages that the broker has confirmed.
struct DeleteSent: Statement {
    static let sql = "DELETE FROM outbox WHERE message_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Moves messages that cannot be sent as they are into the schedule: nothing is lost, and nothing waits behind them.
struct SetAside: Statement {
    static let sql = """
        WITH moved AS (
            DELETE FROM outbox WHERE message_id = ANY ($1)
            RETURNING message_id, exchange, type, body, is_sealed, sequence, traceparent
        )
        INSERT INTO schedule (message_id, due_at, exchange, type, body, is_sealed, sequence, traceparent)
        SELECT message_id, now() + make_interval(secs => $2), exchange, type, body, is_sealed, sequence, traceparent
        FROM moved
        """
    var ids: [UUID]
    var seconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(seconds)
    }
}

/// Takes a new owner number and its lock, which lasts as long as the session.
struct BecomeOwner: Statement {
    static let sql = """
        WITH number AS MATERIALIZED (SELECT nextval('outbox_owner') AS owner)
        SELECT owner FROM number, pg_advisory_lock(\(OutboxLock.space), (owner % 2147483648)::integer)
        """

    func bind(_ parameters: inout Parameters) {}

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Takes over rows of owners that are gone, the oldest first; returns how many rows changed hands.
///
/// An owner is gone when its lock is free. `SKIP LOCKED` on the rows would not tell: committed rows carry no lock.
struct ClaimOrphans: Statement {
    static let sql = """
        WITH gone AS MATERIALIZED (
            SELECT owner FROM (SELECT DISTINCT owner FROM outbox WHERE owner <> $1) AS owners
            WHERE pg_try_advisory_xact_lock(\(OutboxLock.space), (owner % 2147483648)::integer)
        ), claimed AS (
            UPDATE outbox SET owner = $1, in_memory = false WHERE message_id IN (
                SELECT message_id FROM outbox WHERE owner IN (SELECT owner FROM gone) ORDER BY message_id LIMIT $2)
            RETURNING 1
        )
        SELECT count(*) FROM claimed
        """
    var owner: Int64
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(owner)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Advisory locks of outbox owners live in a space of their own.
enum OutboxLock {
    static let space = 0x6F75_7462
}

/// A row of the outbox or of the schedule.
struct StoredRecord: Sendable {
    var id: UUID
    var exchange: Int16
    var type: String
    var body: [UInt8]
    var isSealed: Bool
    var sequence: Int64?
    var traceparent: String?
    var time: Date

    init(_ columns: inout Columns) throws {
        id = try columns.next()
        exchange = try columns.next()
        type = try columns.next()
        body = try columns.next()
        isSealed = try columns.next()
        sequence = try columns.next()
        traceparent = try columns.next()
        time = try columns.next()
    }

    /// The message, with its body in the clear.
    func opened(_ seal: Seal) throws -> OutgoingRecord {
        OutgoingRecord(
            id: id, exchange: OutgoingRecord.Exchange(rawValue: exchange) ?? .events, type: type,
            body: isSealed ? try seal.open(body, for: id.bytes) : body, hasSecret: isSealed, sequence: sequence,
            traceparent: traceparent, time: time)
    }
}

/// Messages as columns, bodies with secrets encrypted.
struct StoredRecords: Sendable {
    private(set) var ids: [UUID] = []
    private var exchanges: [Int16] = []
    private var types: [String] = []
    private var bodies: [[UInt8]] = []
    private var sealed: [Bool] = []
    private var sequences: [Int64?] = []
    private var traceparents: [String?] = []
    private(set) var times: [Date] = []

    init() {}

    init(_ records: some Sequence<OutgoingRecord>, _ seal: Seal) throws {
        for record in records {
            ids.append(record.id)
            exchanges.append(record.exchange.rawValue)
            types.append(record.type)
            bodies.append(record.hasSecret ? try seal.seal(record.body, for: record.id.bytes) : record.body)
            sealed.append(record.hasSecret)
            sequences.append(record.sequence)
            traceparents.append(record.traceparent)
            times.append(record.time)
        }
    }

    /// Binds id, exchange, type, body, sealed, sequence, traceparent.
    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(exchanges)
        parameters.add(types)
        parameters.add(bodies)
        parameters.add(sealed)
        parameters.add(sequences)
        parameters.add(traceparents)
    }
}
