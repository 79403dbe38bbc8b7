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

/// Files a message that could not be handled, with its first attempt; not again while it is open under its fingerprint.
struct FileFailure: Statement {
    static let sql = """
        WITH filed AS (
            INSERT INTO failure (failure_id, queue, inbox_key, state, type, message_id, user_id, code, reason, attempts,
                retry_at, envelope, body, fingerprint)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() + make_interval(secs => $11), $12, $13, $14)
            ON CONFLICT (queue, fingerprint) WHERE state IN (1, 2) AND fingerprint IS NOT NULL DO NOTHING
            RETURNING failure_id, code, reason
        )
        INSERT INTO failure_attempt (failure_id, code, reason) SELECT failure_id, code, reason FROM filed
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
    /// Of a message whose id was not taken.
    var fingerprint: [UInt8]?

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
        parameters.add(fingerprint)
    }
}

/// A parked message that is due and locked for this transaction.
struct DueFailure: Sendable {
    static let columns = "failure_id, queue, type, octet_length(body)"

    var failureId: UUID
    var queue: String
    var type: String
    var bodyBytes: Int32

    init(_ columns: inout Columns) throws {
        failureId = try columns.next()
        queue = try columns.next()
        type = try columns.next()
        bodyBytes = try columns.next()
    }
}

/// Locks parked messages that are due, the first to be due first; what another instance has in hand it passes over.
struct LockDueFailures: Statement {
    static let sql = """
        SELECT \(DueFailure.columns) FROM failure
        WHERE state = 1 AND retry_at <= clock_timestamp() ORDER BY retry_at LIMIT $1 FOR UPDATE SKIP LOCKED
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> DueFailure {
        try DueFailure(&columns)
    }
}

/// Locks some of the parked messages that were due, to try them by themselves.
struct LockDueAgain: Statement {
    static let sql = """
        SELECT \(DueFailure.columns) FROM failure
        WHERE failure_id = ANY ($1) AND state = 1 AND retry_at <= clock_timestamp() ORDER BY retry_at
        FOR UPDATE SKIP LOCKED
        """
    var failureIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureIds)
    }

    static func row(_ columns: inout Columns) throws -> DueFailure {
        try DueFailure(&columns)
    }
}

/// Reads failed messages that this transaction has locked, those that were due first in front.
struct ReadLockedFailures: Statement {
    struct Row: Sendable {
        var failureId: UUID
        var queue: String
        var inboxKey: [UInt8]?
        var attempts: Int32
        var revision: Int32
        var envelope: [UInt8]
        var sealedBody: [UInt8]
    }

    static let sql = """
        SELECT failure_id, queue, inbox_key, attempts, revision, envelope, body FROM failure
        WHERE failure_id = ANY ($1) ORDER BY retry_at, failure_id
        """
    var failureIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureIds)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            failureId: try columns.next(), queue: try columns.next(), inboxKey: try columns.next(),
            attempts: try columns.next(), revision: try columns.next(), envelope: try columns.next(),
            sealedBody: try columns.next())
    }
}

/// Says that parked messages were handled.
struct CloseFailures: Statement {
    static let sql = """
        WITH closed AS (
            UPDATE failure SET state = 4, retry_at = NULL WHERE failure_id = ANY ($1) RETURNING failure_id
        )
        INSERT INTO failure_attempt (failure_id) SELECT failure_id FROM closed
        """
    var failureIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureIds)
    }
}

/// Keeps how an attempt failed and sets the time of the next, or gives up; only if nobody else did something meanwhile.
struct NoteAttempt: Statement {
    static let sql = """
        WITH noted AS (
            UPDATE failure SET attempts = $2 + 1, code = $4, reason = $5, state = $6,
                retry_at = now() + make_interval(secs => $7)
            WHERE failure_id = $1 AND state = 1 AND attempts = $2 AND revision = $3 RETURNING failure_id, code, reason
        ), kept AS (
            INSERT INTO failure_attempt (failure_id, code, reason) SELECT failure_id, code, reason FROM noted
        ), forgotten AS (
            DELETE FROM failure_attempt WHERE attempt_id IN (
                SELECT attempt_id FROM failure_attempt WHERE failure_id = $1 ORDER BY attempt_id DESC OFFSET $8)
        )
        SELECT 1::integer FROM noted
        """
    var failureId: UUID
    var attemptsBefore: Int32
    var revision: Int32
    var code: String
    var reason: String
    var state: Int16
    var retryAfterSeconds: Double?
    /// How many attempts before this one are kept.
    var keptMax: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(attemptsBefore)
        parameters.add(revision)
        parameters.add(code)
        parameters.add(reason)
        parameters.add(state)
        parameters.add(retryAfterSeconds)
        parameters.add(keptMax)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
