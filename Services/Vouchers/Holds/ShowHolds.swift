import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells what is held, and what became of it: `vouchers.get-hold.v1`.
struct GetHoldByID: QueryHandler {
    static let access: AccessRule<GetHold> = .merchant { $0.merchantId }

    func answer(_ query: GetHold, from asker: Asker, reading database: Pool) async throws -> GetHold.Reply {
        let found = try await database.execute(ReadHolds(ids: [query.holdId])).first
        guard let hold = found, query.merchantId == nil || query.merchantId == hold.merchantId else {
            throw HoldRefusalReason.holdUnknown.problem
        }
        return hold.facts(at: Timestamp(Date()))
    }
}

extension Hold {
    /// What its merchant is shown at a time.
    func facts(at now: Timestamp) -> GetHold.Reply {
        func money(_ amount: Int64) -> Money { Money(amount, self.amount.currency) }
        return GetHold.Reply(
            holdId: holdId, voucherId: voucherId, merchantId: merchantId, amount: amount, captured: money(captured),
            released: money(released), held: money(held),
            // Captures and releases are refused from then on, also while nobody has freed it.
            state: state == .open && isOver(at: now) ? .expired : state, heldAt: heldAt, expiresAt: expiresAt,
            closedAt: closedAt)
    }
}
