import Contracts
import Messaging

/// Spends vouchers: `vouchers.redeem.v1`.
struct RedeemVouchers: Handler {
    static let access: AccessRule<RedeemVoucher> = .merchant { $0.merchantId }
    let keys: CodeKeys
    let throttle: Throttle

    /// A command whose sender may try codes.
    private struct Attempt {
        var command: Received<RedeemVoucher>
        var trier: Trier
        var request: RedemptionRequest
    }

    func handle(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) async throws {
        let now = Timestamp(batch.now)
        let attempts = attempts(batch, in: &transaction)
        if attempts.isEmpty { return }
        let loaded = try await redemptions(attempts.map(\.request), in: &transaction)

        // Almost always no code is wrong, and what this instance knows of the throttle is all that it takes.
        var decided = ThrottledRedemptions(loaded, throttle.known)
        var endings = try attempts.map { try decided.redeem($0.request, by: $0.trier, at: now) }
        if !decided.suspects.isEmpty {
            let wrong = try await transaction.wrongCodes(of: decided.suspects, rules: throttle.rules, at: batch.now)
            decided = ThrottledRedemptions(loaded, wrong)
            endings = try attempts.map { try decided.redeem($0.request, by: $0.trier, at: now) }
            transaction.write(decided.wrong, on: throttle)
        }
        for (attempt, ending) in zip(attempts, endings) { transaction.settle(attempt.command, ending) }
        let changes = decided.redemptions.changes
        transaction.write(changes.book, at: batch.now)
        if !changes.redemptions.isEmpty {
            transaction.write(WriteRedemptions(redemptions: changes.redemptions, now: batch.now))
        }
        if !changes.refusals.isEmpty { transaction.write(WriteRefusals(refusals: changes.refusals, now: batch.now)) }
    }

    /// What may be tried; whoever is locked out is refused before any code is looked up.
    private func attempts(_ batch: Batch<RedeemVoucher>, in transaction: inout MessageTransaction) -> [Attempt] {
        let (known, now) = (throttle.known, Timestamp(batch.now))
        var attempts: [Attempt] = []
        for command in batch.messages {
            let trier = Trier(user: command.envelope.user, merchantId: command.merchantId)
            if let lockout = known.lockout(of: trier, at: now) {
                transaction.settle(command, .lockedOut(lockout))
            } else {
                let request = RedemptionRequest(command.message, keys: keys)
                attempts.append(Attempt(command: command, trier: trier, request: request))
            }
        }
        return attempts
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
    fileprivate mutating func settle(
        _ command: Received<RedeemVoucher>, _ ending: ThrottledRedemptions.Ending
    ) {
        switch ending {
        case .decided(.redeemed(let redemption)):
            publish(redemption.event, answering: command, with: redemption.reply)
        case .decided(.refused(let refusal)):
            publish(refusal.event, refusing: command, with: refusal.reason.problem)
        case .decided(.repeated(.redeemed(let redemption))):
            answer(command, with: redemption.reply)
        case .decided(.repeated(.refused(let reason))):
            refuse(command, reason.problem)
        case .lockedOut(let lockout):
            let problem = lockout.problem
            publish(
                RedemptionRefused(redemptionId: command.redemptionId, code: problem.code), refusing: command,
                with: problem)
        }
    }
}
