import Contracts
import Messaging

/// Spends vouchers: `vouchers.redeem.v1`.
struct RedeemVouchers: Handler {
    static let access: AccessRule<RedeemVoucher> = .merchant { $0.merchantId }
    let keys: CodeKeys

    func handle(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) async throws {
        let requests = batch.messages.map { RedemptionRequest($0.message, keys: keys) }
        let lookups = Set(requests.flatMap { $0.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let ids = requests.map(\.redemptionId).sorted()
        let merchantIds = Set(requests.map(\.merchantId)).sorted()
        let (_, vouchers, redeemed, refused, merchants, memberships, acceptance) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadRedemptions(ids: ids),
            ReadRefusals(ids: ids), ReadMerchants(ids: merchantIds), ReadMemberships(),
            ReadAcceptance(merchants: merchantIds))

        var redemptions = Redemptions(
            vouchers: vouchers, earlier: redeemed + refused, merchants: merchants,
            rule: AcceptanceRule(memberships: memberships, acceptance: acceptance))
        for (command, request) in zip(batch.messages, requests) {
            switch try redemptions.redeem(request, at: Timestamp(batch.now)) {
            case .redeemed(let redemption):
                transaction.publish(redemption.event, answering: command, with: redemption.reply)
            case .refused(let refusal):
                transaction.publish(refusal.event, refusing: command, with: refusal.reason.problem)
            case .repeated(.redeemed(let redemption)):
                transaction.answer(command, with: redemption.reply)
            case .repeated(.refused(let reason)):
                transaction.refuse(command, reason.problem)
            }
        }
        let changes = redemptions.changes
        transaction.write(changes.book, at: batch.now)
        if !changes.redemptions.isEmpty {
            transaction.write(WriteRedemptions(redemptions: changes.redemptions, now: batch.now))
        }
        if !changes.refusals.isEmpty { transaction.write(WriteRefusals(refusals: changes.refusals, now: batch.now)) }
    }
}
