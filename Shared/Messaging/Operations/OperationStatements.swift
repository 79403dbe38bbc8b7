import Contracts
import FoundationEssentials
import Postgres

/// Reads how the runtime's tables are.
struct ReadStatus: Statement {
    static let sql = """
        SELECT (SELECT count(*) FROM outbox),
            coalesce((SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox), 0)::double precision,
            (SELECT count(*) FROM schedule),
            (SELECT count(*) FROM failure WHERE state = 1),
            (SELECT count(*) FROM failure WHERE state = 2), length, hash,
            (SELECT until FROM intake_pause WHERE until > clock_timestamp())
        FROM audit_head
        """

    func bind(_ parameters: inout Parameters) {}

    static func row(_ columns: inout Columns) throws -> ServiceStatus {
        ServiceStatus(
            outboxRows: try columns.next(), outboxOldestSeconds: try columns.next(), scheduled: try columns.next(),
            parked: try columns.next(), failed: try columns.next(), copies: [], audit: try AuditHead(&columns),
            intakePausedUntil: try (columns.next() as Date?).map { Timestamp($0) })
    }
}
