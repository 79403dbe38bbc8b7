import Contracts
import FoundationEssentials

/// Why a sale of printed stock is refused.
enum StockRefusalReason: String, CaseIterable, Sendable {
    case saleDiffers = "sale-differs"
    case voucherPaysNoVoucher = "voucher-pays-no-voucher"
    /// The code is unknown, another city's, not of stock, or sold before: the seller hears no more.
    case voucherNotUsable = "voucher-not-usable"
    case orderUnknown = "order-unknown"
    case stockNotAvailable = "stock-not-available"
    case paymentDiffers = "payment-differs"

    var problem: Problem {
        switch self {
        case .saleDiffers: Problem(rawValue, "This sale id was used with other content.")
        case .voucherPaysNoVoucher: Problem(rawValue, "A voucher cannot pay for a voucher.")
        case .voucherNotUsable: Problem(rawValue, "This voucher cannot be used.")
        case .orderUnknown: Problem(rawValue, "This city has no such stock.")
        case .stockNotAvailable: Problem(rawValue, "Not all of these serial numbers are there to be sold.")
        case .paymentDiffers: Problem(rawValue, "What the city gives away is not paid for, and all else is.")
        }
    }
}

/// A sale of printed stock as its row says.
struct StockSale: Hashable, Sendable {
    var saleId: UUID
    var issuerCityId: UUID
    var orderId: UUID
    /// Sold by its code.
    var voucherId: UUID?
    /// Sold by serial numbers.
    var serials: SerialRange?
    var vouchers: Int
    var total: Money
    var payment: PaymentMethod?
    var soldAt: Timestamp

    var reply: ActivateStock.Reply {
        ActivateStock.Reply(saleId: saleId, orderId: orderId, vouchers: vouchers, total: total, soldAt: soldAt)
    }

    var event: StockActivated {
        StockActivated(
            saleId: saleId, orderId: orderId, issuerCityId: issuerCityId, vouchers: vouchers, total: total,
            payment: payment, soldAt: soldAt)
    }
}

/// A sale as it is asked for, with how its code would be found.
struct StockRequest: Sendable {
    let command: ActivateStock
    /// The current key's lookup first; none if the code is no code.
    let lookups: [CodeLookup]

    init(_ command: ActivateStock, keys: CodeKeys) {
        self.command = command
        let code = command.code.flatMap { try? VoucherCode(parsing: $0.revealed) }
        lookups = code.map { keys.lookups(for: $0) } ?? []
    }
}

/// Decides a batch of sales of printed stock, one after the other, over vouchers that are locked.
///
/// Load it with what the batch names: the vouchers behind its codes and serial numbers, their chunks, orders and terms, and the
/// sales with its ids.
struct StockSales: Sendable {
    /// What becomes of a request.
    enum Decision: Hashable, Sendable {
        case sold(StockSale)
        case repeated(StockSale)
        case refused(StockRefusalReason)
    }

    private var book: VoucherBook
    private let chunks: [UUID: [ReadStockChunks.Row]]
    private let orders: [UUID: VoucherOrder]
    private let terms: [UUID: Terms]
    private var earlier: [UUID: StockSale]
    private var sold: [StockSale] = []

    init(
        vouchers: [Voucher], chunks: [ReadStockChunks.Row], orders: [VoucherOrder], terms: [Terms],
        earlier: [StockSale]
    ) {
        book = VoucherBook(vouchers)
        self.chunks = Dictionary(grouping: chunks, by: \.orderId)
        self.orders = Dictionary(orders.map { ($0.orderId, $0) }) { first, _ in first }
        self.terms = Dictionary(terms.map { ($0.termsId, $0) }) { first, _ in first }
        self.earlier = Dictionary(earlier.map { ($0.saleId, $0) }) { first, _ in first }
    }

