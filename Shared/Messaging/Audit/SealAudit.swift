import Contracts
import Postgres

/// Chains the rows of the audit that have been written since it looked last.
///
/// One sealer at a time, over all instances: who has not got the end of the chain passes. If it is lost in the middle its rows
/// are unsealed as before, and the end of the chain is free again.
struct SealAudit: BackgroundJob {
    static let name = "seal-audit"
    /// Two statements for each batch of redemptions would be felt, and nobody waits for the seal.
    static let isWokenByCommits = false

    let service: ServiceName
    /// The most rows in one transaction.
    let max: Int

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        // The rows are read by a later statement than the one that locks: it sees what the sealer before has sealed.
        let (heads, rows) = try await transaction.execute(LockAuditHead(), ReadUnsealed(max: Int64(max)))
        guard let head = heads.first, !rows.isEmpty else { return false }
        var chain = AuditChain(of: service, behind: head)
        var seals = SealRows(eventIds: [], places: [], hashes: [])
        for row in rows {
            seals.hashes.append(chain.append(row).bytes)
            seals.places.append(chain.length)
            seals.eventIds.append(row.eventId)
        }
        transaction.write(seals)
        transaction.write(MoveAuditHead(length: chain.length, hash: chain.head.hash?.bytes))
        return rows.count == max
    }
}
