import Foundation
import Postgres

/// Every redemption that was booked.
struct AuditRedemptions: Statement {
    struct Row: Sendable {
        let redemptionId: UUID
        let voucherId: UUID
        let merchantId: UUID
        let amount: Int64
        let balance: Int64
    }

    static let sql = "SELECT redemption_id, voucher_id, merchant_id, amount, balance FROM redemption"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            redemptionId: try columns.next(), voucherId: try columns.next(), merchantId: try columns.next(),
            amount: try columns.next(), balance: try columns.next())
    }
}

/// Every redemption that was refused for good.
struct AuditRefusals: Statement {
    struct Row: Sendable {
        let redemptionId: UUID
        let merchantId: UUID
        let voucherId: UUID?
        let reason: String
    }

    static let sql = "SELECT redemption_id, merchant_id, voucher_id, reason FROM redemption_refusal"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            redemptionId: try columns.next(), merchantId: try columns.next(), voucherId: try columns.next(),
            reason: try columns.next())
    }
}

/// Every voucher.
struct AuditVouchers: Statement {
    struct Row: Sendable {
        let voucherId: UUID
        let value: Int64
        let balance: Int64
    }

    static let sql = "SELECT voucher_id, value, balance FROM voucher"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(voucherId: try columns.next(), value: try columns.next(), balance: try columns.next())
    }
}

/// Every line of the journal.
struct AuditPostings: Statement {
    struct Row: Sendable {
        let cause: String
        let causeId: UUID
        let account: String
        let ownerId: UUID
        let amount: Int64
        let currency: String
    }

    static let sql = "SELECT cause, cause_id, account, owner_id, amount, currency FROM posting"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            cause: try columns.next(), causeId: try columns.next(), account: try columns.next(),
            ownerId: try columns.next(), amount: try columns.next(), currency: try columns.next())
    }
}

extension [AuditPostings.Row] {
    /// The entries that have a line of one of these vouchers, whole.
    func touching(_ vouchers: Set<UUID>) -> [AuditPostings.Row] {
        let ids = Set(filter { vouchers.contains($0.ownerId) }.map { DeskBooks.Cause(kind: $0.cause, id: $0.causeId) })
        return filter { ids.contains(DeskBooks.Cause(kind: $0.cause, id: $0.causeId)) }
    }
}

/// Every message that could not be handled, whatever has become of it.
struct AuditFailures: Statement {
    struct Row: Sendable, CustomStringConvertible {
        let id: UUID
        let state: Int16
        let type: String
        let queue: String
        let messageId: String
        let code: String
        let reason: String

        /// Parked or failed: not mended, not discarded.
        var isOpen: Bool { state == 1 || state == 2 }
        var description: String { "\(code) (state \(state)) \(type) \(messageId) in \(queue): \(reason)" }
    }

    static let sql = "SELECT failure_id, state, type, queue, message_id, code, reason FROM failure ORDER BY failure_id"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            id: try columns.next(), state: try columns.next(), type: try columns.next(), queue: try columns.next(),
            messageId: try columns.next(), code: try columns.next(), reason: try columns.next())
    }
}

/// What the runtime has left: rows of the outbox and of the schedule, messages that are not done.
struct AuditRuntime: Statement {
    struct Row: Sendable, Equatable {
        var outbox: Int64 = 0
        var schedule: Int64 = 0
        var unfinished: Int64 = 0
    }

    static let sql = """
        SELECT (SELECT count(*) FROM outbox), (SELECT count(*) FROM schedule),
            (SELECT count(*) FROM inbox WHERE state <> 0)
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(outbox: try columns.next(), schedule: try columns.next(), unfinished: try columns.next())
    }
}

/// How many redemption ids have an outcome.
struct AuditOutcomes: Statement {
    static let sql = "SELECT (SELECT count(*) FROM redemption) + (SELECT count(*) FROM redemption_refusal)"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Advisory locks and sessions of services in this database.
struct AuditSessions: Statement {
    struct Row: Sendable {
        let locks: Int64
        let sessions: Int64
    }

    static let sql = """
        SELECT (SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                WHERE locktype = 'advisory' AND datname = current_database()),
            (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid())
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(locks: try columns.next(), sessions: try columns.next())
    }
}

/// The open transactions of the service that hold a lock on rows: session and beginning.
struct AuditTransactions: Statement {
    static let sql = """
        SELECT pid || ' ' || xact_start FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'vouchers' AND state LIKE 'idle in transaction%'
            AND backend_xid IS NOT NULL
        """

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}

/// Ends some sessions of a service, chosen by chance; returns a row for each.
struct TerminateSessions: Statement {
    static let sql = """
        SELECT pg_terminate_backend(pid) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = 'vouchers'
            ORDER BY random() LIMIT $1) AS chosen
        """
    var count: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(count)
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

/// Whether the copy of merchants is complete, and how many there are.
struct AuditCopy: Statement {
    struct Row: Sendable {
        let isComplete: Bool
        let merchants: Int64
    }

    static let sql = """
        SELECT coalesce((SELECT completed_at IS NOT NULL FROM copy WHERE name = 'merchants'), false),
            (SELECT count(*) FROM merchant)
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(isComplete: try columns.next(), merchants: try columns.next())
    }
}
