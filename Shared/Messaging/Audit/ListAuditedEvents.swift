import Contracts
import Postgres

/// Lists the sealed rows of the audit: `<service>.find-audit.v1`.
struct ListAuditedEvents<Owner: ServiceOwner>: QueryHandler {
    static var access: AccessRule<FindAudit<Owner>> { .administrators }

    let limits: MessagingLimits

    func answer(_ query: FindAudit<Owner>, from asker: Asker, reading database: Pool) async throws -> AuditPage {
        let max = query.limit ?? 100
        // The end is read before the rows: there may be more of them, and never fewer.
        let (heads, found) = try await database.execute(
            ReadAuditHead(),
            ListAudit(after: query.after ?? 0, auditedId: query.auditedId, max: Int64(max) + 1))
        guard let head = heads.first else { throw Problem("unavailable", "The audit has no end.", retryable: true) }
        let page = fit(found.prefix(max))
        return AuditPage(entries: page, next: found.count > page.count ? page.last?.place : nil, head: head)
    }

    /// As many as fit into an answer; at least one, so that there is an end to turning pages.
    private func fit(_ found: ArraySlice<AuditEntry>) -> [AuditEntry] {
        var bytes = 0
        return found.enumerated().prefix { index, entry in
            let texts = [entry.eventType, entry.causeType, entry.causeId, entry.person?.actor, entry.person?.reason]
            bytes += texts.reduce(700) { $0 + ($1?.utf8.count ?? 0) }
            return index == 0 || bytes <= limits.shownBytesMax
        }.map(\.element)
    }
}
