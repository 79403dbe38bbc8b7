public import FoundationEssentials

/// Asks all services for what they know of a person: `cities.request-export.v1`.
///
/// Refused with `request-differs`.
public struct RequestExport: Command {
    /// `cities.request-export.v1`.
    public static let type = MessageType(.cities, .command, "request-export")
    /// What a successful answer holds.
    public typealias Reply = PrivacyRequestTaken

    /// Chosen by the asker.
    public var requestId: UUID
    /// The person.
    public var personId: UUID
    /// Why.
    public var reason: String

    /// Makes the command.
    public init(requestId: UUID, personId: UUID, reason: String) {
        self.requestId = requestId
        self.personId = personId
        self.reason = reason
    }

    /// Messages about one request keep their order.
    public var orderingKey: String? { requestId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(reason, "reason", max: 500)
        try checks.finish()
    }
}

/// Has all services erase what they know of a person: `cities.request-erasure.v1`.
///
/// Refused with `request-differs`.
public struct RequestErasure: Command {
    /// `cities.request-erasure.v1`.
    public static let type = MessageType(.cities, .command, "request-erasure")
    /// What a successful answer holds.
    public typealias Reply = PrivacyRequestTaken

    /// Chosen by the asker.
    public var requestId: UUID
    /// The person.
    public var personId: UUID
    /// Why.
    public var reason: String

    /// Makes the command.
    public init(requestId: UUID, personId: UUID, reason: String) {
        self.requestId = requestId
        self.personId = personId
        self.reason = reason
    }

    /// Messages about one request keep their order.
    public var orderingKey: String? { requestId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(reason, "reason", max: 500)
        try checks.finish()
    }
}

/// What a request asks for.
public enum PrivacyRequestKind: String, Codable, CaseIterable, Sendable {
    /// What is known.
    case export
    /// That it be erased.
    case erasure
}

/// A request was taken in; it is done when all services have answered.
public struct PrivacyRequestTaken: Codable, Equatable, Sendable {
    /// The request.
    public var requestId: UUID
    /// Whether all have answered.
    public var isComplete: Bool

    /// Makes the answer.
    public init(requestId: UUID, isComplete: Bool) {
        self.requestId = requestId
        self.isComplete = isComplete
    }
}

/// A service's answer to a request: `cities.answer-privacy-request.v1`.
///
/// Refused with `request-unknown`, `not-the-service`.
public struct AnswerPrivacyRequest: Command {
    /// `cities.answer-privacy-request.v1`.
    public static let type = MessageType(.cities, .command, "answer-privacy-request")
    /// It may hold much.
    public static let queue = QueueName.bulk
    /// What a successful answer holds.
    public typealias Reply = PrivacyRequestTaken

    /// The request.
    public var requestId: UUID
    /// Who answers; must be who speaks.
    public var service: ServiceName
    /// What was found, by category.
    public var findings: [PersonFinding]
    /// All of it in JSON, by category, if that was asked for.
    public var data: Secret?

    /// Makes the command.
    public init(requestId: UUID, service: ServiceName, findings: [PersonFinding], data: Secret? = nil) {
        self.requestId = requestId
        self.service = service
        self.findings = findings
        self.data = data
    }

    /// Messages about one request keep their order.
    public var orderingKey: String? { requestId.text }
}

/// Asks the services again that have not answered a request: `cities.repeat-privacy-request.v1`.
///
/// Sent by cities to itself, later and later.
public struct RepeatPrivacyRequest: Command {
    /// `cities.repeat-privacy-request.v1`.
    public static let type = MessageType(.cities, .command, "repeat-privacy-request")
    /// What a successful answer holds.
    public typealias Reply = PrivacyRequestTaken

    /// The request.
    public var requestId: UUID
    /// How often it was sent before.
    public var attempts: Int

    /// Makes the command.
    public init(requestId: UUID, attempts: Int) {
        self.requestId = requestId
        self.attempts = attempts
    }

    /// Messages about one request keep their order.
    public var orderingKey: String? { requestId.text }
}

/// All services have answered: `cities.privacy-request-completed.v1` (state).
///
/// Says of which person to nobody.
public struct PrivacyRequestCompleted: AuditedEvent {
    /// `cities.privacy-request-completed.v1`.
    public static let type = MessageType(.cities, .event, "privacy-request-completed")

    /// The request.
    public var requestId: UUID
    /// What it asked for.
    public var kind: PrivacyRequestKind
    /// Always 1: a request is completed once.
    public var version: Int64

    /// Makes the event.
    public init(requestId: UUID, kind: PrivacyRequestKind, version: Int64 = 1) {
        self.requestId = requestId
        self.kind = kind
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { requestId.text }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The request.
    public var auditedId: UUID { requestId }
}

/// Gets a request with the answers that have come: `cities.get-privacy-request.v1`.
///
/// Refused with `request-unknown`.
public struct GetPrivacyRequest: Query {
    /// `cities.get-privacy-request.v1`.
    public static let type = MessageType(.cities, .query, "get-privacy-request")

    /// The request.
    public var requestId: UUID
    /// Only the answer of this service; the data of all may be more than a message holds.
    public var service: ServiceName?

    /// Makes the query.
    public init(requestId: UUID, service: ServiceName? = nil) {
        self.requestId = requestId
        self.service = service
    }

    /// A service's answer.
    public struct Answer: Codable, Equatable, Sendable {
        /// The service.
        public var service: ServiceName
        /// When it came.
        public var answeredAt: Timestamp
        /// What was found, by category.
        public var findings: [PersonFinding]
        /// All of it in JSON; for thirty days, and only where one service was asked for.
        public var data: Secret?

        /// Makes an answer.
        public init(service: ServiceName, answeredAt: Timestamp, findings: [PersonFinding], data: Secret?) {
            self.service = service
            self.answeredAt = answeredAt
            self.findings = findings
            self.data = data
        }
    }

    /// The request and where it stands.
    public struct Reply: Codable, Equatable, Sendable {
        /// The request.
        public var requestId: UUID
        /// What it asks for.
        public var kind: PrivacyRequestKind
        /// Who asked.
        public var requestedBy: String
        /// When.
        public var requestedAt: Timestamp
        /// When the last service had answered; absent while one is missing.
        public var completedAt: Timestamp?
        /// The answers, by service.
        public var answers: [Answer]

        /// Makes the answer.
        public init(
            requestId: UUID, kind: PrivacyRequestKind, requestedBy: String, requestedAt: Timestamp,
            completedAt: Timestamp?, answers: [Answer]
        ) {
            self.requestId = requestId
            self.kind = kind
            self.requestedBy = requestedBy
            self.requestedAt = requestedAt
            self.completedAt = completedAt
            self.answers = answers
        }
    }
}
