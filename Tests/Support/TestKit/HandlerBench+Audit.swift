#if DEBUG
    public import Contracts
    @testable import Messaging

    extension HandlerBench {
        /// Seals what handlers have left in the audit, checks the chain, and returns all rows in its order.
        public func audit<Owner: ServiceOwner>(of owner: Owner.Type) async throws -> [AuditEntry] {
            while try await run(SealAudit(service: Owner.name, max: 1_000)).hasMore {}
            var check = AuditCheck(of: Owner.name)
            var entries: [AuditEntry] = []
            var after: Int64?
            while true {
                let page = try await ask(
                    ListAuditedEvents<Owner>(limits: MessagingLimits()), FindAudit<Owner>(limit: 500, after: after))
                for entry in page.entries { try check.take(entry) }
                entries += page.entries
                guard let next = page.next else {
                    try check.finish(page.head)
                    return entries
                }
                after = next
            }
        }
    }
#endif
