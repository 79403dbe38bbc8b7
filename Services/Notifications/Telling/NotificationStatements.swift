import FoundationEssentials
import Postgres

extension Template: PostgresScalar {}

/// Adds notifications, with their text or waiting for a contact; one that there is already stays as it is.
struct AddNotifications: Statement {
    static let sql = """
        INSERT INTO notification (notification_id, occasion_id, template, person_id, channel, facts, traceparent, state,
            rendered_at, recipient_name, recipient_email, language, subject, body)
        SELECT notification_id, occasion_id, template, person_id, $1, facts, traceparent,
            CASE WHEN body IS NULL THEN 'no-contact' ELSE 'rendered' END, CASE WHEN body IS NOT NULL THEN now() END,
            recipient_name, recipient_email, language, subject, body
        FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::bytea[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[])
            AS added (notification_id, occasion_id, template, person_id, facts, traceparent, recipient_name,
                recipient_email, language, subject, body)
        ORDER BY occasion_id, template, person_id
        ON CONFLICT (occasion_id, template, person_id, channel) DO NOTHING
        """
    let channel: String
    private var ids: [UUID] = []
    private var occasions: [UUID] = []
    private var templates: [Template] = []
    private var persons: [UUID] = []
    private var facts: [[UInt8]] = []
    private var traceparents: [String?] = []
    private var names: [String?] = []
    private var emails: [String?] = []
    private var languages: [Language?] = []
    private var subjects: [String?] = []
    private var bodies: [String?] = []

    init(channel: String) {
        self.channel = channel
    }

    mutating func append(
        _ id: UUID, _ occasion: Occasion, facts: [UInt8], _ traceparent: String?, _ rendering: Rendering?
    ) {
        ids.append(id)
        occasions.append(occasion.occasionId)
        templates.append(occasion.template)
        persons.append(occasion.personId)
        self.facts.append(facts)
        traceparents.append(traceparent)
        names.append(rendering?.contact.name)
        emails.append(rendering?.contact.email)
        languages.append(rendering?.text.language)
        subjects.append(rendering?.text.subject)
        bodies.append(rendering?.text.body)
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(channel)
        parameters.add(ids)
        parameters.add(occasions)
        parameters.add(templates)
        parameters.add(persons)
        parameters.add(facts)
        parameters.add(traceparents)
        parameters.add(names)
        parameters.add(emails)
        parameters.add(languages)
        parameters.add(subjects)
        parameters.add(bodies)
    }
}

/// Reads what waits for the contacts of people who are locked.
struct ReadWaiting: Statement {
    struct Row: Sendable {
        var notificationId: UUID
        var personId: UUID
        var template: Template
        var facts: [UInt8]
    }

    static let sql = """
        SELECT notification_id, person_id, template, facts FROM notification
        WHERE person_id = ANY($1) AND channel = $2 AND state = 'no-contact' ORDER BY notification_id
        """
    var personIds: [UUID]
    var channel: String

    func bind(_ parameters: inout Parameters) {
        parameters.add(personIds)
        parameters.add(channel)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            notificationId: try columns.next(), personId: try columns.next(), template: try columns.next(),
            facts: try columns.next())
    }
}

/// Gives notifications that have waited for a contact their text.
struct WriteRendered: Statement {
    static let sql = """
        UPDATE notification SET state = 'rendered', rendered_at = now(), recipient_name = rendered.name,
            recipient_email = rendered.email, language = rendered.language, subject = rendered.subject,
            body = rendered.body
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
            AS rendered (notification_id, name, email, language, subject, body)
        WHERE notification.notification_id = rendered.notification_id AND state = 'no-contact'
        """
    private var ids: [UUID] = []
    private var names: [String] = []
    private var emails: [String] = []
    private var languages: [Language] = []
    private var subjects: [String] = []
    private var bodies: [String] = []

    var isEmpty: Bool { ids.isEmpty }

    mutating func append(_ id: UUID, _ rendering: Rendering) {
        ids.append(id)
        names.append(rendering.contact.name)
        emails.append(rendering.contact.email)
        languages.append(rendering.text.language)
        subjects.append(rendering.text.subject)
        bodies.append(rendering.text.body)
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(names)
        parameters.add(emails)
        parameters.add(languages)
        parameters.add(subjects)
        parameters.add(bodies)
    }
}
