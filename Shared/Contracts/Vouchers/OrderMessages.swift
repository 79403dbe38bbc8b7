public import FoundationEssentials

/// What vouchers are ordered for, which decides who pays and what is checked.
public enum OrderPurpose: String, Codable, Hashable, Sendable, CaseIterable {
    /// A company buys for its customers.
    case company
    /// An employer gives them to its employees: the cap for each of them and year is checked.
    case employeeBenefit = "employee-benefit"
    /// The city gives them away for a child that is born.
    case birthGrant = "birth-grant"
    /// The city gives them away for a child that goes to school.
    case schoolStart = "school-start"
    /// Printed stock, sold later over a counter.
    case counterSale = "counter-sale"

    /// Whether the city gives away what nobody pays for.
    public var isGift: Bool { self == .birthGrant || self == .schoolStart }
}

/// How vouchers are paid for.
public enum PaymentMethod: String, Codable, Hashable, Sendable, CaseIterable {
    /// Coins and notes.
    case cash
    /// A payment card.
    case card
    /// A transfer to the city's account.
    case bankTransfer = "bank-transfer"
    /// Another voucher, which is refused.
    case voucher
}

/// So many vouchers of one value.
public struct OrderLine: Codable, Hashable, Sendable {
    /// Of each.
    public var value: Money
    /// How many.
    public var count: Int

    /// Makes a line.
    public init(value: Money, count: Int) {
        self.value = value
        self.count = count
    }
}

/// What an employee is given of an order.
public struct EmployeeBenefit: Codable, Hashable, Sendable {
    /// Opaque: who it is, the employer knows.
    public var employeeId: UUID
    /// In minor units of the order's currency.
    public var amount: Int64

    /// Makes a benefit.
    public init(employeeId: UUID, amount: Int64) {
        self.employeeId = employeeId
        self.amount = amount
    }
}

/// Orders vouchers, up to 100,000 of them: `vouchers.place-order.v1`, in bulk.
///
/// The answer says that the order stands; its vouchers are made after that, in chunks. The same id with the same content gets
/// the same answer again. Refused with `programme-unknown`, `amount-not-offered`, `order-differs`,
/// `voucher-pays-no-voucher`, `city-unknown` (retryable), and for employees with `no-benefit-policy`,
/// `programme-redeemable-for-cash`, `benefit-cap-exceeded`.
public struct PlaceOrder: Command {
    /// `vouchers.place-order.v1`.
    public static let type = MessageType(.vouchers, .command, "place-order")
    /// A till never waits behind an order.
    public static let queue = QueueName.bulk
    /// The most vouchers of an order.
    public static let vouchersMax = 100_000
    /// The most lines of an order.
    public static let linesMax = 50
    /// The most employees of an order; so many fit into a message.
    public static let employeesMax = 10_000

    /// Chosen by the sender.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The city's programme, with the terms that are in force now.
    public var programmeId: UUID
    /// What people call the batch.
    public var name: String
    /// Who buys; of a gift and of stock, nobody.
    public var buyer: String?
    /// What for.
    public var purpose: OrderPurpose
    /// How the buyer pays; of a gift and of stock, absent.
    public var payment: PaymentMethod?
    /// Whether the vouchers are printed first and become money when they are sold: `vouchers.activate-stock.v1`.
    public var isStock: Bool
    /// What is made, in the order of the serial numbers.
    public var lines: [OrderLine]
    /// Who is given how much, for ``OrderPurpose/employeeBenefit``; adds up to the whole order.
    public var employees: [EmployeeBenefit]?

