import Contracts
import FoundationEssentials
import Messaging

extension Payout {
    /// What is booked when it has arrived.
    func confirmation(at time: Timestamp) -> LedgerEntry {
        let cause = LedgerEntry.Cause(.payout, payoutId)
        switch kind {
        case .merchant:
            return LedgerEntry(
                cause, at: time, moving: amount, debit: .merchantPaid(creditorId),
                credit: .issuerCash(cityId: debtorCityId))
        case .clearing:
            let (sum, currency) = (amount.amount, amount.currency)
            return LedgerEntry(
                cause, at: time,
                [
                    Posting(
                        account: .clearing(of: debtorCityId, with: creditorId), amount: sum, currency: currency),
                    Posting(
                        account: .clearing(of: creditorId, with: debtorCityId), amount: -sum, currency: currency),
                    Posting(account: .issuerCash(cityId: debtorCityId), amount: -sum, currency: currency),
                    Posting(account: .issuerCash(cityId: creditorId), amount: sum, currency: currency),
                ])
        }
    }

    /// What is booked when a merchant's payment comes back: it is owed again, and if it had arrived the city has its money back.
    func comingBack(at time: Timestamp) -> LedgerEntry {
        LedgerEntry(
            .init(.payoutReturn, payoutId), at: time, moving: amount,
            debit: state == .confirmed ? .issuerCash(cityId: debtorCityId) : .merchantPaid(creditorId),
            credit: .merchantPayable(creditorId))
    }
}

/// Notes that payments have arrived: `vouchers.confirm-payouts.v1`.
struct ConfirmArrivedPayouts: Handler {
    static let access: AccessRule<ConfirmPayouts> = .editors { $0.cityId }
    static let batchMax = 8

    func handle(_ batch: Batch<ConfirmPayouts>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.flatMap(\.payoutIds)).sorted()
        var payouts = Dictionary(
            try await transaction.execute(LockPayouts(ids: ids)).map { ($0.payoutId, $0) }
        ) { first, _ in first }
        var entries: [LedgerEntry] = []
        for request in batch.messages {
            let named = request.payoutIds.compactMap { payouts[$0] }.filter { $0.debtorCityId == request.cityId }
            guard named.count == request.payoutIds.count else {
                transaction.refuse(request, PayoutProblem.unknown)
                continue
            }
            guard !named.contains(where: { $0.state == .returned }) else {
                transaction.refuse(request, Problem("payout-returned", "The bank has sent one of them back."))
                continue
            }
            let open = named.filter { $0.state == .open }
            let reply = ConfirmPayouts.Reply(confirmed: open.count, unchanged: named.count - open.count)
            guard !open.isEmpty else {
                transaction.answer(request, with: reply)
                continue
            }
            for payout in open {
                entries.append(payout.confirmation(at: Timestamp(batch.now)))
                payouts[payout.payoutId]?.state = .confirmed
            }
            transaction.write(MarkConfirmed(ids: open.map(\.payoutId), paidOn: request.paidOn))
            transaction.publish(
                PayoutsConfirmed(cityId: request.cityId, payoutIds: open.map(\.payoutId), paidOn: request.paidOn),
                answering: request, with: reply)
        }
        if !entries.isEmpty { transaction.write(WritePostings(entries: entries, now: batch.now)) }
    }
}

/// Notes that a bank has sent a payment back: `vouchers.return-payout.v1`.
struct ReturnPayouts: Handler {
    static let access: AccessRule<ReturnPayout> = .editors { $0.cityId }
    static let batchMax = 16

    func handle(_ batch: Batch<ReturnPayout>, in transaction: inout MessageTransaction) async throws {
        var payouts = Dictionary(
            try await transaction.execute(LockPayouts(ids: Set(batch.messages.map(\.payoutId)).sorted()))
                .map { ($0.payoutId, $0) }
        ) { first, _ in first }
        var entries: [LedgerEntry] = []
        for request in batch.messages {
            guard let payout = payouts[request.payoutId], payout.debtorCityId == request.cityId else {
                transaction.refuse(request, PayoutProblem.unknown)
                continue
            }
            let reply = ReturnPayout.Reply(payoutId: payout.payoutId, amount: payout.amount)
            if payout.kind == .clearing {
                transaction.refuse(
                    request,
                    Problem("payout-is-clearing", "A city's payment is sent again; it stays open until it arrives."))
            } else if payout.state != .returned {
                entries.append(payout.comingBack(at: Timestamp(batch.now)))
                payouts[payout.payoutId]?.state = .returned
                payouts[payout.payoutId]?.bankReason = request.bankReason
                transaction.write(MarkReturned(payout: payout, bankReason: request.bankReason))
                transaction.write(WriteReturnCarry(payout: payout))
                transaction.publish(
                    PayoutReturned(
                        payoutId: payout.payoutId, cityId: payout.debtorCityId, merchantId: payout.creditorId,
                        amount: payout.amount, bankReason: request.bankReason), answering: request, with: reply)
            } else if payout.bankReason == request.bankReason {
                transaction.answer(request, with: reply)
            } else {
                transaction.refuse(
                    request, Problem("return-differs", "This payment was returned with another reason."))
            }
        }
        if !entries.isEmpty { transaction.write(WritePostings(entries: entries, now: batch.now)) }
    }
}

enum PayoutProblem {
    static let unknown = Problem("payout-unknown", "This city has no such payment.")
}
