import Contracts
import FoundationEssentials

/// A part of an order, made in one transaction.
struct OrderChunk: Sendable {
    /// The cause of its entry.
    var chunkId: UUID
    var orderId: UUID
    var firstSerial: Int
    /// In the order of their serial numbers.
    var voucherIds: [UUID]
    /// In the same order.
    var codes: [VoucherCode]
    var value: Money

    var lastSerial: Int { firstSerial + voucherIds.count - 1 }
}

/// Decides what the next chunk of an order is.
struct OrderProduction: Sendable {
    let order: VoucherOrder
    let terms: Terms
    let keys: CodeKeys
    /// The most vouchers of a chunk.
    let max: Int

    /// Makes the next chunk, and books what it is worth in one entry; stock owes nothing until it is sold.
    ///
    /// Ids and codes come from `generator`. `nil` if everything is made.
    func next(
        at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) throws(BookingFault) -> (chunk: OrderChunk, changes: VoucherBook.Changes)? {
        guard order.made < order.ordered else { return nil }
        let serials = (order.made + 1)...min(order.made + max, order.ordered)
        var chunk = OrderChunk(
            chunkId: UUID.version7(at: now, using: &generator), orderId: order.orderId,
            firstSerial: serials.lowerBound, voucherIds: [], codes: [], value: Money(0, order.currency))
        var book = VoucherBook()
        var postings: [Posting] = []
        for value in order.values(of: serials) {
            let code = VoucherCode.random(using: &generator)
            let voucher = self.voucher(value, code, at: now, using: &generator)
            book.add(voucher)
            postings.append(
                Posting(account: .voucher(voucher.voucherId), amount: -value, currency: order.currency))
            chunk.voucherIds.append(voucher.voucherId)
            chunk.codes.append(code)
            chunk.value.amount += value
        }
        guard chunk.voucherIds.count == serials.count else {
            throw BookingFault(description: "order \(order.orderId.text) has fewer lines than vouchers")
        }
        if !order.isStock {
            postings.append(Posting(account: order.payer, amount: chunk.value.amount, currency: order.currency))
            try book.book(LedgerEntry(.init(.issue, chunk.chunkId), at: now, postings))
        }
        return (chunk, book.changes)
    }

    private func voucher(
        _ value: Int64, _ code: VoucherCode, at now: Timestamp, using generator: inout some RandomNumberGenerator
    ) -> Voucher {
        var voucher = Voucher(
            voucherId: UUID.version7(at: now, using: &generator), issuerCityId: order.issuerCityId,
            currency: order.currency, value: value, status: order.isStock ? .created : .active,
            lookup: keys.lookup(for: code), lastFour: code.lastFour, issuedAt: order.placedAt)
        // All vouchers of an order are sold at one time, whenever their chunk is made.
        if !order.isStock { terms.apply(to: &voucher, soldAt: order.placedAt) }
        voucher.termsId = order.termsId
        voucher.orderId = order.orderId
        return voucher
    }

    /// What everybody is told of a chunk.
    func event(of chunk: OrderChunk, at now: Timestamp) -> OrderProduced {
        OrderProduced(
            orderId: order.orderId, issuerCityId: order.issuerCityId, isStock: order.isStock,
            firstSerial: chunk.firstSerial, made: chunk.lastSerial, vouchers: order.ordered, value: chunk.value,
            madeAt: now)
    }
}
