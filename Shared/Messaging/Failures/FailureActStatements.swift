import Contracts
import FoundationEssentials
import Postgres

/// The open failures that an operator means, locked in the order of ids.
struct MeantFailures: Sendable {
    static let sql = """
        SELECT failure_id FROM failure
        WHERE state IN (1, 2) AND ($1::uuid[] IS NULL OR failure_id = ANY ($1)) AND ($2::text IS NULL OR type = $2)
            AND ($3::text IS NULL OR code = $3) AND ($4::smallint IS NULL OR state = $4)
            AND ($5::uuid IS NULL OR failure_id > $5)
        ORDER BY failure_id LIMIT $6 FOR UPDATE
        """
    var selection: FailureSelection
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(selection.failureIds)
        parameters.add(selection.type)
        parameters.add(selection.code)
        parameters.add(selection.state.map(FailureCode.code))
        parameters.add(selection.after)
        parameters.add(max)
    }
}

/// A failure that an operator did something about.
struct TouchedFailure: Sendable {
    static let columns = "failure_id, queue, inbox_key, type, code, retry_at"

    var failureId: UUID
    var queue: String
    var inboxKey: [UInt8]?
    var type: String
    var code: String
    var retryAt: Date?

    init(_ columns: inout Columns) throws {
        failureId = try columns.next()
        queue = try columns.next()
        inboxKey = try columns.next()
        type = try columns.next()
        code = try columns.next()
        retryAt = try columns.next()
    }
}

/// Who does something about failures, and why.
struct FailureActor: Sendable {
    var user: String
    var reason: String?
}

/// Has every open failure that is meant tried again, one after the other at a pace, writes the acts, and returns them in order.
struct RedriveMeant: Statement {
    static let sql = """
        WITH meant AS (
            \(MeantFailures.sql)
        ), paced AS (
            SELECT failure_id, $8::double precision
                + $9::double precision * (row_number() OVER (ORDER BY failure_id) - 1) AS seconds
            FROM meant
        ), touched AS (
            UPDATE failure SET state = 1, attempts = 0, revision = revision + 1, redrive_id = $7,
                retry_at = now() + make_interval(secs => paced.seconds)
            FROM paced WHERE failure.failure_id = paced.failure_id
            RETURNING failure.failure_id, queue, inbox_key, type, code, retry_at
        ), acts AS (
            INSERT INTO failure_act (failure_id, act, actor, reason)
            SELECT failure_id, 'redrive', $10, $11 FROM touched ORDER BY failure_id
        )
        SELECT \(TouchedFailure.columns) FROM touched ORDER BY failure_id
        """
    var meant: MeantFailures
    var redriveId: UUID?
    var delaySeconds: Double
    /// Between one and the next; 0 for all at once.
    var pauseSeconds: Double
    var actor: FailureActor

    func bind(_ parameters: inout Parameters) {
        meant.bind(&parameters)
        parameters.add(redriveId)
        parameters.add(delaySeconds)
        parameters.add(pauseSeconds)
        parameters.add(actor.user)
        parameters.add(actor.reason)
    }

    static func row(_ columns: inout Columns) throws -> TouchedFailure {
        try TouchedFailure(&columns)
    }
}

/// Gives every open failure up that is meant, writes the acts, and returns them in order.
struct DiscardMeant: Statement {
    static let sql = """
        WITH meant AS (
            \(MeantFailures.sql)
        ), touched AS (
            UPDATE failure SET state = 3, retry_at = NULL, revision = revision + 1
            WHERE failure_id IN (SELECT failure_id FROM meant) RETURNING \(TouchedFailure.columns)
        ), acts AS (
            INSERT INTO failure_act (failure_id, act, actor, reason)
            SELECT failure_id, 'discard', $7, $8 FROM touched ORDER BY failure_id
        )
        SELECT \(TouchedFailure.columns) FROM touched ORDER BY failure_id
        """
    var meant: MeantFailures
    var actor: FailureActor

    func bind(_ parameters: inout Parameters) {
        meant.bind(&parameters)
        parameters.add(actor.user)
        parameters.add(actor.reason)
    }

    static func row(_ columns: inout Columns) throws -> TouchedFailure {
        try TouchedFailure(&columns)
    }
}

/// Writes an act that changes nothing of the failure.
struct WriteAct: Statement {
    static let sql = "INSERT INTO failure_act (failure_id, act, actor, reason) VALUES ($1, $2, $3, $4)"
    var failureId: UUID
    var act: String
    var actor: FailureActor

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(act)
        parameters.add(actor.user)
        parameters.add(actor.reason)
    }
}

/// Reads a failure that is to be edited, and locks it.
struct LockFailure: Statement {
    struct Row: Sendable {
        var state: Int16
        var queue: String
        var type: String
        var inboxKey: [UInt8]?
        var revision: Int32
        var stored: StoredBody
    }

    static let sql = """
        SELECT state, queue, type, inbox_key, revision, envelope, body FROM failure WHERE failure_id = $1 FOR UPDATE
        """
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            state: try columns.next(), queue: try columns.next(), type: try columns.next(),
            inboxKey: try columns.next(), revision: try columns.next(),
            stored: StoredBody(envelope: try columns.next(), sealedBody: try columns.next()))
    }
}

/// Puts another message into a failure, under its editor's name, and keeps the first that was there.
struct WriteEdit: Statement {
    static let sql = """
        WITH kept AS (
            INSERT INTO failure_original (failure_id, user_id, envelope, body)
            SELECT failure_id, user_id, envelope, body FROM failure WHERE failure_id = $1 AND NOT EXISTS (
                SELECT FROM failure_act WHERE failure_act.failure_id = $1 AND act = 'edit')
        ), edited AS (
            UPDATE failure SET user_id = $2, envelope = $4, body = $5, inbox_key = $6, revision = revision + 1
            WHERE failure_id = $1 RETURNING failure_id
        )
        INSERT INTO failure_act (failure_id, act, actor, reason, fields)
        SELECT failure_id, 'edit', $2, $3, $7 FROM edited
        """
    var failureId: UUID
    var actor: FailureActor
    var stored: StoredBody
    var inboxKey: [UInt8]
    var fields: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(actor.user)
        parameters.add(actor.reason)
        parameters.add(stored.envelope)
        parameters.add(stored.sealedBody)
        parameters.add(inboxKey)
        parameters.add(fields)
    }
}