    /// Makes the command.
    public init(
        orderId: UUID, issuerCityId: UUID, programmeId: UUID, name: String, buyer: String? = nil,
        purpose: OrderPurpose, payment: PaymentMethod? = nil, isStock: Bool = false, lines: [OrderLine],
        employees: [EmployeeBenefit]? = nil
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.programmeId = programmeId
        self.name = name
        self.buyer = buyer
        self.purpose = purpose
        self.payment = payment
        self.isStock = isStock
        self.lines = lines
        self.employees = employees
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { orderId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.text(name, "name", max: 100)
        if let buyer { checks.text(buyer, "buyer") }
        checkLines(&checks)
        checkPurpose(&checks)
        checkEmployees(&checks)
        try checks.finish()
    }

    private func checkLines(_ checks: inout Checks) {
        checks.require((1...Self.linesMax).contains(lines.count), "lines", "must be 1 to \(Self.linesMax)")
        for line in lines {
            checks.money(line.value, "lines", in: 100...1_000_000)
            checks.require(
                (1...Self.vouchersMax).contains(line.count), "lines", "count must be 1 to \(Self.vouchersMax)")
        }
        let count = lines.prefix(Self.linesMax).reduce(0) { $0 + min(max($1.count, 0), Self.vouchersMax) }
        checks.require(count <= Self.vouchersMax, "lines", "must be at most \(Self.vouchersMax) vouchers")
        checks.require(Set(lines.map(\.value.currency)).count <= 1, "lines", "must be in one currency")
    }

    private func checkPurpose(_ checks: inout Checks) {
        let isPaidNow = purpose == .company || purpose == .employeeBenefit
        checks.require((buyer != nil) == isPaidNow, "buyer", isPaidNow ? "is missing" : "nobody buys this")
        checks.require((payment != nil) == isPaidNow, "payment", isPaidNow ? "is missing" : "nobody pays for this")
        checks.require(!isStock || !isPaidNow, "isStock", "what is paid for is not stock")
        checks.require(isStock || purpose != .counterSale, "isStock", "what is sold over a counter is stock first")
    }

    private func checkEmployees(_ checks: inout Checks) {
        guard purpose == .employeeBenefit else {
            return checks.require(employees == nil, "employees", "belong to the purpose employee-benefit")
        }
        let employees = employees ?? []
        checks.require(
            (1...Self.employeesMax).contains(employees.count), "employees", "must be 1 to \(Self.employeesMax)")
        checks.require(
            Set(employees.map(\.employeeId)).count == employees.count, "employees", "must be named once each")
        let isPositive = employees.allSatisfy { (1...100_000_000).contains($0.amount) }
        checks.require(isPositive, "employees", "amount must be 1 to 100000000 minor units")
        let given = isPositive ? employees.prefix(Self.employeesMax).reduce(0) { $0 + $1.amount } : 0
        checks.require(given == total, "employees", "must add up to the order")
    }

    /// What all lines of an order within the contract add up to; a number at all beyond it.
    public var total: Int64 {
        lines.prefix(Self.linesMax).reduce(0) { sum, line in
            sum + min(max(line.value.amount, 0), 1_000_000) * Int64(min(max(line.count, 0), Self.vouchersMax))
        }
    }

    /// The order stands.
    public struct Reply: Codable, Equatable, Sendable {
        /// Of the command.
        public var orderId: UUID
        /// How many vouchers are made.
        public var vouchers: Int
        /// What they are worth together.
        public var total: Money
        /// When it was placed.
        public var placedAt: Timestamp

        /// Makes the answer.
        public init(orderId: UUID, vouchers: Int, total: Money, placedAt: Timestamp) {
            self.orderId = orderId
            self.vouchers = vouchers
            self.total = total
            self.placedAt = placedAt
        }
    }
}

/// How far an order has come.
public enum OrderState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Vouchers are still being made.
    case producing
    /// All are made; the codes have not been collected.
    case ready
    /// The codes have been given out.
    case collected
    /// It was stopped, and what was made of it is being cancelled.
    case cancelling
    /// It was stopped, and what was made of it is cancelled.
    case cancelled
}

/// An order as its city sees it.
public struct OrderFacts: Codable, Equatable, Sendable {
    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The programme.
    public var programmeId: UUID
    /// What people call the batch.
    public var name: String
    /// Who buys.
    public var buyer: String?
    /// What for.
    public var purpose: OrderPurpose
    /// How the buyer pays.
    public var payment: PaymentMethod?
    /// Whether it is printed stock.
    public var isStock: Bool
    /// How many vouchers were ordered.
    public var vouchers: Int
    /// How many of them are made; serial numbers go from 1 up to this one.
    public var made: Int
    /// What all of them are worth.
    public var total: Money
    /// How far it has come.
    public var state: OrderState
    /// When it was placed.
    public var placedAt: Timestamp

    /// Makes the facts.
    public init(
        orderId: UUID, issuerCityId: UUID, programmeId: UUID, name: String, buyer: String?, purpose: OrderPurpose,
        payment: PaymentMethod?, isStock: Bool, vouchers: Int, made: Int, total: Money, state: OrderState,
        placedAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.programmeId = programmeId
        self.name = name
        self.buyer = buyer
        self.purpose = purpose
        self.payment = payment
        self.isStock = isStock
        self.vouchers = vouchers
        self.made = made
        self.total = total
        self.state = state
        self.placedAt = placedAt
    }
}

/// Gets an order: `vouchers.get-order.v1`.
///
/// Refused with `order-unknown`, also if it is another city's.
public struct GetOrder: Query {
    /// `vouchers.get-order.v1`.
    public static let type = MessageType(.vouchers, .query, "get-order")

    /// Which one.
    public var orderId: UUID
    /// Whose.
    public var issuerCityId: UUID

