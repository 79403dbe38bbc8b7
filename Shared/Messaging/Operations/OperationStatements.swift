import Contracts
import FoundationEssentials
import Postgres

/// Reads how the runtime's tables are, in a bounded time: of each so many rows are counted, the oldest first.
struct ReadStatus: Statement {
    static let sql = """
        WITH leaving AS (SELECT created_at FROM outbox ORDER BY message_id LIMIT $1),
            later AS (SELECT due_at FROM schedule ORDER BY due_at LIMIT $1),
            open AS (SELECT state FROM failure WHERE state IN (1, 2) ORDER BY failure_id LIMIT $1),
            loose AS (SELECT FROM audit WHERE place IS NULL LIMIT $1)
        SELECT (SELECT count(*) FROM leaving),
            coalesce((SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM leaving), 0)::double precision,
            (SELECT count(*) FROM later),
            coalesce((SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM later), 0)::double precision,
            (SELECT count(*) FROM open WHERE state = 1), (SELECT count(*) FROM open WHERE state = 2),
            (SELECT count(*) FROM loose), length, hash,
            (SELECT until FROM intake_pause WHERE until > clock_timestamp())
        FROM audit_head
        """
    var max: Int64

    init(limits: MessagingLimits) {
        max = Int64(limits.countedRowsMax)
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> ServiceStatus {
        ServiceStatus(
            outboxRows: try columns.next(), outboxOldestSeconds: try columns.next(), scheduled: try columns.next(),
            // Before its time nothing is late.
            scheduleLateSeconds: Swift.max(0, try columns.next()), parked: try columns.next(),
            failed: try columns.next(),
            copies: [], unsealed: try columns.next(), audit: try AuditHead(&columns),
            intakePausedUntil: try (columns.next() as Date?).map { Timestamp($0) })
    }
}
