public import FoundationEssentials

/// Serial numbers of an order, from one to another, both included.
public struct SerialRange: Codable, Hashable, Sendable {
    /// The order that they were printed for.
    public var orderId: UUID
    /// 1 or above.
    public var from: Int
    /// Not below.
    public var to: Int

    /// Makes a range.
    public init(orderId: UUID, from: Int, to: Int) {
        self.orderId = orderId
        self.from = from
        self.to = to
    }
}

/// Sells printed vouchers, which become money by it: `vouchers.activate-stock.v1`.
///
/// Either one by its code or a range of an order's serial numbers; all of a range or none. They are valid from now on under
/// the terms that they were printed with. The same id with the same content gets the same answer again. Refused with
/// `voucher-not-usable` (the code is unknown, another city's, or not for sale), `order-unknown`, `stock-not-available`,
/// `payment-differs` (what the city gives away is not paid for, and everything else is), `voucher-pays-no-voucher`,
/// `sale-differs`; by its code also with `too-many-wrong-codes` (retryable).
public struct ActivateStock: Command {
    /// `vouchers.activate-stock.v1`.
    public static let type = MessageType(.vouchers, .command, "activate-stock")
    /// The most vouchers of one sale.
    public static let vouchersMax = 1_000

    /// Chosen by the seller.
    public var saleId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The code of one voucher.
    public var code: Secret?
    /// Serial numbers, instead of a code.
    public var serials: SerialRange?
    /// How it is paid; absent if the city gives them away.
    public var payment: PaymentMethod?

    /// Makes the command.
    public init(
        saleId: UUID, issuerCityId: UUID, code: Secret? = nil, serials: SerialRange? = nil,
        payment: PaymentMethod? = nil
    ) {
        self.saleId = saleId
        self.issuerCityId = issuerCityId
        self.code = code
        self.serials = serials
        self.payment = payment
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { saleId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require((code == nil) != (serials == nil), "serials", "either a code or serial numbers")
        if let code {
            checks.require((1...64).contains(code.revealed.utf8.count), "code", "must have 1 to 64 characters")
        }
        if let serials {
            let bounds = 1...PlaceOrder.vouchersMax
            checks.require(
                bounds.contains(serials.from) && bounds.contains(serials.to) && serials.from <= serials.to, "serials",
                "must go from 1 or above to \(PlaceOrder.vouchersMax) or below")
            let count = serials.to.subtractingReportingOverflow(serials.from)
            checks.require(
                !count.overflow && count.partialValue < Self.vouchersMax, "serials",
                "must be at most \(Self.vouchersMax)")
        }
        try checks.finish()
    }

    /// The sale.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var saleId: UUID
        /// The order that they were printed for.
        public var orderId: UUID
        /// How many vouchers are money now.
        public var vouchers: Int
        /// What is to be paid, or given away.
        public var total: Money
        /// When.
        public var soldAt: Timestamp

        /// Makes the answer.
        public init(saleId: UUID, orderId: UUID, vouchers: Int, total: Money, soldAt: Timestamp) {
            self.saleId = saleId
            self.orderId = orderId
            self.vouchers = vouchers
            self.total = total
            self.soldAt = soldAt
        }
    }
}

/// Printed vouchers were sold or given away: `vouchers.stock-activated.v1` (fact, audited).
public struct StockActivated: AuditedEvent {
    /// `vouchers.stock-activated.v1`.
    public static let type = MessageType(.vouchers, .event, "stock-activated")

    /// Of the command.
    public var saleId: UUID
    /// The order that they were printed for.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// How many.
    public var vouchers: Int
    /// What they are worth together.
    public var total: Money
    /// How it was paid; absent if the city gave them away.
    public var payment: PaymentMethod?
    /// When.
    public var soldAt: Timestamp

    /// Makes the event.
    public init(
        saleId: UUID, orderId: UUID, issuerCityId: UUID, vouchers: Int, total: Money, payment: PaymentMethod?,
        soldAt: Timestamp
    ) {
        self.saleId = saleId
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.vouchers = vouchers
        self.total = total
        self.payment = payment
        self.soldAt = soldAt
    }

    /// The sale.
    public var auditedId: UUID { saleId }
}

/// Printed vouchers were not sold: `vouchers.activate-stock-refused.v1`.
public struct StockRefused: Event {
    /// `vouchers.activate-stock-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "activate-stock-refused")

    /// Of the command.
    public var saleId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(saleId: UUID, code: String) {
        self.saleId = saleId
        self.code = code
    }
}
