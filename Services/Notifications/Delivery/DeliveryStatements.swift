import FoundationEssentials
import Postgres

/// Takes notifications that wait to be sent; those that another instance has in hand are passed over.
struct TakeRendered: Statement {
    struct Row: Sendable {
        var notificationId: UUID
        var personId: UUID
        var template: Template
        var channel: String
        var traceparent: String?
        var renderedAt: Date
        var recipientName: String
        var recipientEmail: String
        var text: RenderedText
    }

    static let sql = """
        SELECT notification_id, person_id, template, channel, traceparent, rendered_at, recipient_name, recipient_email,
            subject, body, language
        FROM notification WHERE state = 'rendered' ORDER BY notification_id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            notificationId: try columns.next(), personId: try columns.next(), template: try columns.next(),
            channel: try columns.next(), traceparent: try columns.next(), renderedAt: try columns.next(),
            recipientName: try columns.next(), recipientEmail: try columns.next(),
            text: RenderedText(
                subject: try columns.next(), body: try columns.next(), language: try columns.next()))
    }
}

/// Says of notifications that they are delivered.
struct MarkDelivered: Statement {
    static let sql = """
        UPDATE notification SET state = 'delivered', delivered_at = now() WHERE notification_id = ANY($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Says of notifications that nothing can be sent to their address.
struct MarkUndeliverable: Statement {
    static let sql = "UPDATE notification SET state = 'undeliverable' WHERE notification_id = ANY($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}
