import Contracts
import FoundationEssentials
import Messaging

/// Gives broker users their roles: `cities.grant-access.v1`.
///
/// There is nothing to lock: two instances that give the same id at once meet at its primary key, and the second one's batch
/// runs again and finds the first.
struct GrantAccessToUsers: Handler {
    static let access: AccessRule<GrantAccess> = .administrators

    func handle(_ batch: Batch<GrantAccess>, in transaction: inout MessageTransaction) async throws {
        let (known, cities, merchants) = try await transaction.execute(
            ReadGrantStates(ids: batch.messages.map(\.grant.grantId)),
            FindCityIDs(ids: batch.messages.compactMap(\.grant.cityId)),
            FindMerchantIDs(ids: batch.messages.compactMap(\.grant.merchantId)))
        var grants = Grants(known: known, cities: cities, merchants: merchants)
        for request in batch.messages {
            transaction.tell(grants.give(request.message), of: request)
        }
        if !grants.changes.isEmpty { transaction.write(InsertGrants(grants: grants.changes)) }
    }
}

/// Takes grants back: `cities.revoke-access.v1`.
struct RevokeAccessOfUsers: Handler {
    static let access: AccessRule<RevokeAccess> = .administrators

    func handle(_ batch: Batch<RevokeAccess>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.grantId)).sorted()
        let (_, known) = try await transaction.execute(LockGrants(ids: ids), ReadGrantStates(ids: ids))
        var grants = Grants(known: known)
        for request in batch.messages {
            transaction.tell(grants.revoke(request.message), of: request)
        }
        if !grants.changes.isEmpty { transaction.write(ReviseGrants(grants: grants.changes)) }
    }
}

extension MessageTransaction {
    /// Says and answers what was decided about a grant.
    fileprivate mutating func tell<C: Command>(
        _ decision: Grants.Decision, of request: Received<C>
    ) where C.Reply == Registered {
        switch decision {
        case .changed(let grant):
            publish(grant, because: request)
            answer(request, with: grant.reply)
        case .repeated(let grant): answer(request, with: grant.reply)
        case .refused(let refusal): refuse(request, refusal.problem)
        }
    }
}
