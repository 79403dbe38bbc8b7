public import FoundationEssentials

/// Where a failed message stands.
public enum FailureState: String, Codable, CaseIterable, Sendable {
    /// Will be tried again by itself.
    case parked
    /// Waits for an operator.
    case failed
    /// Was tried again and succeeded.
    case done
    /// An operator gave it up, with a reason.
    case discarded
}

/// A failed message in one line.
public struct FailureSummary: Codable, Equatable, Sendable {
    /// The failure.
    public var failureId: UUID
    /// Parked, failed, done or discarded.
    public var state: FailureState
    /// The queue it came through.
    public var queue: String
    /// Its type, as far as it could be read.
    public var type: String
    /// Its id, as far as it could be read.
    public var messageId: String
    /// Who sent it, as the broker checked.
    public var userId: String
    /// Why it failed, for programs.
    public var code: String
    /// Why it failed, for people.
    public var reason: String
    /// How often it was tried.
    public var attempts: Int
    /// When it failed first.
    public var failedAt: Timestamp
    /// When it is tried again.
    public var retryAt: Timestamp?

    /// Makes a summary.
    public init(
        failureId: UUID, state: FailureState, queue: String, type: String, messageId: String, userId: String,
        code: String, reason: String, attempts: Int, failedAt: Timestamp, retryAt: Timestamp?
    ) {
        self.failureId = failureId
        self.state = state
        self.queue = queue
        self.type = type
        self.messageId = messageId
        self.userId = userId
        self.code = code
        self.reason = reason
        self.attempts = attempts
        self.failedAt = failedAt
        self.retryAt = retryAt
    }
}

/// Lists failed messages, newest first: `<service>.find-failures.v1`.
public struct FindFailures<Owner: ServiceOwner>: Query {
    /// `<service>.find-failures.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "find-failures") }

    /// Only these; parked and failed if absent.
    public var state: FailureState?
    /// Only this type of message.
    public var type: String?
    /// Only this code.
    public var code: String?
    /// 1 to 500; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(
        state: FailureState? = nil, type: String? = nil, code: String? = nil, limit: Int? = nil, after: UUID? = nil
    ) {
        self.state = state
        self.type = type
        self.code = code
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...500).contains(limit), "limit", "must be 1 to 500") }
        try checks.finish()
    }

    /// What a successful answer holds.
    public typealias Reply = FailurePage
}

/// A page of failed messages.
public struct FailurePage: Codable, Equatable, Sendable {
    /// The failures, newest first.
    public var failures: [FailureSummary]
    /// What to send as `after` for the next page; absent on the last.
    public var next: UUID?

    /// Makes a page.
    public init(failures: [FailureSummary], next: UUID?) {
        self.failures = failures
        self.next = next
    }
}

/// Shows one failed message with its body, secrets masked, and its history: `<service>.get-failure.v1`.
///
/// Refused with `failure-unknown`.
public struct GetFailure<Owner: ServiceOwner>: Query {
    /// `<service>.get-failure.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "get-failure") }
    /// What a successful answer holds.
    public typealias Reply = FailureDetail

    /// The failure.
    public var failureId: UUID

    /// Makes the query.
    public init(failureId: UUID) {
        self.failureId = failureId
    }
}

/// A failed message, whole.
public struct FailureDetail: Codable, Equatable, Sendable {
    /// Something that an operator did about it.
    public struct Act: Codable, Equatable, Sendable {
        /// `redrive`, `discard`, `edit` or `reveal`.
        public var act: String
        /// The broker user.
        public var actor: String
        /// What the operator said.
        public var reason: String?
        /// When.
        public var at: Timestamp
        /// Of an edit, which fields it changed; never their values.
        public var fields: [String]?

        /// Makes an act.
        public init(act: String, actor: String, reason: String?, at: Timestamp, fields: [String]? = nil) {
            self.act = act
            self.actor = actor
            self.reason = reason
            self.at = at
            self.fields = fields
        }
    }

    /// How it went when the message was tried.
    public struct Attempt: Codable, Equatable, Sendable {
        /// When.
        public var at: Timestamp
        /// Why it failed, for programs; absent where it succeeded.
        public var code: String?
        /// Why it failed, for people.
        public var reason: String?

        /// Makes an attempt.
        public init(at: Timestamp, code: String? = nil, reason: String? = nil) {
            self.at = at
            self.code = code
            self.reason = reason
        }
    }

    /// The message as it came, before it was edited first.
    public struct Original: Codable, Equatable, Sendable {
        /// Who sent it, as the broker checked.
        public var userId: String
        /// The body, as ``FailureDetail/body`` has it.
        public var body: String
        /// The size of the body in bytes.
        public var bodyBytes: Int

        /// Makes an original.
        public init(userId: String, body: String, bodyBytes: Int) {
            self.userId = userId
            self.body = body
            self.bodyBytes = bodyBytes
        }
    }

    /// The line in the list.
    public var summary: FailureSummary
    /// The body with its secrets masked; only its size where it cannot be read and might hold one.
    public var body: String
    /// The size of the body in bytes.
    public var bodyBytes: Int
    /// What operators did, in order; the newest 50.
    public var acts: [Act]
    /// How each attempt went, the first failure among them, in order; the newest 100.
    public var attempts: [Attempt]?
    /// What it was before it was edited; absent if it was not, and once that was erased.
    public var original: Original?
    /// How often something was done about it: an edit says which state it is an edit of.
    public var revision: Int?

    /// Makes a detail.
    public init(
        summary: FailureSummary, body: String, bodyBytes: Int, acts: [Act], attempts: [Attempt]? = nil,
        original: Original? = nil, revision: Int? = nil
    ) {
        self.summary = summary
        self.body = body
        self.bodyBytes = bodyBytes
        self.acts = acts
        self.attempts = attempts
        self.original = original
        self.revision = revision
    }
}
