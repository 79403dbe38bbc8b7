import Contracts
import Messaging

/// Sets amounts aside for shops: `vouchers.hold.v1`.
struct HoldAmounts: Handler {
    static let access: AccessRule<HoldAmount> = .merchant { $0.merchantId }
    let keys: CodeKeys
    let throttle: Throttle

    func handle(_ batch: Batch<HoldAmount>, in transaction: inout MessageTransaction) async throws {
        let attempts = transaction.attempts(
            batch, under: throttle, by: { Trier(user: $0.envelope.user, merchantId: $0.merchantId) },
            refusing: { HoldRefused(holdId: $0.holdId, code: $1) }, asking: { HoldRequest($0, keys: keys) })
        if attempts.isEmpty { return }
        let loaded = try await holds(attempts.requests, in: &transaction)
        let attempted = try await transaction.decide(attempts, over: loaded) { holds, request in
            try holds.hold(request, at: Timestamp(batch.now))
        }
        for (command, decision) in attempted.decided { transaction.settle(command, decision) }
        transaction.write(attempted.decisions.changes, at: batch.now)
        let refusals = attempted.decisions.refusals
        if !refusals.isEmpty { transaction.write(WriteHoldRefusals(refusals: refusals, now: batch.now)) }
    }

    /// Locks and reads what the requests name.
    private func holds(
        _ requests: [HoldRequest], in transaction: inout MessageTransaction
    ) async throws -> Holds {
        let lookups = Set(requests.flatMap { $0.code.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let ids = requests.map(\.holdId).sorted()
        let merchantIds = Set(requests.map(\.merchantId)).sorted()
        let (_, vouchers, held, refused, merchants, memberships, acceptance) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadHolds(ids: ids),
            ReadHoldRefusals(ids: ids), ReadMerchants(ids: merchantIds), ReadMemberships(),
            ReadAcceptance(merchants: merchantIds))
        return Holds(
            vouchers: vouchers, earlier: held.map(EarlierHold.init(_:)) + refused, merchants: merchants,
            rule: AcceptanceRule(memberships: memberships, acceptance: acceptance))
    }
}

extension MessageTransaction {
    /// Answers as it was decided, and tells what is new.
    fileprivate mutating func settle(_ command: Received<HoldAmount>, _ decision: Holds.Decision) {
        switch decision {
        case .held(let hold, let event): publish(event, answering: command, with: hold.reply)
        case .refused(let refusal): publish(refusal.event, refusing: command, with: refusal.reason.problem)
        case .differs:
            let problem = HoldRefusalReason.holdDiffers.problem
            publish(HoldRefused(holdId: command.holdId, code: problem.code), refusing: command, with: problem)
        case .repeated(.held(let hold)): answer(command, with: hold.reply)
        case .repeated(.refused(let reason)): refuse(command, reason.problem)
        }
    }
}

extension VouchersDefinition {
    /// The handlers of holds, and the job that ends them.
    static func addHolds(_ handlers: inout HandlerSet<VouchersService>, keys: CodeKeys, throttle: Throttle) {
        handlers.add(HoldAmounts(keys: keys, throttle: throttle))
        handlers.add(CaptureHolds())
        handlers.add(ReleaseHolds())
        handlers.add(GetHoldByID())
        handlers.add(job: ExpireHolds())
    }
}
