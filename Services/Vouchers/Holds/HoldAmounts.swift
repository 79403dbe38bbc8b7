import Contracts
import Messaging

/// Sets amounts aside for shops: `vouchers.hold.v1`.
struct HoldAmounts: Handler {
    static let access: AccessRule<HoldAmount> = .merchant { $0.merchantId }
    let keys: CodeKeys

    func handle(_ batch: Batch<HoldAmount>, in transaction: inout MessageTransaction) async throws {
        let requests = batch.messages.map { HoldRequest($0.message, keys: keys) }
        let lookups = Set(requests.flatMap { $0.code.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let ids = requests.map(\.holdId).sorted()
        let merchantIds = Set(requests.map(\.merchantId)).sorted()
        let (_, vouchers, held, refused, merchants, memberships, acceptance) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadHolds(ids: ids),
            ReadHoldRefusals(ids: ids), ReadMerchants(ids: merchantIds), ReadMemberships(),
            ReadAcceptance(merchants: merchantIds))

        var holds = Holds(
            vouchers: vouchers, earlier: held.map(EarlierHold.init(_:)) + refused, merchants: merchants,
            rule: AcceptanceRule(memberships: memberships, acceptance: acceptance))
        for (command, request) in zip(batch.messages, requests) {
            switch try holds.hold(request, at: Timestamp(batch.now)) {
            case .held(let hold, let event):
                transaction.publish(event, answering: command, with: hold.reply)
            case .refused(let refusal):
                transaction.publish(refusal.event, refusing: command, with: refusal.reason.problem)
            case .differs:
                let problem = HoldRefusalReason.holdDiffers.problem
                transaction.publish(
                    HoldRefused(holdId: command.holdId, code: problem.code), refusing: command, with: problem)
            case .repeated(.held(let hold)):
                transaction.answer(command, with: hold.reply)
            case .repeated(.refused(let reason)):
                transaction.refuse(command, reason.problem)
            }
        }
        transaction.write(holds.changes, at: batch.now)
        let refusals = holds.refusals
        if !refusals.isEmpty { transaction.write(WriteHoldRefusals(refusals: refusals, now: batch.now)) }
    }
}

extension VouchersDefinition {
    /// The handlers of holds, and the job that ends them.
    static func addHolds(_ handlers: inout HandlerSet<VouchersService>, keys: CodeKeys) {
        handlers.add(HoldAmounts(keys: keys))
        handlers.add(CaptureHolds())
        handlers.add(ReleaseHolds())
        handlers.add(job: ExpireHolds())
    }
}
