public import FoundationEssentials

/// Which failed messages an operator means: by id, or all of a type or a code.
public struct FailureSelection: Codable, Equatable, Sendable {
    /// These.
    public var failureIds: [UUID]?
    /// All open ones of this type.
    public var type: String?
    /// All open ones with this code.
    public var code: String?
    /// Only those in this state, parked or failed; both if absent.
    public var state: FailureState?
    /// Only those behind this one: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes a selection.
    public init(
        failureIds: [UUID]? = nil, type: String? = nil, code: String? = nil, state: FailureState? = nil,
        after: UUID? = nil
    ) {
        self.failureIds = failureIds
        self.type = type
        self.code = code
        self.state = state
        self.after = after
    }

    func check(_ checks: inout Checks) {
        checks.require(failureIds != nil || type != nil || code != nil, "failures", "name failures, a type or a code")
        checks.require(failureIds?.isEmpty != true, "failures", "names no failure")
        checks.require((failureIds?.count ?? 0) <= 1000, "failures", "must be at most 1000")
        checks.require([nil, .parked, .failed].contains(state), "failures", "state must be parked or failed")
    }
}

extension Checks {
    /// Requires a page of an act to be one that a transaction can be made of.
    fileprivate mutating func page(_ limit: Int?) {
        if let limit { require((1...1000).contains(limit), "limit", "must be 1 to 1000") }
    }
}

/// Tries failed messages again, from their rows: `<service>.redrive-failures.v1`.
///
/// At once, or at a pace that the service keeps by itself. The oldest first.
public struct RedriveFailures<Owner: ServiceOwner>: ReasonedCommand {
    /// `<service>.redrive-failures.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "redrive-failures") }
    /// What a successful answer holds.
    public typealias Reply = FailuresTouched

    /// Which.
    public var failures: FailureSelection
    /// Why, for the audit.
    public var reason: String?
    /// What ``GetRedrive`` asks for; several commands may be one redrive.
    public var redriveId: UUID?
    /// How many are tried in a second at most; all at once if absent.
    public var perSecond: Double?
    /// How many seconds the first of them waits.
    public var delaySeconds: Double?
    /// At most so many, 1 to 1000; 1000 if absent.
    public var limit: Int?

    /// Makes the command.
    public init(
        _ failures: FailureSelection, reason: String? = nil, redriveId: UUID? = nil, perSecond: Double? = nil,
        delaySeconds: Double? = nil, limit: Int? = nil
    ) {
        self.failures = failures
        self.reason = reason
        self.redriveId = redriveId
        self.perSecond = perSecond
        self.delaySeconds = delaySeconds
        self.limit = limit
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        failures.check(&checks)
        if let reason { checks.text(reason, "reason", max: 500) }
        if let perSecond {
            checks.require((0.001...10_000).contains(perSecond), "perSecond", "must be 0.001 to 10000")
        }
        if let delaySeconds {
            checks.require((0...2_592_000).contains(delaySeconds), "delaySeconds", "must be 0 to 30 days")
        }
        checks.page(limit)
        try checks.finish()
    }
}

/// Gives failed messages up: `<service>.discard-failures.v1`.
///
/// They stay readable until retention ends.
public struct DiscardFailures<Owner: ServiceOwner>: ReasonedCommand {
    /// `<service>.discard-failures.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "discard-failures") }
    /// What a successful answer holds.
    public typealias Reply = FailuresTouched

    /// Which.
    public var failures: FailureSelection
    /// Why, for the audit; there must be one.
    public var reason: String?
    /// At most so many, 1 to 1000; 1000 if absent.
    public var limit: Int?

    /// Makes the command.
    public init(_ failures: FailureSelection, reason: String, limit: Int? = nil) {
        self.failures = failures
        self.reason = reason
        self.limit = limit
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        failures.check(&checks)
        checks.text(reason ?? "", "reason", max: 500)
        checks.page(limit)
        try checks.finish()
    }
}

/// How many failed messages an act was for.
public struct FailuresTouched: Codable, Equatable, Sendable {
    /// Messages.
    public var count: Int
    /// What to send as `after` to go on; absent where nothing is left.
    public var next: UUID?
    /// When the last of them is tried.
    public var lastAt: Timestamp?

