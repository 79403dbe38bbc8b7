import Contracts
import FoundationEssentials
import Messaging

/// Sells printed stock: `vouchers.activate-stock.v1`.
struct ActivateStocks: Handler {
    static let access: AccessRule<ActivateStock> = .editors { $0.issuerCityId }
    /// Each may be a thousand vouchers.
    static let batchMax = 16
    let keys: CodeKeys
    let throttle: Throttle

    func handle(_ batch: Batch<ActivateStock>, in transaction: inout MessageTransaction) async throws {
        // Serial numbers say no code, and may be sold whatever was tried.
        let attempts = transaction.attempts(
            batch, under: throttle, by: { $0.serials == nil ? Trier(user: $0.envelope.user) : nil },
            refusing: { StockRefused(saleId: $0.saleId, code: $1) }, asking: { StockRequest($0, keys: keys) })
        if attempts.isEmpty { return }
        let loaded = try await sales(attempts.requests, in: &transaction)
        let attempted = try await transaction.decide(attempts, over: loaded) { sales, request in
            try sales.sell(request, at: Timestamp(batch.now))
        }
        for (command, decision) in attempted.decided { transaction.settle(command, decision) }
        let changes = attempted.decisions.changes
        guard !changes.isEmpty else { return }
        transaction.write(changes, at: batch.now)
        transaction.write(WriteActivations(vouchers: changes.changed))
        transaction.write(WriteSales(sales: attempted.decisions.records))
    }

    /// Locks and reads what the requests name.
    private func sales(
        _ requests: [StockRequest], in transaction: inout MessageTransaction
    ) async throws -> StockSales {
        let ranges = requests.compactMap(\.command.serials)
        // Which vouchers these are never changes, and so is read before they are locked: all of them, in the order of ids.
        let (named, chunks) = try await transaction.execute(
            ReadVouchers(lookups: requests.flatMap { $0.lookups.map(\.digest) }), ReadStockChunks(ranges: ranges))
        let ids = Set(named.map(\.voucherId) + chunks.flatMap { $0.ids(within: ranges) }).sorted()
        let orderIds = Set(named.compactMap(\.orderId) + ranges.map(\.orderId)).sorted()
        let (_, vouchers, earlier, orders, terms) = try await transaction.execute(
            LockVouchersByID(ids: ids), ReadVouchersByID(ids: ids),
            ReadSales(ids: Set(requests.map(\.command.saleId)).sorted()), ReadOrders(ids: orderIds),
            ReadTermsOfOrders(ids: orderIds))
        return StockSales(vouchers: vouchers, chunks: chunks, orders: orders, terms: terms, earlier: earlier)
    }
}

extension MessageTransaction {
    /// Answers as it was decided, and tells what is new.
    fileprivate mutating func settle(_ command: Received<ActivateStock>, _ decision: StockSales.Decision) {
        switch decision {
        case .sold(let sale): publish(sale.event, answering: command, with: sale.reply)
        case .repeated(let sale): answer(command, with: sale.reply)
        case .refused(let reason):
            let event = StockRefused(saleId: command.saleId, code: reason.rawValue)
            publish(event, refusing: command, with: reason.problem)
        }
    }
}
