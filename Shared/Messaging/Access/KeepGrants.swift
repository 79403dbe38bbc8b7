import Contracts

/// Keeps the copy of the grants, in every service but their owner: `cities.access-granted.v1`.
struct KeepGrants: Handler {
    func handle(_ batch: Batch<AccessGranted>, in transaction: inout MessageTransaction) async throws {
        transaction.write(CopyGrants(grants: batch.newest(of: \.grant.grantId)))
    }
}
