import Messaging
import Postgres
import ServiceKit

/// Takes the text out of notifications that were sent long ago; that somebody was told stays.
struct ForgetTexts: BackgroundJob {
    static let name = "forget-texts"
    static let isWokenByCommits = false
    /// Rows in one transaction.
    static let batchMax = 500

    /// How long a text is kept after it was rendered.
    let retention: Duration

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let seconds = Double(retention.components.seconds)
        let forgotten = try await transaction.execute(
            ForgetOldTexts(olderThanSeconds: seconds, max: Int64(ForgetTexts.batchMax)))
        return forgotten.count == ForgetTexts.batchMax
    }
}

/// Empties the texts of old notifications; returns a row for each.
struct ForgetOldTexts: Statement {
    static let sql = """
        UPDATE notification SET facts = '', recipient_name = '', recipient_email = '', subject = '', body = ''
        WHERE notification_id IN (
            SELECT notification_id FROM notification
            WHERE state IN ('delivered', 'undeliverable') AND body <> '' AND rendered_at < now() - make_interval(secs => $1)
            ORDER BY rendered_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)
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
