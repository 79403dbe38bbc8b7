import Contracts
import FoundationEssentials
import Postgres

/// Reads a person's contact.
struct ReadContactOfPerson: Statement {
    static let sql = """
        SELECT name, email, language, changed_at FROM person WHERE person_id = $1 AND version > 0
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        var record: [String: String] = [:]
        record["name"] = try columns.next(String?.self)
        record["email"] = try columns.next(String?.self)
        record["language"] = try columns.next(String?.self)
        record["changedAt"] = Timestamp(try columns.next(Date.self)).description
        return record
    }
}

/// Reads everything that a person was told, the oldest first.
struct ReadNotificationsOfPerson: Statement {
    static let sql = """
        SELECT template, state, created_at, facts, recipient_name, recipient_email, subject, body
        FROM notification WHERE person_id = $1 ORDER BY notification_id
        """
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        var record: [String: String] = [:]
        record["template"] = try columns.next(String.self)
        record["state"] = try columns.next(String.self)
        record["createdAt"] = Timestamp(try columns.next(Date.self)).description
        record["facts"] = String(decoding: try columns.next([UInt8].self), as: UTF8.self)
        record["name"] = try columns.next(String?.self)
        record["email"] = try columns.next(String?.self)
        record["subject"] = try columns.next(String?.self)
        record["body"] = try columns.next(String?.self)
        return record
    }
}

/// Deletes everything that a person was told, and returns the ids; one that is being delivered is waited for.
struct EraseNotificationsOfPerson: Statement {
    static let sql = "DELETE FROM notification WHERE person_id = $1 RETURNING notification_id"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Deletes a person, and returns whether there was a contact.
struct EraseContactOfPerson: Statement {
    static let sql = "DELETE FROM person WHERE person_id = $1 RETURNING version > 0"
    var personId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(personId)
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}
