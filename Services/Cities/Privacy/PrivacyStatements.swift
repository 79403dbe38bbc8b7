import Contracts
import FoundationEssentials
import Postgres

/// Locks requests; what depends on the lock is read by later statements.
struct LockPrivacyRequests: Statement {
    static let sql = """
        SELECT 1::integer FROM privacy_request WHERE request_id = ANY ($1) ORDER BY request_id FOR NO KEY UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads requests by id.
struct ReadPrivacyRequests: Statement {
    static let sql = """
        SELECT request_id, kind, sealed_person, person_key, reason, requested_by, requested_at, completed_at
        FROM privacy_request WHERE request_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> PrivacyRequest {
        let requestId = try columns.next(UUID.self)
        let kind = try columns.next(String.self)
        return PrivacyRequest(
            requestId: requestId, kind: PrivacyRequestKind(rawValue: kind) ?? .export,
            sealedPerson: try columns.next(), personKey: try columns.next(), reason: try columns.next(),
            requestedBy: try columns.next(), requestedAt: try columns.next(), completedAt: try columns.next())
    }
}

/// Inserts requests.
struct InsertPrivacyRequest: Statement {
    static let sql = """
        INSERT INTO privacy_request (request_id, kind, sealed_person, person_key, reason, requested_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    var request: PrivacyRequest

    func bind(_ parameters: inout Parameters) {
        parameters.add(request.requestId)
        parameters.add(request.kind.rawValue)
        parameters.add(request.sealedPerson)
        parameters.add(request.personKey)
        parameters.add(request.reason)
        parameters.add(request.requestedBy)
    }
}

/// Says that all services have answered; an erasure forgets whom it was for.
struct CompletePrivacyRequest: Statement {
    static let sql = """
        UPDATE privacy_request SET completed_at = now(),
            sealed_person = CASE WHEN kind = 'export' THEN sealed_person END,
            reason = CASE WHEN kind = 'export' THEN reason ELSE '' END
        WHERE request_id = $1 AND completed_at IS NULL
        """
    var requestId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(requestId)
    }
}

/// Writes a service's answer; the first one counts, because after an erasure a second would find nothing.
struct InsertPrivacyAnswer: Statement {
    static let sql = """
        INSERT INTO privacy_answer (request_id, service, findings, sealed_data) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        """
    var requestId: UUID
    var service: String
    var findings: [UInt8]
    var sealedData: [UInt8]?

    func bind(_ parameters: inout Parameters) {
        parameters.add(requestId)
        parameters.add(service)
        parameters.add(findings)
        parameters.add(sealedData)
    }
}

/// Reads the answers to a request, by service.
struct ReadPrivacyAnswers: Statement {
    struct Row: Sendable {
        var service: String
        var findings: [UInt8]
        var sealedData: [UInt8]?
        var answeredAt: Date
    }

    static let sql = """
        SELECT service, findings, sealed_data, answered_at FROM privacy_answer WHERE request_id = $1 ORDER BY service
        """
    var requestId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(requestId)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            service: try columns.next(), findings: try columns.next(), sealedData: try columns.next(),
            answeredAt: try columns.next())
    }
}

/// Removes what was given out thirty days ago; returns a row for each.
struct ForgetExports: Statement {
    static let sql = """
        UPDATE privacy_answer SET sealed_data = NULL
        WHERE sealed_data IS NOT NULL AND answered_at < now() - interval '30 days'
        RETURNING 1::integer
        """

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Forgets of the exports that are done whom they were for, and why.
struct UnnameExportRequests: Statement {
    static let sql = """
        UPDATE privacy_request SET sealed_person = NULL, reason = ''
        WHERE person_key = ANY ($1) AND completed_at IS NOT NULL
        """
    var personKeys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personKeys)
    }
}

/// Removes what was given out about a person; returns a row for each.
struct EraseExports: Statement {
    static let sql = """
        UPDATE privacy_answer SET sealed_data = NULL
        WHERE sealed_data IS NOT NULL
            AND request_id IN (SELECT request_id FROM privacy_request WHERE person_key = ANY ($1))
        RETURNING 1::integer
        """
    var personKeys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personKeys)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads the requests that were made about a person.
struct ReadRequestsOfPerson: Statement {
    static let sql = """
        SELECT kind, reason, requested_at FROM privacy_request WHERE person_key = ANY ($1) ORDER BY requested_at
        """
    var personKeys: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(personKeys)
    }

    static func row(_ columns: inout Columns) throws -> [String: String] {
        [
            "kind": try columns.next(String.self), "reason": try columns.next(String.self),
            "requestedAt": Timestamp(try columns.next(Date.self)).description,
        ]
    }
}
