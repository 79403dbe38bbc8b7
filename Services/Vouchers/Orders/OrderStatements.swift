import Contracts
import FoundationEssentials
import Messaging
public import Postgres

/// How an order stands in its row.
enum OrderColumns {
    /// In the order in which ``Columns/order()`` reads them.
    static let names = """
        order_id, issuer_city_id, programme_id, terms_id, name, buyer, purpose, payment, is_stock, currency, line_values,
            line_counts, ordered, total, made, content, placed_at, collected_at, codes_until,
            cancellation_id, cancelled_at, cancelled_through, cancelled
        """
}

extension Columns {
    /// Reads ``OrderColumns/names``.
    mutating func order() throws -> VoucherOrder {
        let (orderId, cityId, programmeId, termsId): (UUID, UUID, UUID, UUID) = (
            try next(), try next(), try next(), try next()
        )
        let (name, buyer): (String, String?) = (try next(), try next())
        let (purpose, payment): (OrderPurpose, PaymentMethod?) = (try next(), try next())
        let (isStock, currency): (Bool, String) = (try next(), try next())
        let (values, counts): ([Int64], [Int32]) = (try next(), try next())
        let (ordered, total, made): (Int32, Int64, Int32) = (try next(), try next(), try next())
        var order = VoucherOrder(
            orderId: orderId, issuerCityId: cityId, programmeId: programmeId, termsId: termsId, name: name,
            buyer: buyer,
            purpose: purpose, payment: payment, isStock: isStock, currency: currency,
            lines: zip(values, counts).map { VoucherOrder.Line(value: $0, count: Int($1)) }, ordered: Int(ordered),
            total: total, made: Int(made), content: try next(), placedAt: Timestamp(try next(Date.self)),
            collectedAt: try next(Date?.self).map { Timestamp($0) },
            codesUntil: try next(Date?.self).map { Timestamp($0) })
        let (cancellationId, cancelledAt): (UUID?, Date?) = (try next(), try next())
        let (through, cancelled): (Int32, Int32) = (try next(), try next())
        if let cancellationId, let cancelledAt {
            order.cancellation = VoucherOrder.Cancellation(
                cancellationId: cancellationId, cancelledAt: Timestamp(cancelledAt), through: Int(through),
                cancelled: Int(cancelled))
        }
        return order
    }
}

extension OrderPurpose: PostgresValue {}
extension PaymentMethod: PostgresValue {}

/// Reads orders by their ids.
struct ReadOrders: Statement {
    static let sql = "SELECT \(OrderColumns.names) FROM voucher_order WHERE order_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> VoucherOrder {
        try columns.order()
    }
}

/// Locks orders; what depends on the lock is read by a later statement.
struct LockOrders: Statement {
    static let sql = "SELECT 1::integer FROM voucher_order WHERE order_id = ANY ($1) ORDER BY order_id FOR UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Writes new orders.
struct WriteOrders: Statement {
    // One parameter is an array over the rows already, so the lines of a row are written as the text of an array.
    static let sql = """
        INSERT INTO voucher_order (order_id, issuer_city_id, programme_id, terms_id, name, buyer, purpose, payment, is_stock,
            currency, line_values, line_counts, ordered, total, content, placed_at)
        SELECT id, city, programme, terms, name, buyer, purpose, payment, is_stock, currency, line_values::bigint[],
            line_counts::integer[], ordered, total, content, placed_at
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::boolean[], $10::text[], $11::text[], $12::text[], $13::integer[], $14::bigint[], $15::bytea[],
            $16::timestamptz[])
            AS new (id, city, programme, terms, name, buyer, purpose, payment, is_stock, currency, line_values, line_counts,
                ordered, total, content, placed_at)
        """
    var orders: [VoucherOrder]