    /// Decides one request.
    mutating func sell(_ request: StockRequest, at now: Timestamp) throws(BookingFault) -> Decision {
        let command = request.command
        if let first = earlier[command.saleId] {
            return matches(request, first) ? .repeated(first) : .refused(.saleDiffers)
        }
        if command.payment == .voucher { return .refused(.voucherPaysNoVoucher) }
        let found: (order: VoucherOrder, vouchers: [Voucher])
        do {
            found = try stock(of: request)
        } catch {
            return .refused(error.reason)
        }
        if found.order.cancellation != nil { return .refused(.stockNotAvailable) }
        guard found.order.purpose.isGift == (command.payment == nil) else { return .refused(.paymentDiffers) }
        guard let terms = terms[found.order.termsId] else { return .refused(.orderUnknown) }
        let sale = StockSale(
            saleId: command.saleId, issuerCityId: command.issuerCityId, orderId: found.order.orderId,
            voucherId: command.serials == nil ? found.vouchers.first?.voucherId : nil, serials: command.serials,
            vouchers: found.vouchers.count,
            total: Money(found.vouchers.reduce(0) { $0 + $1.value }, found.order.currency), payment: command.payment,
            soldAt: now)
        try activate(found.vouchers, of: found.order, under: terms, for: sale)
        earlier[sale.saleId] = sale
        sold.append(sale)
        return .sold(sale)
    }

    private func matches(_ request: StockRequest, _ sale: StockSale) -> Bool {
        let command = request.command
        guard command.issuerCityId == sale.issuerCityId, command.payment == sale.payment else { return false }
        if command.serials != nil { return command.serials == sale.serials }
        return sale.voucherId != nil && book[request.lookups]?.voucherId == sale.voucherId
    }

    private struct Refusal: Error {
        let reason: StockRefusalReason
    }

    /// What is to be sold, if all of it can be.
    private func stock(of request: StockRequest) throws(Refusal) -> (order: VoucherOrder, vouchers: [Voucher]) {
        let city = request.command.issuerCityId
        guard let range = request.command.serials else {
            guard let voucher = book[request.lookups], voucher.issuerCityId == city, voucher.status == .created,
                let order = voucher.orderId.flatMap({ orders[$0] })
            else { throw Refusal(reason: .voucherNotUsable) }
            return (order, [voucher])
        }
        guard let order = orders[range.orderId], order.issuerCityId == city, order.isStock else {
            throw Refusal(reason: .orderUnknown)
        }
        let vouchers = ids(of: range).compactMap { book[$0] }.filter { $0.status == .created }
        guard vouchers.count == range.to - range.from + 1 else { throw Refusal(reason: .stockNotAvailable) }
        return (order, vouchers)
    }

    private func ids(of range: SerialRange) -> [UUID] {
        (chunks[range.orderId] ?? []).flatMap { chunk in
            chunk.voucherIds.enumerated().filter {
                (range.from...max(range.from, range.to)).contains(chunk.firstSerial + $0.offset)
            }.map(\.element)
        }
    }

    /// Makes money of printed vouchers.
    private mutating func activate(
        _ vouchers: [Voucher], of order: VoucherOrder, under terms: Terms, for sale: StockSale
    ) throws(BookingFault) {
        var postings = [Posting(account: order.payer, amount: sale.total.amount, currency: order.currency)]
        for voucher in vouchers {
            book.update(voucher.voucherId) { voucher in
                terms.apply(to: &voucher, soldAt: sale.soldAt)
                voucher.status = .active
            }
            postings.append(
                Posting(account: .voucher(voucher.voucherId), amount: -voucher.value, currency: order.currency))
        }
        try book.book(LedgerEntry(.init(.issue, sale.saleId), at: sale.soldAt, postings))
    }

    /// What is to be written of vouchers and booked.
    var changes: VoucherBook.Changes { book.changes }

    /// What was sold under which id, in the order in which rows are inserted.
    var records: [StockSale] { sold.sorted { $0.saleId < $1.saleId } }
}

extension StockSales: CodeDecisions {
    func isWrongCode(_ request: StockRequest, _ decision: Decision) -> Bool {
        switch decision {
        case .refused(.voucherNotUsable): true
        case .refused(.saleDiffers): book[request.lookups] == nil
        case .refused, .sold, .repeated: false
        }
    }
}
