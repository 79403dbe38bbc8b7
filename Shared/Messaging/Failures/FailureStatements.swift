import Contracts
import FoundationEssentials
import Postgres

/// The states of a row in `failure`.
enum FailureCode {
    static let parked: Int16 = 1
    static let failed: Int16 = 2
    static let discarded: Int16 = 3
    static let done: Int16 = 4

    static func state(_ code: Int16) -> FailureState {
        switch code {
        case parked: .parked
        case discarded: .discarded
        case done: .done
        default: .failed
        }
    }

    static func code(_ state: FailureState) -> Int16 {
        switch state {
        case .parked: parked
        case .failed: failed
        case .discarded: discarded
        case .done: done
        }
    }
}

/// Files a message that could not be handled.
struct FileFailure: Statement {
    static let sql = """
        INSERT INTO failure (failure_id, queue, inbox_key, state, type, message_id, user_id, code, reason, attempts,
            retry_at, envelope, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11), $12, $13)
        """
    var failureId: UUID
    var queue: String
    var inboxKey: [UInt8]?
    var state: Int16
    var type: String
    var messageId: String
    var user: String
    var code: String
    var reason: String
    var attempts: Int32
    var retryAfterSeconds: Double?
    var envelope: [UInt8]
    var sealedBody: [UInt8]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(queue)
        parameters.add(inboxKey)
        parameters.add(state)
        parameters.add(type)
        parameters.add(messageId)
        parameters.add(user)
        parameters.add(code)
        parameters.add(reason)
        parameters.add(attempts)
        parameters.add(retryAfterSeconds)
        parameters.add(envelope)
        parameters.add(sealedBody)
    }
}

/// A parked message that is due, locked for this transaction.
struct LockDueFailure: Statement {
    struct Row: Sendable {
        var failureId: UUID
        var queue: String
        var inboxKey: [UInt8]?
        var attempts: Int32
        var envelope: [UInt8]
        var sealedBody: [UInt8]
    }

    static let sql = """
        SELECT failure_id, queue, inbox_key, attempts, envelope, body FROM failure
        WHERE state = 1 AND retry_at <= clock_timestamp() ORDER BY retry_at LIMIT 1 FOR UPDATE SKIP LOCKED
        """

    func bind(_ parameters: inout Parameters) {}

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            failureId: try columns.next(), queue: try columns.next(), inboxKey: try columns.next(),
            attempts: try columns.next(), envelope: try columns.next(), sealedBody: try columns.next())
    }
}

/// Says that a parked message was handled.
struct CloseFailure: Statement {
    static let sql = "UPDATE failure SET state = 4, retry_at = NULL WHERE failure_id = $1"
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }
}

/// Counts an attempt that failed and sets the time of the next, or gives up; only if nobody else did something meanwhile.
struct NoteAttempt: Statement {
    static let sql = """
        UPDATE failure SET attempts = $2 + 1, code = $3, reason = $4, state = $5,
            retry_at = now() + make_interval(secs => $6)
        WHERE failure_id = $1 AND state = 1 AND attempts = $2 RETURNING 1::integer
        """
    var failureId: UUID
    var attemptsBefore: Int32
    var code: String
    var reason: String
    var state: Int16
    var retryAfterSeconds: Double?

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(attemptsBefore)
        parameters.add(code)
        parameters.add(reason)
        parameters.add(state)
        parameters.add(retryAfterSeconds)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// A failure as it is listed.
struct FailureColumns {
    static let list = """
        failure_id, state, queue, type, message_id, user_id, code, reason, attempts, failed_at, retry_at
        """

    static func summary(_ columns: inout Columns) throws -> FailureSummary {
        FailureSummary(
            failureId: try columns.next(), state: FailureCode.state(try columns.next()), queue: try columns.next(),
            type: try columns.next(), messageId: try columns.next(), userId: try columns.next(),
            code: try columns.next(), reason: try columns.next(), attempts: Int(try columns.next(Int32.self)),
            failedAt: Timestamp(try columns.next()), retryAt: try columns.next(Date?.self).map(Timestamp.init(_:)))
    }
}

/// Lists failures, newest first: ids are of version 7, so they are in the order of time.
struct ListFailures: Statement {
    static let sql = """
        SELECT \(FailureColumns.list) FROM failure
        WHERE state = ANY ($1) AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR code = $3)
            AND ($4::uuid IS NULL OR failure_id < $4)
        ORDER BY failure_id DESC LIMIT $5
        """
    var states: [Int16]
    var type: String?
    var code: String?
    var before: UUID?
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(states)
        parameters.add(type)
        parameters.add(code)
        parameters.add(before)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FailureSummary {
        try FailureColumns.summary(&columns)
    }
}

/// Reads one failure whole.
struct ReadFailure: Statement {
    struct Row: Sendable {
        var summary: FailureSummary
        var envelope: [UInt8]
        var sealedBody: [UInt8]
    }

    static let sql = "SELECT \(FailureColumns.list), envelope, body FROM failure WHERE failure_id = $1"
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            summary: try FailureColumns.summary(&columns), envelope: try columns.next(),
            sealedBody: try columns.next())
    }
}

/// Reads what operators did about a failure.
struct ReadActs: Statement {
    static let sql = "SELECT act, actor, reason, at FROM failure_act WHERE failure_id = $1 ORDER BY act_id"
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }

    static func row(_ columns: inout Columns) throws -> FailureDetail.Act {
        FailureDetail.Act(
            act: try columns.next(), actor: try columns.next(), reason: try columns.next(),
            at: Timestamp(try columns.next()))
    }
}

/// Does something about every open failure that is meant, writes the acts, and returns the ids; locks in the order of ids.
struct TouchFailures: Statement {
    struct Row: Sendable {
        var failureId: UUID
        var queue: String
        var inboxKey: [UInt8]?
    }

    static let sql = """
        WITH meant AS (
            SELECT failure_id FROM failure
            WHERE state IN (1, 2) AND ($1::uuid[] IS NULL OR failure_id = ANY ($1))
                AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR code = $3)
            ORDER BY failure_id LIMIT 1000 FOR UPDATE
        ), touched AS (
            UPDATE failure SET state = $4, retry_at = CASE WHEN $4 = 1 THEN now() END,
                attempts = CASE WHEN $4 = 1 THEN 0 ELSE attempts END
            WHERE failure_id IN (SELECT failure_id FROM meant) RETURNING failure_id, queue, inbox_key
        ), acts AS (
            INSERT INTO failure_act (failure_id, act, actor, reason) SELECT failure_id, $5, $6, $7 FROM touched
        )
        SELECT failure_id, queue, inbox_key FROM touched
        """
    var failureIds: [UUID]?
    var type: String?
    var code: String?
    var state: Int16
    var act: String
    var actor: String
    var reason: String?

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureIds)
        parameters.add(type)
        parameters.add(code)
        parameters.add(state)
        parameters.add(act)
        parameters.add(actor)
        parameters.add(reason)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(failureId: try columns.next(), queue: try columns.next(), inboxKey: try columns.next())
    }
}