    /// Makes the query.
    public init(orderId: UUID, issuerCityId: UUID) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
    }

    /// The order.
    public struct Reply: Codable, Equatable, Sendable {
        /// What is known of it.
        public var order: OrderFacts
        /// What it consists of.
        public var lines: [OrderLine]
        /// Of stock: how many were sold.
        public var sold: Int?
        /// Until when its codes can be printed again, once they were collected.
        public var codesKeptUntil: Timestamp?
        /// The files that its codes were given out in, the oldest first.
        public var files: [CodeFile]
        /// That it was stopped.
        public var cancellation: OrderCancellation?

        /// Makes the answer.
        public init(
            order: OrderFacts, lines: [OrderLine], sold: Int?, codesKeptUntil: Timestamp?, files: [CodeFile],
            cancellation: OrderCancellation? = nil
        ) {
            self.order = order
            self.lines = lines
            self.sold = sold
            self.codesKeptUntil = codesKeptUntil
            self.files = files
            self.cancellation = cancellation
        }
    }
}

/// Finds orders, the newest first, page by page: `vouchers.find-orders.v1`.
public struct FindOrders: Query {
    /// `vouchers.find-orders.v1`.
    public static let type = MessageType(.vouchers, .query, "find-orders")

    /// Of one city; of all if absent, which is for administrators.
    public var issuerCityId: UUID?
    /// With one purpose.
    public var purpose: OrderPurpose?
    /// 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(issuerCityId: UUID? = nil, purpose: OrderPurpose? = nil, limit: Int? = nil, after: UUID? = nil) {
        self.issuerCityId = issuerCityId
        self.purpose = purpose
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// The orders.
        public var orders: [OrderFacts]
        /// Where the next page begins, if there is one.
        public var next: UUID?

        /// Makes the answer.
        public init(orders: [OrderFacts], next: UUID?) {
            self.orders = orders
            self.next = next
        }
    }
}

/// Vouchers were ordered: `vouchers.order-placed.v1` (fact, audited).
///
/// Who buys and who is given how much is not said.
public struct OrderPlaced: AuditedEvent {
    /// `vouchers.order-placed.v1`.
    public static let type = MessageType(.vouchers, .event, "order-placed")

    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// The programme.
    public var programmeId: UUID
    /// What for.
    public var purpose: OrderPurpose
    /// Whether it is printed stock.
    public var isStock: Bool
    /// How many vouchers.
    public var vouchers: Int
    /// What they are worth together.
    public var total: Money
    /// When.
    public var placedAt: Timestamp

    /// Makes the event.
    public init(
        orderId: UUID, issuerCityId: UUID, programmeId: UUID, purpose: OrderPurpose, isStock: Bool, vouchers: Int,
        total: Money, placedAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.programmeId = programmeId
        self.purpose = purpose
        self.isStock = isStock
        self.vouchers = vouchers
        self.total = total
        self.placedAt = placedAt
    }

    /// The order.
    public var auditedId: UUID { orderId }
}

/// A chunk of an order was made: `vouchers.order-produced.v1` (state: `made` grows up to `vouchers`).
///
/// It stands for the `vouchers.issued.v1` of single sales, which is not said for every voucher of an order. The vouchers of
/// stock are not issued by it, but by `vouchers.stock-activated.v1`.
public struct OrderProduced: Event {
    /// `vouchers.order-produced.v1`.
    public static let type = MessageType(.vouchers, .event, "order-produced")

    /// The order.
    public var orderId: UUID
    /// The city that owes the money.
    public var issuerCityId: UUID
    /// Whether it is printed stock, which owes nothing yet.
    public var isStock: Bool
    /// The first serial number of the chunk.
    public var firstSerial: Int
    /// The last one; so many are made by now.
    public var made: Int
    /// How many were ordered.
    public var vouchers: Int
    /// What the chunk's vouchers are worth.
    public var value: Money
    /// When the chunk was made.
    public var madeAt: Timestamp

    /// Makes the event.
    public init(
        orderId: UUID, issuerCityId: UUID, isStock: Bool, firstSerial: Int, made: Int, vouchers: Int, value: Money,
        madeAt: Timestamp
    ) {
        self.orderId = orderId
        self.issuerCityId = issuerCityId
        self.isStock = isStock
        self.firstSerial = firstSerial
        self.made = made
        self.vouchers = vouchers
        self.value = value
        self.madeAt = madeAt
    }

    /// How many are made.
    public var sequence: Int64? { Int64(made) }
}

/// An order was refused: `vouchers.place-order-refused.v1`.
public struct OrderRefused: Event {
    /// `vouchers.place-order-refused.v1`.
    public static let type = MessageType(.vouchers, .refusal, "place-order-refused")

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
    static let orders = Group(
        requests: [
            Entry(PlaceOrder.self), Entry(GetOrder.self), Entry(FindOrders.self), Entry(ActivateStock.self),
            Entry(CollectCodes.self), Entry(ReprintCodes.self),
        ],
        events: [
            OrderPlaced.self, OrderProduced.self, OrderRefused.self, StockActivated.self, StockRefused.self,
            CodesCollected.self, CodesReprinted.self, CodesRefused.self,
        ])
}
