import Contracts
import FoundationEssentials
import Messaging

/// Exchanges vouchers past their printed validity for new ones: `vouchers.exchange.v1`.
struct ExchangeVouchers: Handler {
    static let access: AccessRule<ExchangeVoucher> = .editors { $0.issuerCityId }
    let keys: CodeKeys
    let seal: Seal

    func handle(_ batch: Batch<ExchangeVoucher>, in transaction: inout MessageTransaction) async throws {
        let requests = batch.messages.map { ExchangeRequest($0.message, keys: keys) }
        let lookups = Set(requests.flatMap { $0.lookups.map(\.digest) })
            .sorted { $0.lexicographicallyPrecedes($1) }
        let (_, vouchers, terms, earlier) = try await transaction.execute(
            LockVouchers(lookups: lookups), ReadVouchers(lookups: lookups), ReadTermsOfVouchers(lookups: lookups),
            ReadExchanges(ids: requests.map(\.exchangeId).sorted()))

        var generator = SystemRandomNumberGenerator()
        var exchanges = Exchanges(vouchers: vouchers, terms: terms, earlier: try earlier.map(opened), keys: keys)
        for (command, request) in zip(batch.messages, requests) {
            switch try exchanges.exchange(request, at: Timestamp(batch.now), using: &generator) {
            case .exchanged(let exchanged):
                transaction.publish(exchanged.event, answering: command, with: exchanged.reply)
            case .repeated(let reply): transaction.answer(command, with: reply)
            case .refused(let reason) where reason == .alreadyExchanged: transaction.refuse(command, reason.problem)
            case .refused(let reason):
                transaction.publish(
                    ExchangeRefused(exchangeId: command.exchangeId, code: reason.publicCode), refusing: command,
                    with: reason.problem)
            }
        }
        transaction.write(exchanges.changes, at: batch.now)
        guard !exchanges.records.isEmpty else { return }
        let codes = try exchanges.records.map { exchanged in
            try seal.seal(Array(exchanged.code.formatted.utf8), for: exchanged.new.voucherId)
        }
        transaction.write(
            WriteExchanges(
                exchanges: exchanges.records, sealedCodes: codes,
                until: batch.now.addingTimeInterval(Double(ExchangeVoucher.replyKeptSeconds)), now: batch.now))
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