    func bind(_ parameters: inout Parameters) {
        parameters.add(orders.map(\.orderId))
        parameters.add(orders.map(\.issuerCityId))
        parameters.add(orders.map(\.programmeId))
        parameters.add(orders.map(\.termsId))
        parameters.add(orders.map(\.name))
        parameters.add(orders.map(\.buyer))
        parameters.add(orders.map(\.purpose.rawValue))
        parameters.add(orders.map { $0.payment?.rawValue })
        parameters.add(orders.map(\.isStock))
        parameters.add(orders.map(\.currency))
        parameters.add(orders.map { Self.array($0.lines.map { "\($0.value)" }) })
        parameters.add(orders.map { Self.array($0.lines.map { "\($0.count)" }) })
        parameters.add(orders.map { Int32(clamping: $0.ordered) })
        parameters.add(orders.map(\.total))
        parameters.add(orders.map(\.content))
        parameters.add(orders.map(\.placedAt.date))
    }

    private static func array(_ texts: [String]) -> String { "{\(texts.joined(separator: ","))}" }
}

/// Locks what rules the benefits of employees in the countries of these cities.
struct LockBenefitPolicies: Statement {
    static let sql = """
        SELECT 1::integer FROM benefit_policy WHERE country IN (SELECT country FROM city WHERE city_id = ANY ($1))
        ORDER BY country, from_year FOR UPDATE
        """
    var cities: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads what rules the benefits of employees, for each of these cities.
struct ReadBenefitPolicies: Statement {
    static let sql = """
        SELECT city_id, from_year, currency, cap FROM city JOIN benefit_policy USING (country) WHERE city_id = ANY ($1)
        """
    var cities: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities)
    }

    static func row(_ columns: inout Columns) throws -> BenefitPolicy {
        BenefitPolicy(
            cityId: try columns.next(), fromYear: Int(try columns.next(Int32.self)), currency: try columns.next(),
            cap: try columns.next())
    }
}

/// Reads what employees were given.
struct ReadBenefits: Statement {
    static let sql = "SELECT employee_id, year, currency, amount FROM employee_benefit WHERE employee_id = ANY ($1)"
    var employees: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(employees)
    }

    static func row(_ columns: inout Columns) throws -> GivenBenefit {
        GivenBenefit(
            key: GivenBenefit.Key(
                employeeId: try columns.next(), year: Int(try columns.next(Int32.self)), currency: try columns.next()),
            amount: try columns.next())
    }
}

/// Adds to what employees were given.
struct AddBenefits: Statement {
    static let sql = """
        INSERT INTO employee_benefit (employee_id, year, currency, amount)
        SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[])
        ON CONFLICT (employee_id, year, currency) DO UPDATE SET amount = employee_benefit.amount + excluded.amount
        """
    var benefits: [GivenBenefit]

    func bind(_ parameters: inout Parameters) {
        parameters.add(benefits.map(\.key.employeeId))
        parameters.add(benefits.map { Int32(clamping: $0.key.year) })
        parameters.add(benefits.map(\.key.currency))
        parameters.add(benefits.map(\.amount))
    }
}

/// Finds orders, the newest first.
struct SearchOrders: Statement {
    static let sql = """
        SELECT \(OrderColumns.names) FROM voucher_order
        WHERE ($1::uuid IS NULL OR issuer_city_id = $1) AND ($2::text IS NULL OR purpose = $2)
            AND ($3::uuid IS NULL
                OR (placed_at, order_id) < (SELECT placed_at, order_id FROM voucher_order WHERE order_id = $3))
        ORDER BY placed_at DESC, order_id DESC LIMIT $4
        """
    var issuerCityId: UUID?
    var purpose: OrderPurpose?
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(issuerCityId)
        parameters.add(purpose?.rawValue)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> VoucherOrder {
        try columns.order()
    }
}

/// Counts the vouchers that were sold of an order's stock.
struct CountSold: Statement {
    static let sql = "SELECT coalesce(sum(vouchers), 0)::bigint FROM stock_sale WHERE order_id = $1"
    var orderId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
