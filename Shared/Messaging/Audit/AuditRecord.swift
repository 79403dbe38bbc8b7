import Contracts
import FoundationEssentials

/// A row of the audit as its writer makes it, without a place.
struct AuditRecord: Sendable {
    var eventId: UUID
    var eventType: String
    var auditedId: UUID
    var version: Int64?
    /// To the millisecond, as it goes over the wire.
    var at: Timestamp
    var causeType: String?
    var causeId: String?
    var bodyHash: AuditHash
    var salt: [UInt8]
    var actor: String?
    var reason: String?
    var personId: UUID?

    /// A row about an event that is about to be sent.
    init(_ event: any AuditedEvent, sent: OutgoingRecord, because cause: AuditCause?, limits: MessagingLimits) {
        var generator = SystemRandomNumberGenerator()
        eventId = sent.id
        eventType = sent.type
        auditedId = event.auditedId
        version = sent.sequence
        at = Timestamp(sent.time)
        causeType = cause?.type
        causeId = cause?.id.storable(bytesMax: limits.attributeBytesMax)
        bodyHash = AuditHash(of: sent.body)
        salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        actor = cause?.user?.storable(bytesMax: limits.attributeBytesMax)
        reason = cause?.reason?.storable(bytesMax: limits.reasonBytesMax)
        personId = (event as? any PersonalMessage)?.personConcerned
    }

    /// The part that is about persons.
    var person: AuditPerson {
        AuditPerson(salt: HexText.text(salt), actor: actor, reason: reason, personId: personId)
    }
}

/// What the audit tells of the message that caused an event.
struct AuditCause: Sendable {
    var type: String
    var id: String
    var user: String?
    var reason: String?

    /// `nil` for ``Republish``: what is said again did not happen now.
    init?<M: Message>(_ cause: Received<M>) {
        if M.self == Republish.self { return nil }
        type = cause.envelope.type
        id = cause.envelope.id
        user = cause.envelope.user
        reason = (cause.message as? any ReasonedCommand)?.reason
    }
}
