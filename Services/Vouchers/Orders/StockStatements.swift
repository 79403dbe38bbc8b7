import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Reads which vouchers have these serial numbers: whole chunks, in the order of serial numbers.
struct ReadStockChunks: Statement {
    struct Row: Sendable {
        var orderId: UUID
        var firstSerial: Int
        var voucherIds: [UUID]

        /// Those of its vouchers that one of these ranges names.
        func ids(within ranges: [SerialRange]) -> [UUID] {
            let own = ranges.filter { $0.orderId == orderId }
            return voucherIds.enumerated().filter { index, _ in
                own.contains { $0.from <= firstSerial + index && firstSerial + index <= $0.to }
            }.map(\.element)
        }
    }

    static let sql = """
        SELECT DISTINCT order_id, first_serial, voucher_ids
        FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS range (id, first, last)
        JOIN order_chunk ON order_id = range.id AND first_serial <= range.last
            AND first_serial + cardinality(voucher_ids) > range.first
        ORDER BY order_id, first_serial
        """
    var ranges: [SerialRange]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ranges.map(\.orderId))
        parameters.add(ranges.map { Int32(clamping: $0.from) })
        parameters.add(ranges.map { Int32(clamping: $0.to) })
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            orderId: try columns.next(), firstSerial: Int(try columns.next(Int32.self)),
            voucherIds: try columns.next())
    }
}

/// Reads the terms that these orders were placed under.
struct ReadTermsOfOrders: Statement {
    static let sql = """
        SELECT \(TermsColumns.names) FROM terms JOIN programme USING (programme_id)
        WHERE terms_id IN (SELECT terms_id FROM voucher_order WHERE order_id = ANY ($1))
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Terms {
        try columns.terms()
    }
}

/// Reads the sales that were made under these ids.
struct ReadSales: Statement {
    static let sql = """
        SELECT sale_id, issuer_city_id, order_id, voucher_id, from_serial, to_serial, vouchers, total, currency, payment,
            sold_at
        FROM stock_sale WHERE sale_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> StockSale {
        let (saleId, cityId, orderId): (UUID, UUID, UUID) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let (voucherId, from, to): (UUID?, Int32?, Int32?) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        let vouchers: Int32 = try columns.next()
        let total = Money(try columns.next(), try columns.next())
        var serials: SerialRange?
        if let from, let to { serials = SerialRange(orderId: orderId, from: Int(from), to: Int(to)) }
        return StockSale(
            saleId: saleId, issuerCityId: cityId, orderId: orderId, voucherId: voucherId, serials: serials,
            vouchers: Int(vouchers), total: total, payment: try columns.next(),
            soldAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Writes sales.
struct WriteSales: Statement {
    static let sql = """
        INSERT INTO stock_sale (sale_id, issuer_city_id, order_id, voucher_id, from_serial, to_serial, vouchers, total,
            currency, payment, sold_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::integer[], $7::integer[],
            $8::bigint[], $9::text[], $10::text[], $11::timestamptz[])
        """
    var sales: [StockSale]

    func bind(_ parameters: inout Parameters) {
        parameters.add(sales.map(\.saleId))
        parameters.add(sales.map(\.issuerCityId))
        parameters.add(sales.map(\.orderId))
        parameters.add(sales.map(\.voucherId))
        parameters.add(sales.map { $0.serials.map { Int32(clamping: $0.from) } })
        parameters.add(sales.map { $0.serials.map { Int32(clamping: $0.to) } })
        parameters.add(sales.map { Int32(clamping: $0.vouchers) })
        parameters.add(sales.map(\.total.amount))
        parameters.add(sales.map(\.total.currency))
        parameters.add(sales.map { $0.payment?.rawValue })
        parameters.add(sales.map(\.soldAt.date))
    }
}

/// Writes what the sale of printed vouchers says about them beside money and status: when, and what follows from that.
struct WriteActivations: Statement {
    static let sql = """
        UPDATE voucher SET issued_at = sold.issued_at, valid_until = sold.valid_until, lapses_after = sold.lapses_after,
            accepted_in = sold.accepted_in::uuid[]
        FROM unnest($1::uuid[], $2::timestamptz[], $3::date[], $4::date[], $5::text[])
            AS sold (id, issued_at, valid_until, lapses_after, accepted_in)
        WHERE voucher_id = sold.id
        """
    var vouchers: [Voucher]

    func bind(_ parameters: inout Parameters) {
        parameters.add(vouchers.map(\.voucherId))
        parameters.add(vouchers.map(\.issuedAt.date))
        parameters.add(vouchers.map { $0.validUntil?.date })
        parameters.add(vouchers.map { $0.lapsesAfter?.date })
        parameters.add(vouchers.map { $0.acceptedIn.map { "{\($0.map(\.text).joined(separator: ","))}" } })
    }
}
