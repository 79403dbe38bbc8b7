import Contracts
import FoundationEssentials
import Messaging

/// Exchanges vouchers past their printed validity for new ones: `vouchers.exchange.v1`.
struct ExchangeVouchers: Handler {
    static let access: AccessRule<ExchangeVoucher> = .editors { $0.issuerCityId }
    let keys: CodeKeys
    let seal: Seal
    let throttle: Throttle

    func handle(_ batch: Batch<ExchangeVoucher>, in transaction: inout MessageTransaction) async throws {
        let attempts = transaction.attempts(
            batch, under: throttle, by: { Trier(user: $0.envelope.user) },
            refusing: { ExchangeRefused(exchangeId: $0.exchangeId, code: $1) },
            asking: { ExchangeRequest($0, keys: keys) })
        if attempts.isEmpty { return }
        let loaded = try await exchanges(attempts.requests, in: &transaction)
        var generator = SystemRandomNumberGenerator()
        let attempted = try await transaction.decide(attempts, over: loaded) { exchanges, request in
            try exchanges.exchange(request, at: Timestamp(batch.now), using: &generator)
        }
        for (command, decision) in attempted.decided { transaction.settle(command, decision) }
        transaction.write(attempted.decisions.changes, at: batch.now)
        let records = attempted.decisions.records
        guard !records.isEmpty else { return }
        let codes = try records.map { exchanged in
            try seal.seal(Array(exchanged.code.formatted.utf8), for: exchanged.new.voucherId)
        }
        transaction.write(
            WriteExchanges(
                exchanges: records, sealedCodes: codes,
                until: batch.now.addingTimeInterval(Double(ExchangeVoucher.replyKeptSeconds)), now: batch.now))
    }

    /// Locks and reads what the requests name.
    private func exchanges(
        _ requests: [ExchangeRequest], in transaction: inout MessageTransaction
    ) async throws -> Exchanges {
        let lookups = Set(requests.flatMap { $0.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let (_, vouchers, terms, earlier) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadTermsOfVouchers(lookups: lookups),
            ReadExchanges(ids: requests.map(\.exchangeId).sorted()))
        return Exchanges(vouchers: vouchers, terms: terms, earlier: try earlier.map(opened), keys: keys)
    }

    /// An earlier exchange with its code, as long as that may be shown.
    private func opened(_ row: ReadExchanges.Row) throws -> EarlierExchange {
        let code = try row.sealedCode.map {
            Secret(String(decoding: try seal.open($0, for: row.newVoucherId), as: UTF8.self))
        }
        return EarlierExchange(
            exchangeId: row.exchangeId, voucherId: row.voucherId, issuerCityId: row.issuerCityId,
            reply: code.map {
                ExchangeVoucher.Reply(
                    exchangeId: row.exchangeId, voucherId: row.voucherId, newVoucherId: row.newVoucherId, code: $0,
                    value: row.value, validUntil: row.validUntil)
            })
    }
}

extension MessageTransaction {
    /// Answers as it was decided, and tells what is new.
    fileprivate mutating func settle(_ command: Received<ExchangeVoucher>, _ decision: Exchanges.Decision) {
        switch decision {
        case .exchanged(let exchanged): publish(exchanged.event, answering: command, with: exchanged.reply)
        case .repeated(let reply): answer(command, with: reply)
        case .refused(.alreadyExchanged): refuse(command, ExchangeRefusalReason.alreadyExchanged.problem)
        case .refused(let reason):
            let event = ExchangeRefused(exchangeId: command.exchangeId, code: reason.publicCode)
            publish(event, refusing: command, with: reason.problem)
        }
    }
}
