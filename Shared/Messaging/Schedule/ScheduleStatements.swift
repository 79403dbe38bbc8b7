import FoundationEssentials
import Postgres

/// Writes messages that leave at their time.
struct WriteSchedule: Statement {
    static let sql = """
        INSERT INTO schedule (message_id, exchange, type, body, is_sealed, sequence, traceparent, due_at)
        SELECT id, exchange, type, body, sealed, sequence, traceparent, due_at
        FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::bytea[], $5::boolean[], $6::bigint[], $7::text[],
            $8::timestamptz[]) AS later (id, exchange, type, body, sealed, sequence, traceparent, due_at)
        """
    var rows: StoredRecords
    var due: [Date]

    func bind(_ parameters: inout Parameters) {
        rows.bind(&parameters)
        parameters.add(due)
    }
}

/// Moves what is due into the outbox, under an owner; returns a row for each.
struct MoveDue: Statement {
    static let sql = """
        WITH due AS (
            DELETE FROM schedule WHERE message_id IN (
                SELECT message_id FROM schedule WHERE due_at <= clock_timestamp() ORDER BY due_at LIMIT $2
                FOR UPDATE SKIP LOCKED)
            RETURNING message_id, exchange, type, body, is_sealed, sequence, traceparent
        )
        INSERT INTO outbox (message_id, owner, in_memory, exchange, type, body, is_sealed, sequence, traceparent)
        SELECT message_id, $1, false, exchange, type, body, is_sealed, sequence, traceparent FROM due
        RETURNING 1::integer
        """
    var owner: Int64
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(owner)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads in how many seconds something is due next; `nil` if nothing is.
protocol NextStatement: Statement where Row == Double? {}

extension NextStatement {
    func bind(_ parameters: inout Parameters) {}

    static func row(_ columns: inout Columns) throws -> Double? {
        try columns.next()
    }
}

/// When the next scheduled message is due.
struct ReadNextDue: NextStatement {
    static let sql = """
        SELECT extract(epoch FROM min(due_at) - clock_timestamp())::double precision FROM schedule
        """
}

/// When the next parked message is due.
struct ReadNextRetry: NextStatement {
    static let sql = """
        SELECT extract(epoch FROM min(retry_at) - clock_timestamp())::double precision FROM failure WHERE state = 1
        """
}
