import FoundationEssentials
import Postgres

/// Where a message in the inbox stands.
enum InboxState: Int16, Sendable {
    case done = 0
    case parked = 1
    case failed = 2
    case discarded = 3
}

/// Takes messages that are new; returns the keys that were.
///
/// Keys must be sorted: two instances that insert the same keys in different order deadlock.
struct TakeNew: Statement {
    static let sql = """
        INSERT INTO inbox (queue, key, content, state)
        SELECT $1, key, content, $4 FROM unnest($2::bytea[], $3::bytea[]) AS taken (key, content)
        ON CONFLICT DO NOTHING RETURNING key
        """
    var queue: String
    var keys: [[UInt8]]
    var contents: [[UInt8]]
    var state = InboxState.done

    func bind(_ parameters: inout Parameters) {
        parameters.add(queue)
        parameters.add(keys)
        parameters.add(contents)
        parameters.add(state.rawValue)
    }

    static func row(_ columns: inout Columns) throws -> [UInt8] {
        try columns.next()
    }
}

/// Reads what became of messages that were taken before.
struct ReadTaken: Statement {
    struct Row: Sendable {
        var key: [UInt8]
        var content: [UInt8]
        var state: Int16
        var replyKind: Int16?
        var reply: [UInt8]?
        var replyIsSealed: Bool?
        var isReplyKept: Bool
    }

    static let sql = """
        SELECT key, content, state, reply_kind, reply, reply_is_sealed, coalesce(reply_until > clock_timestamp(), false)
        FROM inbox WHERE queue = $1 AND key = ANY ($2)
        """
    var queue: String
    var keys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(queue)
        parameters.add(keys)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            key: try columns.next(), content: try columns.next(), state: try columns.next(),
            replyKind: try columns.next(), reply: try columns.next(), replyIsSealed: try columns.next(),
            isReplyKept: try columns.next())
    }
}

/// Keeps answers with their messages, for those who ask again.
struct KeepReplies: Statement {
    static let sql = """
        UPDATE inbox SET reply_kind = kept.kind, reply = kept.reply, reply_is_sealed = kept.sealed,
            reply_until = now() + make_interval(secs => $6)
        FROM unnest($2::bytea[], $3::smallint[], $4::bytea[], $5::boolean[]) AS kept (key, kind, reply, sealed)
        WHERE inbox.queue = $1 AND inbox.key = kept.key
        """
    var queue: String
    var keys: [[UInt8]] = []
    var kinds: [Int16] = []
    var replies: [[UInt8]] = []
    var sealed: [Bool] = []
    var keptSeconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(queue)
        parameters.add(keys)
        parameters.add(kinds)
        parameters.add(replies)
        parameters.add(sealed)
        parameters.add(keptSeconds)
    }
}

/// Says where a message stands now.
struct SetInboxState: Statement {
    static let sql = "UPDATE inbox SET state = $3 WHERE queue = $1 AND key = ANY ($2)"
    var queue: String
    var keys: [[UInt8]]
    var state: InboxState

    func bind(_ parameters: inout Parameters) {
        parameters.add(queue)
        parameters.add(keys)
        parameters.add(state.rawValue)
    }
}

/// Forgets that messages were taken, so that they may be sent again.
struct GiveBack: Statement {
    static let sql = "DELETE FROM inbox WHERE queue = $1 AND key = ANY ($2)"
    var queue: String
    var keys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(queue)
        parameters.add(keys)
    }
}

/// Forgets failures that were mended or given up, with what operators did about them; returns a row for each.
struct ForgetOldFailures: Statement {
    static let sql = """
        DELETE FROM failure WHERE failure_id IN (
            SELECT failure_id FROM failure WHERE state IN (3, 4) AND failed_at < now() - make_interval(secs => $1)
            LIMIT $2 FOR UPDATE SKIP LOCKED)
        RETURNING 1::integer
        """
    var olderThanSeconds: Double
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(olderThanSeconds)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Forgets messages that are settled and older than the retention; returns a row for each.
struct ForgetOld: Statement {
    static let sql = """
        DELETE FROM inbox WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM inbox WHERE received_at < now() - make_interval(secs => $1) AND state <> 1 LIMIT $2
            FOR UPDATE SKIP LOCKED))
        RETURNING 1::integer
        """
    var olderThanSeconds: Double
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(olderThanSeconds)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
