public import FoundationEssentials

/// A failed message is to be tried again: `<service>.failure-redriven.v1` (fact).
public struct FailureRedriven<Owner: ServiceOwner>: AuditedEvent, Equatable {
    /// `<service>.failure-redriven.v1`.
    public static var type: MessageType { MessageType(Owner.name, .event, "failure-redriven") }

    /// Which.
    public var failureId: UUID
    /// The type of the message.
    public var messageType: String
    /// Why it had failed, for programs.
    public var code: String
    /// The redrive it belongs to.
    public var redriveId: UUID?

    /// Makes the event.
    public init(failureId: UUID, messageType: String, code: String, redriveId: UUID?) {
        self.failureId = failureId
        self.messageType = messageType
        self.code = code
        self.redriveId = redriveId
    }

    /// The failure.
    public var auditedId: UUID { failureId }
}

/// A failed message was given up: `<service>.failure-discarded.v1` (fact).
public struct FailureDiscarded<Owner: ServiceOwner>: AuditedEvent, Equatable {
    /// `<service>.failure-discarded.v1`.
    public static var type: MessageType { MessageType(Owner.name, .event, "failure-discarded") }

    /// Which.
    public var failureId: UUID
    /// The type of the message.
    public var messageType: String
    /// Why it had failed, for programs.
    public var code: String

    /// Makes the event.
    public init(failureId: UUID, messageType: String, code: String) {
        self.failureId = failureId
        self.messageType = messageType
        self.code = code
    }

    /// The failure.
    public var auditedId: UUID { failureId }
}

/// A failed message was edited: `<service>.failure-edited.v1` (fact).
public struct FailureEdited<Owner: ServiceOwner>: AuditedEvent, Equatable {
    /// `<service>.failure-edited.v1`.
    public static var type: MessageType { MessageType(Owner.name, .event, "failure-edited") }

    /// Which.
    public var failureId: UUID
    /// The type of the message.
    public var messageType: String
    /// The fields that were changed; never their values.
    public var fields: [String]

    /// Makes the event.
    public init(failureId: UUID, messageType: String, fields: [String]) {
        self.failureId = failureId
        self.messageType = messageType
        self.fields = fields
    }

    /// The failure.
    public var auditedId: UUID { failureId }
}

/// Somebody has seen the secrets of a failed message: `<service>.failure-revealed.v1` (fact).
public struct FailureRevealed<Owner: ServiceOwner>: AuditedEvent, Equatable {
    /// `<service>.failure-revealed.v1`.
    public static var type: MessageType { MessageType(Owner.name, .event, "failure-revealed") }

    /// Which.
    public var failureId: UUID
    /// The type of the message.
    public var messageType: String

    /// Makes the event.
    public init(failureId: UUID, messageType: String) {
        self.failureId = failureId
        self.messageType = messageType
    }

    /// The failure.
    public var auditedId: UUID { failureId }
}
