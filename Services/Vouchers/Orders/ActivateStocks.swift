import Contracts
import FoundationEssentials
import Messaging

/// Sells printed stock: `vouchers.activate-stock.v1`.
struct ActivateStocks: Handler {
    static let access: AccessRule<ActivateStock> = .editors { $0.issuerCityId }
    /// Each may be a thousand vouchers.
    static let batchMax = 16
    let keys: CodeKeys

    func handle(_ batch: Batch<ActivateStock>, in transaction: inout MessageTransaction) async throws {
        let requests = batch.messages.map { StockRequest($0.message, keys: keys) }
        let ranges = batch.messages.compactMap(\.serials)
        // Which vouchers these are never changes, and so is read before they are locked: all of them, in the order of ids.
        let (named, chunks) = try await transaction.execute(
            ReadVouchers(lookups: requests.flatMap { $0.lookups.map(\.digest) }), ReadStockChunks(ranges: ranges))
        let ids = Set(named.map(\.voucherId) + chunks.flatMap { $0.ids(within: ranges) }).sorted()
        let orderIds = Set(named.compactMap(\.orderId) + ranges.map(\.orderId)).sorted()
        let (_, vouchers, earlier, orders, terms) = try await transaction.execute(
            LockVouchersByID(ids: ids), ReadVouchersByID(ids: ids),
            ReadSales(ids: Set(batch.messages.map(\.saleId)).sorted()), ReadOrders(ids: orderIds),
            ReadTermsOfOrders(ids: orderIds))

        var sales = StockSales(vouchers: vouchers, chunks: chunks, orders: orders, terms: terms, earlier: earlier)
        for (command, request) in zip(batch.messages, requests) {
            switch try sales.sell(request, at: Timestamp(batch.now)) {
            case .sold(let sale): transaction.publish(sale.event, answering: command, with: sale.reply)
            case .repeated(let sale): transaction.answer(command, with: sale.reply)
            case .refused(let reason):
                transaction.publish(
                    StockRefused(saleId: command.saleId, code: reason.rawValue), refusing: command,
                    with: reason.problem)
            }
        }
        let changes = sales.changes
        guard !changes.isEmpty else { return }
        transaction.write(changes, at: batch.now)
        transaction.write(WriteActivations(vouchers: changes.changed))
        transaction.write(WriteSales(sales: sales.records))
    }
}
