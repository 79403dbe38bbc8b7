import Contracts
public import FoundationEssentials

/// What a message says about itself, however it was spelled on the wire.
///
/// Making one never fails: what is wrong is its ``defect``, so that every message that arrives can be filed with what is
/// known of it.
public struct Envelope: Codable, Sendable, Equatable {
    /// Something that keeps a message from being handled.
    public struct Defect: Codable, Sendable, Equatable {
        /// For programs: `no-id`, `attribute-unreadable`, `deadline-unreadable`, `structured-unreadable`,
        /// `headers-truncated`.
        public var code: String
        /// For people.
        public var reason: String
    }

    /// How the body holds the message.
    public enum Mode: String, Codable, Sendable {
        /// The body is the message.
        case binary
        /// The body is a CloudEvent whose `data` is the message.
        case structured
    }

    /// The message's id: with user and source it names the message for ever.
    public var id: String
    /// Where it comes from, as its sender says.
    public var source: String
    /// Its type: `vouchers.redeem.v1`.
    public var type: String
    /// The broker user that published it, checked by the broker; `nil` if the sender did not set it.
    public var user: String?
    /// When it was made, as its sender says.
    public var time: Date?
    /// After this nothing is done.
    public var deadline: Date?
    /// Ties an answer to its request.
    public var correlationId: String?
    /// Where an answer is wanted; only queues for answers, see ``ReplyAddress``.
    public var replyTo: String?
    /// W3C trace context, carried through every hop.
    public var traceparent: String?
    /// The version of the thing that an event is about.
    public var sequence: Int64?
    /// How the body holds the message.
    public var mode: Mode
    /// What keeps it from being handled.
    public var defect: Defect?

    /// Makes an envelope of known parts.
    public init(
        id: String, source: String, type: String, user: String? = nil, time: Date? = nil, deadline: Date? = nil,
        correlationId: String? = nil, replyTo: String? = nil, traceparent: String? = nil, sequence: Int64? = nil,
        mode: Mode = .binary, defect: Defect? = nil
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.user = user
        self.time = time
        self.deadline = deadline
        self.correlationId = correlationId
        self.replyTo = replyTo
        self.traceparent = traceparent
        self.sequence = sequence
        self.mode = mode
        self.defect = defect
    }
}

extension Envelope {
    /// Whether an answer is wanted, in a queue that may be written to.
    var wantsAnswer: Bool { replyTo.map(ReplyAddress.isAllowed) ?? false }

    /// Why a message that came by this routing key is not to be handled.
    ///
    /// The broker checks the routing key against what a user may write; a message that calls itself something else would get
    /// past that check.
    func objection(routedBy key: String) -> Problem? {
        if let defect { return Problem(defect.code, defect.reason) }
        guard type != key else { return nil }
        return Problem("type-differs", "The type of the message is not the routing key by which it was sent.")
    }
}

/// Which queues an answer may be sent to.
///
/// Anything else would let a sender make a service write into any queue.
public enum ReplyAddress {
    /// Whether `queue` looks like a queue for answers.
    public static func isAllowed(_ queue: String) -> Bool {
        ["reply.", "amq.gen-", "amq.rabbitmq.reply-to."].contains {
            queue.hasPrefix($0) && queue.utf8.count > $0.utf8.count
        }
    }
}
