/// Work that a service does by itself, not because a message came; in a transaction like a handler's.
///
/// ```swift
/// struct DeliverMail: BackgroundJob {
///     static let name = "deliver-mail"
///
///     func run(in transaction: inout MessageTransaction) async throws -> Bool {
///         let due = try await transaction.execute(TakeRendered(max: 64))
///         …
///         return due.count == 64
///     }
/// }
/// ```
///
/// A job runs soon after each commit of this service's handlers, and every second besides, because other instances write into
/// the same tables. Several instances run it at once: what one has in hand the others pass over with `SKIP LOCKED`. What it
/// does outside the database must bear repeating, since the transaction may be lost after it.
public protocol BackgroundJob: Sendable {
    /// The name in logs and metrics.
    static var name: String { get }

    /// Whether a commit of this service's handlers ends its rest; otherwise it looks each second only.
    static var isWokenByCommits: Bool { get }

    /// Does a part of the work; returns whether there may be more of it right now.
    ///
    /// A thrown error means that this part did not happen: it is tried again after a growing pause.
    func run(in transaction: inout MessageTransaction) async throws -> Bool
}

extension BackgroundJob {
    /// Soon after each commit there may be something to do.
    public static var isWokenByCommits: Bool { true }
}
