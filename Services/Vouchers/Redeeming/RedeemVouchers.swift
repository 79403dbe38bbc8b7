import Contracts
import Messaging

/// Spends vouchers: `vouchers.redeem.v1`.
struct RedeemVouchers: Handler {
    static let access: AccessRule<RedeemVoucher> = .merchant { $0.merchantId }
    let keys: CodeKeys
    let throttle: Throttle

    func handle(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) async throws {
        let attempts = transaction.attempts(
            batch, under: throttle, by: { Trier(user: $0.envelope.user, merchantId: $0.merchantId) },
            refusing: { RedemptionRefused(redemptionId: $0.redemptionId, code: $1) },
            asking: { RedemptionRequest($0, keys: keys) })
        if attempts.isEmpty { return }
        let loaded = try await redemptions(attempts.requests, in: &transaction)
        let attempted = try await transaction.decide(attempts, over: loaded) { redemptions, request in
            try redemptions.redeem(request, at: Timestamp(batch.now))
        }
        for (command, decision) in attempted.decided { transaction.settle(command, decision) }
        let changes = attempted.decisions.changes
        transaction.write(changes.book, at: batch.now)
        if !changes.redemptions.isEmpty {
            transaction.write(WriteRedemptions(redemptions: changes.redemptions, now: batch.now))
        }
        if !changes.refusals.isEmpty { transaction.write(WriteRefusals(refusals: changes.refusals, now: batch.now)) }
    }

    /// Locks and reads what the requests name.
    private func redemptions(
        _ requests: [RedemptionRequest], in transaction: inout MessageTransaction
    ) async throws -> Redemptions {
        let lookups = Set(requests.flatMap { $0.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let ids = requests.map(\.redemptionId).sorted()
        let merchantIds = Set(requests.map(\.merchantId)).sorted()
        let (_, vouchers, redeemed, refused, merchants, memberships, acceptance) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadRedemptions(ids: ids),
            ReadRefusals(ids: ids), ReadMerchants(ids: merchantIds), ReadMemberships(),
            ReadAcceptance(merchants: merchantIds))
        return Redemptions(
            vouchers: vouchers, earlier: redeemed + refused, merchants: merchants,
            rule: AcceptanceRule(memberships: memberships, acceptance: acceptance))
    }
}

extension MessageTransaction {
    /// Answers as it was decided, and tells what is new.
    fileprivate mutating func settle(_ command: Received<RedeemVoucher>, _ decision: Redemptions.Decision) {
        switch decision {
        case .redeemed(let redemption): publish(redemption.event, answering: command, with: redemption.reply)
        case .refused(let refusal): publish(refusal.event, refusing: command, with: refusal.reason.problem)
        case .repeated(.redeemed(let redemption)): answer(command, with: redemption.reply)
        case .repeated(.refused(let reason)): refuse(command, reason.problem)
        }
    }
}
