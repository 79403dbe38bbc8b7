public import FoundationEssentials

/// An event that stands in the audit chain of the service that says it: who did it, when, to what, and why.
public protocol AuditedEvent: Event {
    /// What was changed: the id of the city, the merchant, the grant.
    var auditedId: UUID { get }
}

/// A command whose sender says why; the reason stands in the audit chain beside what was done.
public protocol ReasonedCommand: Command {
    /// For people, at most 500 bytes.
    var reason: String? { get }
}
