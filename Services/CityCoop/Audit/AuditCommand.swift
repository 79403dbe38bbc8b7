import ArgumentParser
import Contracts
import FoundationEssentials

/// Reads and checks what the services keep of who did what.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "List what was done by whom, and check that nobody has changed it.",
        discussion: """
            Each service keeps a row for every change in its registry, in the transaction of the change. The rows are chained by \
            hashes; what is about persons can be erased without breaking the chain.

            Examples:
              citycoop audit list --about 0197f2a0-0000-7000-8000-000000000001
              citycoop audit verify
            """,
        subcommands: [AuditList.self, AuditVerify.self])
}

/// A head that was noted earlier, as it is given on the command line: `cities:120:9f86…`.
struct KnownHead: ExpressibleByArgument, Equatable, Sendable {
    /// Whose chain.
    let service: ServiceName
    /// Where it ended.
    let head: AuditHead

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let service = ServiceName(rawValue: parts[0]), let length = Int64(parts[1]), length > 0,
            let hash = AuditHash(parts[2])
        else { return nil }
        self.service = service
        head = AuditHead(length: length, hash: hash)
    }
}

/// Turns the pages of a service's audit.
struct AuditPages: Sendable {
    private static let pageMax = 500

    let operations: ServiceOperations
    let service: ServiceName
    /// Only what was done to this.
    var auditedId: UUID?

    /// Gives every page to `body`, in the order of the chain; returns where the chain ended when the last was read.
    func each(_ body: (AuditPage) throws -> Void) async throws -> AuditHead {
        var after: Int64?
        while true {
            let page = try await operations.audit(
                of: service, auditedId: auditedId, limit: Self.pageMax, after: after)
            try body(page)
            guard let next = page.next else { return page.head }
            // Whoever answers might turn in a circle.
            guard next > after ?? 0 else { throw CommandFailure(.refused, "\(service.rawValue) turns no page.") }
            after = next
        }
    }
}
