public import FoundationEssentials

/// What a service found of a person in one category, and what became of it.
public struct PersonFinding: Codable, Equatable, Sendable {
    /// What became of what was found.
    public enum Outcome: String, Codable, CaseIterable, Sendable {
        /// It is there, and was given out.
        case found
        /// It is gone, or names the person no longer.
        case erased
        /// It stays, and ``legalBasis`` says why.
        case kept
    }

    /// A word for programs: `contact`, `registrations`, `vouchers`.
    public var category: String
    /// How many.
    public var count: Int64
    /// What became of them.
    public var outcome: Outcome
    /// Why it is kept.
    public var legalBasis: String?
    /// Until when it is kept at the latest.
    public var until: Timestamp?

    /// Makes a finding.
    public init(
        _ category: String, _ count: Int64, _ outcome: Outcome, legalBasis: String? = nil, until: Timestamp? = nil
    ) {
        self.category = category
        self.count = count
        self.outcome = outcome
        self.legalBasis = legalBasis
        self.until = until
    }
}

/// Gives out what a service knows of a person: `<service>.export-person.v1`.
///
/// The answer is sent to the coordinator as well (``AnswerPrivacyRequest``).
public struct ExportPerson<Owner: ServiceOwner>: Command {
    /// `<service>.export-person.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "export-person") }
    /// It may take long.
    public static var queue: QueueName { .bulk }
    /// Ten minutes: the answer holds a person's data.
    public static var replyKeptSeconds: Int { 600 }

    /// Of the request that all services are asked for.
    public var requestId: UUID
    /// The person.
    public var personId: UUID

    /// Makes the command.
    public init(requestId: UUID, personId: UUID) {
        self.requestId = requestId
        self.personId = personId
    }

    /// Messages about one person keep their order.
    public var orderingKey: String? { personId.text }

    /// What was found.
    public struct Reply: Codable, Equatable, Sendable {
        /// By category.
        public var findings: [PersonFinding]
        /// All of it in JSON, by category; absent where nothing was found.
        public var data: Secret?

        /// Makes the answer.
        public init(findings: [PersonFinding], data: Secret?) {
            self.findings = findings
            self.data = data
        }
    }
}

/// Erases what a service knows of a person, and keeps later messages from bringing them back: `<service>.erase-person.v1`.
///
/// The answer is sent to the coordinator as well (``AnswerPrivacyRequest``).
public struct ErasePerson<Owner: ServiceOwner>: Command {
    /// `<service>.erase-person.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "erase-person") }
    /// It may take long.
    public static var queue: QueueName { .bulk }

    /// Of the request that all services are asked for.
    public var requestId: UUID
    /// The person.
    public var personId: UUID
    /// Why.
    public var reason: String?

    /// Makes the command.
    public init(requestId: UUID, personId: UUID, reason: String? = nil) {
        self.requestId = requestId
        self.personId = personId
        self.reason = reason
    }

    /// Messages about one person keep their order.
    public var orderingKey: String? { personId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let reason { checks.text(reason, "reason", max: 500) }
        try checks.finish()
    }

    /// What became of what was found.
    public struct Reply: Codable, Equatable, Sendable {
        /// By category.
        public var findings: [PersonFinding]

        /// Makes the answer.
        public init(findings: [PersonFinding]) {
            self.findings = findings
        }
    }
}