    /// Makes the answer.
    public init(count: Int, next: UUID? = nil, lastAt: Timestamp? = nil) {
        self.count = count
        self.next = next
        self.lastAt = lastAt
    }
}

/// Tells how a redrive goes: `<service>.get-redrive.v1`.
public struct GetRedrive<Owner: ServiceOwner>: Query {
    /// `<service>.get-redrive.v1`.
    public static var type: MessageType { MessageType(Owner.name, .query, "get-redrive") }
    /// What a successful answer holds.
    public typealias Reply = RedriveProgress

    /// Which.
    public var redriveId: UUID

    /// Makes the query.
    public init(redriveId: UUID) {
        self.redriveId = redriveId
    }
}

/// How far a redrive has got; a message that was redriven again since, or erased, is no longer counted.
public struct RedriveProgress: Codable, Equatable, Sendable {
    /// Messages that were not tried yet.
    public var waiting: Int
    /// Messages that succeeded.
    public var done: Int
    /// Messages that failed again; some of them may be tried again by themselves.
    public var failed: Int
    /// Messages that were given up meanwhile.
    public var discarded: Int
    /// When the next is tried.
    public var nextAt: Timestamp?

    /// Makes the answer.
    public init(waiting: Int, done: Int, failed: Int, discarded: Int, nextAt: Timestamp? = nil) {
        self.waiting = waiting
        self.done = done
        self.failed = failed
        self.discarded = discarded
        self.nextAt = nextAt
    }
}

/// Puts another body into a failed command: `<service>.edit-failure.v1`.
///
/// It runs when it is tried next, under its own ids and with the rights of who edited it; its deadline no longer counts. What came
/// is kept. Refused with `invalid` if the contract does not allow what it says, with `failure-unknown`, `failure-settled`,
/// `failure-changed`, `not-editable`, `nothing-changed`, `id-taken`, or `person-erased`.
public struct EditFailure<Owner: ServiceOwner>: ReasonedCommand {
    /// `<service>.edit-failure.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "edit-failure") }
    /// What a successful answer holds.
    public typealias Reply = EditedFailure

    /// Which.
    public var failureId: UUID
    /// The message in JSON, whole; where a secret is still masked it stays what it is.
    public var body: Secret
    /// Of which state it is an edit, as ``FailureDetail/revision`` said; of whichever there is if absent.
    public var revision: Int?
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(failureId: UUID, body: Secret, revision: Int? = nil, reason: String? = nil) {
        self.failureId = failureId
        self.body = body
        self.revision = revision
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { failureId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let reason { checks.text(reason, "reason", max: 500) }
        try checks.finish()
    }
}

/// What an edit came to.
public struct EditedFailure: Codable, Equatable, Sendable {
    /// The state that it has made.
    public var revision: Int
    /// The fields that differ from what stood there before.
    public var fields: [String]

    /// Makes the answer.
    public init(revision: Int, fields: [String]) {
        self.revision = revision
        self.fields = fields
    }
}

/// Shows the body of a failed message with its secrets, and says so in the audit: `<service>.reveal-failure.v1`.
///
/// Administrators' alone. Refused with `failure-unknown`.
public struct RevealFailure<Owner: ServiceOwner>: ReasonedCommand {
    /// `<service>.reveal-failure.v1`.
    public static var type: MessageType { MessageType(Owner.name, .command, "reveal-failure") }
    /// Who lost the answer asks again soon.
    public static var replyKeptSeconds: Int { 60 }
    /// What a successful answer holds.
    public typealias Reply = RevealedFailure

    /// Which.
    public var failureId: UUID
    /// Why, for the audit; there must be one.
    public var reason: String?

    /// Makes the command.
    public init(failureId: UUID, reason: String) {
        self.failureId = failureId
        self.reason = reason
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(reason ?? "", "reason", max: 500)
        try checks.finish()
    }
}

/// A failed message in the clear.
public struct RevealedFailure: Codable, Equatable, Sendable {
    /// The body as it is stored, of a long one the beginning.
    public var body: Secret
    /// The body as it came, if it was edited since.
    public var original: Secret?

    /// Makes the answer.
    public init(body: Secret, original: Secret?) {
        self.body = body
        self.original = original
    }
}
