import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Why an order is not stopped.
enum OrderCancellationRefusal: String, CaseIterable, Sendable {
    case orderUnknown = "order-unknown"
    case alreadyCollected = "already-collected"
    case orderCancelled = "order-cancelled"
    case employeesDiffer = "employees-differ"
    case cancellationDiffers = "cancellation-differs"

    var problem: Problem {
        switch self {
        case .orderUnknown: Problem(rawValue, "This city has no such order.")
        case .alreadyCollected: Problem(rawValue, "The codes of this order have been given out.")
        case .orderCancelled: Problem(rawValue, "This order was cancelled before.")
        case .employeesDiffer: Problem(rawValue, "These are not the employees that the order was placed for.")
        case .cancellationDiffers: Problem(rawValue, "This cancellation id was used for another order.")
        }
    }
}

/// Decides a batch of cancellations of orders, one after the other.
///
/// Load it, under their locks, with the orders that the batch names, and those that were cancelled under its ids.
struct OrderCancellations: Sendable {
    /// What becomes of a command.
    enum Decision: Hashable, Sendable {
        /// It is stopped now: answer, and tell.
        case stopped(VoucherOrder, VoucherOrder.Cancellation)
        /// It was before: answer, and tell nobody.
        case repeated(VoucherOrder, VoucherOrder.Cancellation)
        case refused(OrderCancellationRefusal)
    }

    private var orders: [UUID: VoucherOrder]
    private var byCancellation: [UUID: VoucherOrder]
    /// Which orders are to be stopped under which ids.
    private(set) var stopped: [(orderId: UUID, cancellation: VoucherOrder.Cancellation)] = []
    private var taken: [GivenBenefit.Key: Int64] = [:]

    init(_ orders: [VoucherOrder]) {
        self.orders = Dictionary(orders.map { ($0.orderId, $0) }) { first, _ in first }
        byCancellation = Dictionary(
            orders.compactMap { order in order.cancellation.map { ($0.cancellationId, order) } }
        ) { first, _ in first }
    }

    /// Decides one command.
    mutating func cancel(_ command: CancelOrder, at now: Timestamp) -> Decision {
        if let first = byCancellation[command.cancellationId], let cancellation = first.cancellation {
            let isSame = first.orderId == command.orderId && first.issuerCityId == command.issuerCityId
            return isSame ? .repeated(first, cancellation) : .refused(.cancellationDiffers)
        }
        guard var order = orders[command.orderId], order.issuerCityId == command.issuerCityId else {
            return .refused(.orderUnknown)
        }
        if order.cancellation != nil { return .refused(.orderCancelled) }
        if order.collectedAt != nil { return .refused(.alreadyCollected) }
        guard order.isFor(command.employees) else { return .refused(.employeesDiffer) }
        let year = Int(Day(of: order.placedAt).date.components.year)
        for benefit in command.employees ?? [] {
            let key = GivenBenefit.Key(employeeId: benefit.employeeId, year: year, currency: order.currency)
            taken[key, default: 0] += benefit.amount
        }
        let cancellation = VoucherOrder.Cancellation(cancellationId: command.cancellationId, cancelledAt: now)
        order.cancellation = cancellation
        orders[order.orderId] = order
        byCancellation[command.cancellationId] = order
        stopped.append((order.orderId, cancellation))
        return .stopped(order, cancellation)
    }

    /// What employees were given and are not, by employee.
    var benefits: [GivenBenefit] {
        taken.map { GivenBenefit(key: $0.key, amount: $0.value) }
            .sorted { ($0.key.employeeId, $0.key.year) < ($1.key.employeeId, $1.key.year) }
    }
}

/// Cancels what was made of an order that is stopped, through the same book as a single voucher.
struct ChunkCancellation: Sendable {
    let order: VoucherOrder
    private(set) var life: VoucherLife
    private(set) var cancelled = 0
    private(set) var amount: Int64 = 0

    init(of order: VoucherOrder, _ life: VoucherLife) {
        self.order = order
        self.life = life
    }

    /// Cancels these vouchers; what was sold, spent, replaced or blocked meanwhile stays as it is.
    mutating func cancel(_ ids: [UUID], at now: Timestamp) throws(BookingFault) {
        for id in ids {
            // Stock that was sold is its buyer's.
            if order.isStock, life.book[id]?.status != .created { continue }
            let command = CancelVoucher(
                cancellationId: .version7(at: now.date), voucherId: id, issuerCityId: order.issuerCityId)
            let decision = try life.cancel(command, payers: [id: [order.payer.kind]], days: nil, at: now)
            guard case .done(let paid) = decision else { continue }
            cancelled += 1
            amount += paid.change.amount.amount
        }
    }
}

extension VoucherOrder {
    /// Whether an order names these employees, and gives them so much: the hash of what was ordered says so.
    fileprivate func isFor(_ employees: [EmployeeBenefit]?) -> Bool {
        guard purpose == .employeeBenefit else { return employees == nil }
        let placed = PlaceOrder(
            orderId: orderId, issuerCityId: issuerCityId, programmeId: programmeId, name: name, buyer: buyer,
            purpose: purpose, payment: payment, isStock: isStock,
            lines: lines.map { OrderLine(value: Money($0.value, currency), count: $0.count) }, employees: employees)
        return placed.contentHash == content
    }

    /// What whoever cancelled it is answered.
    func cancelReply(_ cancellation: Cancellation) -> CancelOrder.Reply {
        CancelOrder.Reply(orderId: orderId, state: state, made: made, cancelledAt: cancellation.cancelledAt)
    }
}
