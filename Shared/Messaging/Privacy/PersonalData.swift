public import Contracts
public import FoundationEssentials

/// What a service knows of persons in tables and files of its own; what the runtime keeps it looks after itself.
///
/// ```swift
/// handlers.keepsPersonalData(ContactsAndMails(folder: options.mailFolder))
/// ```
public protocol PersonalData: Sendable {
    /// Everything that is known of a person, by category.
    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory]

    /// The ids of persons of whom something is known that an erasure removes, in their order, behind `last`; at most `max`.
    ///
    /// Asked after a restore only: whoever is erased has come back with the backup.
    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID]

    /// Erases it, or says why it stays.
    ///
    /// Nobody else writes about this person until the transaction ends. What is done outside the database must bear repeating,
    /// since the transaction may be lost after it. Said again for a person who is erased it finds nothing, and is no error.
    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding]
}

/// What a service knows of a person in one category: a record for each thing, with its fields as texts.
public struct PersonalCategory: Sendable {
    /// A word for programs.
    public let name: String
    /// The things.
    public let records: [[String: String]]

    /// Makes a category.
    public init(_ name: String, _ records: [[String: String]]) {
        self.name = name
        self.records = records
    }
}

/// The request behind an erasure: what events that are said because of it carry on, and who asked.
public struct PersonErasure: Sendable {
    /// Of the request that all services were asked for.
    public let requestId: UUID
    /// W3C trace context.
    public let traceparent: String?
    /// Who asked for it, for the audit.
    let audit: AuditCause?

    /// Makes it.
    public init(requestId: UUID, traceparent: String?) {
        self.requestId = requestId
        self.traceparent = traceparent
        audit = nil
    }

    init(requestId: UUID, because cause: Received<some Message>) {
        self.requestId = requestId
        traceparent = cause.envelope.traceparent
        audit = AuditCause(cause)
    }
}

/// For a service that knows of no person.
struct NoPersonalData: PersonalData {
    func export(_ personId: UUID, in transaction: inout MessageTransaction) async throws -> [PersonalCategory] { [] }

    func persons(after last: UUID?, max: Int, in transaction: inout MessageTransaction) async throws -> [UUID] { [] }

    func erase(
        _ personId: UUID, because cause: PersonErasure, in transaction: inout MessageTransaction
    ) async throws -> [PersonFinding] { [] }
}
