public import FoundationEssentials

/// That an order was stopped, and how far that has come.
public struct OrderCancellation: Codable, Hashable, Sendable {
    /// Of the command.
    public var cancellationId: UUID
    /// When it was stopped.
    public var cancelledAt: Timestamp
    /// How many of its vouchers are cancelled by now; in the end all that were made, but for those that were sold, spent, replaced
    /// or blocked before.
    public var cancelled: Int

    /// Makes the record.
    public init(cancellationId: UUID, cancelledAt: Timestamp, cancelled: Int) {
        self.cancellationId = cancellationId
        self.cancelledAt = cancelledAt
        self.cancelled = cancelled
    }
}

/// Stops an order whose codes nobody has collected: `vouchers.cancel-order.v1`, in bulk.
///
/// No more of it is made from then on, and what was made is cancelled in chunks after the answer, stock that was not sold as well;
/// the money goes back to where it came from. The same id for the same order gets the same answer again. Refused with
/// `order-unknown` (also if it is another city's), `already-collected`, `order-cancelled` (under another id), `employees-differ`,
/// `cancellation-differs`.
public struct CancelOrder: ReasonedCommand {
    /// `vouchers.cancel-order.v1`.
    public static let type = MessageType(.vouchers, .command, "cancel-order")
    /// Behind the order itself.
    public static let queue = QueueName.bulk

    /// Chosen by the sender.
    public var cancellationId: UUID
    /// Which one.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// Of an order for employees: who was to be given how much, as it was ordered, so that it counts for nobody's cap any more.
    public var employees: [EmployeeBenefit]?
    /// Why, for the audit.
    public var reason: String?

    /// Makes the command.
    public init(
        cancellationId: UUID, orderId: UUID, issuerCityId: UUID, employees: [EmployeeBenefit]? = nil,
        reason: String? = nil
    ) {
        self.cancellationId = cancellationId
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.employees = employees
        self.reason = reason
    }

    /// Messages about one order keep their order.
    public var orderingKey: String? { orderId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            employees.map { (1...PlaceOrder.employeesMax).contains($0.count) } ?? true, "employees",
            "must be 1 to \(PlaceOrder.employeesMax)")
        let isPositive = (employees ?? []).allSatisfy { (1...100_000_000).contains($0.amount) }
        checks.require(isPositive, "employees", "amount must be 1 to 100000000 minor units")
        checks.statedReason(reason)
        try checks.finish()
    }

    /// The order is stopped.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var orderId: UUID
        /// Where it stands now: `cancelling` or `cancelled`.
        public var state: OrderState
        /// How many vouchers were made of it.
        public var made: Int
        /// When it was stopped.
        public var cancelledAt: Timestamp

        /// Makes the answer.
        public init(orderId: UUID, state: OrderState, made: Int, cancelledAt: Timestamp) {
            self.orderId = orderId
            self.state = state
            self.made = made
            self.cancelledAt = cancelledAt
        }
    }
}

/// An order was stopped: `vouchers.order-cancelling.v1` (fact, audited).
///
/// What was made of it is cancelled after that, which `vouchers.order-cancelled.v1` tells chunk by chunk; nothing if none was made.
public struct OrderCancelling: AuditedEvent {
    /// `vouchers.order-cancelling.v1`.
    public static let type = MessageType(.vouchers, .event, "order-cancelling")

    /// Of the command.
    public var cancellationId: UUID
    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// How many vouchers were made of it.
    public var made: Int
    /// How many were ordered.
    public var vouchers: Int
    /// When.
    public var cancelledAt: Timestamp

    /// Makes the event.
    public init(
        cancellationId: UUID, orderId: UUID, issuerCityId: UUID, made: Int, vouchers: Int, cancelledAt: Timestamp
    ) {
        self.cancellationId = cancellationId
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.made = made
        self.vouchers = vouchers
        self.cancelledAt = cancelledAt
    }

    /// The order.
    public var auditedId: UUID { orderId }
}

/// A chunk of an order was cancelled: `vouchers.order-cancelled.v1` (state: `through` grows up to `made`).
///
/// It stands for the `vouchers.cancelled.v1` of single vouchers, which is not said for every voucher of an order.
public struct OrderCancelled: Event {
    /// `vouchers.order-cancelled.v1`.
    public static let type = MessageType(.vouchers, .event, "order-cancelled")

    /// The order.
    public var orderId: UUID
    /// The city that owed the money.
    public var issuerCityId: UUID
    /// Whether it is printed stock, which owed nothing.
    public var isStock: Bool
    /// The first serial number of the chunk.
    public var firstSerial: Int
    /// The last one; all up to it are cancelled by now, or stay.
    public var through: Int
    /// How many were made of the order.
    public var made: Int
    /// How many of the chunk's vouchers are cancelled.
    public var cancelled: Int
    /// What is owed no more by that.
    public var amount: Money
    /// When.
    public var cancelledAt: Timestamp

    /// Makes the event.
    public init(
        orderId: UUID, issuerCityId: UUID, isStock: Bool, firstSerial: Int, through: Int, made: Int, cancelled: Int,
        amount: Money, cancelledAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.isStock = isStock
        self.firstSerial = firstSerial
        self.through = through
        self.made = made
        self.cancelled = cancelled
        self.amount = amount
        self.cancelledAt = cancelledAt
    }

    /// How far it has come.
    public var sequence: Int64? { Int64(through) }
}

/// An order was not stopped: `vouchers.cancel-order-refused.v1`.
public struct CancelOrderRefused: Event {
    /// `vouchers.cancel-order-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "cancel-order-refused")

    /// Of the command.
    public var orderId: UUID
    /// Why.
    public var code: String

    /// Makes the event.
    public init(orderId: UUID, code: String) {
        self.orderId = orderId
        self.code = code
    }
}

extension Catalogue {
    static let orderCancellation = Group(
        requests: [Entry(CancelOrder.self)],
        events: [OrderCancelling.self, OrderCancelled.self, CancelOrderRefused.self])
}
