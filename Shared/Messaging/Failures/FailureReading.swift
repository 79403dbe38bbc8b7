import Contracts
import FoundationEssentials
import Postgres

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

/// Counts failures by state, type and code, the largest group first, with the number of failures and of groups beside each.
struct CountFailureGroups: Statement {
    struct Row: Sendable {
        var group: FailureGroup
        var failures: Int64
        var groups: Int64
    }

    static let sql = """
        SELECT state, type, code, count(*), min(failed_at), max(failed_at), (sum(count(*)) OVER ())::bigint,
            count(*) OVER ()
        FROM (
            SELECT state, type, code, failed_at FROM failure
            WHERE state = ANY ($1) AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR code = $3)
                AND ($4::uuid[] IS NULL OR failure_id = ANY ($4))
            ORDER BY failure_id LIMIT $5
        ) AS meant
        GROUP BY state, type, code ORDER BY count(*) DESC, type, code, state LIMIT $6
        """
    var states: [Int16]
    var type: String?
    var code: String?
    var failureIds: [UUID]?
    var failuresMax: Int64?
    var groupsMax: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(states)
        parameters.add(type)
        parameters.add(code)
        parameters.add(failureIds)
        parameters.add(failuresMax)
        parameters.add(groupsMax)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        let group = FailureGroup(
            state: FailureCode.state(try columns.next()), type: try columns.next(), code: try columns.next(),
            count: Int(try columns.next(Int64.self)), oldestAt: Timestamp(try columns.next()),
            newestAt: Timestamp(try columns.next()))
        return Row(group: group, failures: try columns.next(), groups: try columns.next())
    }
}

/// A stored message as it is shown: sealed, with its envelope in JSON.
struct StoredBody: Sendable {
    var envelope: [UInt8]
    var sealedBody: [UInt8]
}

/// Reads one failure whole.
struct ReadFailure: Statement {
    struct Row: Sendable {
        var summary: FailureSummary
        var revision: Int32
        var stored: StoredBody
    }

    static let sql = "SELECT \(FailureColumns.list), revision, envelope, body FROM failure WHERE failure_id = $1"
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            summary: try FailureColumns.summary(&columns), revision: try columns.next(),
            stored: StoredBody(envelope: try columns.next(), sealedBody: try columns.next()))
    }
}

/// Reads what a failure was before it was edited; nothing if it was not, or if that is erased.
struct ReadOriginal: Statement {
    struct Row: Sendable {
        var user: String
        var stored: StoredBody
    }

    static let sql = "SELECT user_id, envelope, body FROM failure_original WHERE failure_id = $1"
    var failureId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            user: try columns.next(),
            stored: StoredBody(envelope: try columns.next(), sealedBody: try columns.next()))
    }
}

/// Reads what operators did about a failure, the newest first.
struct ReadActs: Statement {
    static let sql = """
        SELECT act, actor, reason, at, fields FROM failure_act WHERE failure_id = $1 ORDER BY act_id DESC LIMIT $2
        """
    var failureId: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FailureDetail.Act {
        FailureDetail.Act(
            act: try columns.next(), actor: try columns.next(), reason: try columns.next(),
            at: Timestamp(try columns.next()), fields: try columns.next())
    }
}

/// Reads how the attempts at a failed message went, the newest first.
struct ReadAttempts: Statement {
    static let sql = """
        SELECT at, code, reason FROM failure_attempt WHERE failure_id = $1 ORDER BY attempt_id DESC LIMIT $2
        """
    var failureId: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(failureId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FailureDetail.Attempt {
        FailureDetail.Attempt(at: Timestamp(try columns.next()), code: try columns.next(), reason: try columns.next())
    }
}

/// Counts how far a redrive has got.
struct CountRedriven: Statement {
    static let sql = """
        SELECT count(*) FILTER (WHERE state = 1 AND attempts = 0), count(*) FILTER (WHERE state = 4),
            count(*) FILTER (WHERE state = 2 OR (state = 1 AND attempts > 0)), count(*) FILTER (WHERE state = 3),
            min(retry_at) FILTER (WHERE state = 1 AND attempts = 0)
        FROM failure WHERE redrive_id = $1
        """
    var redriveId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(redriveId)
    }

    static func row(_ columns: inout Columns) throws -> RedriveProgress {
        RedriveProgress(
            waiting: Int(try columns.next(Int64.self)), done: Int(try columns.next(Int64.self)),
            failed: Int(try columns.next(Int64.self)), discarded: Int(try columns.next(Int64.self)),
            nextAt: try columns.next(Date?.self).map(Timestamp.init(_:)))
    }
}
