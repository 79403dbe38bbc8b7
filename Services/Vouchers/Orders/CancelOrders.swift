import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Stops orders: `vouchers.cancel-order.v1`.
///
/// What was made of them is cancelled by ``CancelOrderedVouchers``.
struct CancelOrders: Handler {
    static let access: AccessRule<CancelOrder> = .editors { $0.issuerCityId }
    /// A cancellation for an employer may have as many bytes as a message can.
    static let batchMax = 8

    func handle(_ batch: Batch<CancelOrder>, in transaction: inout MessageTransaction) async throws {
        let ids = Set(batch.messages.map(\.orderId)).sorted()
        let benefitCities = Set(batch.messages.filter { $0.employees != nil }.map(\.issuerCityId)).sorted()
        // A chunk that is being made, and codes that are being given out, are waited for.
        let (_, _, orders) = try await transaction.execute(
            LockOrders(ids: ids), LockBenefitPolicies(cities: benefitCities),
            ReadOrdersOrCancelled(ids: ids, cancellations: batch.messages.map(\.cancellationId)))
        var cancellations = OrderCancellations(orders)
        for command in batch.messages {
            switch cancellations.cancel(command.message, at: Timestamp(batch.now)) {
            case .stopped(let order, let cancellation):
                transaction.publish(
                    order.cancelling(cancellation), answering: command, with: order.cancelReply(cancellation))
            case .repeated(let order, let cancellation):
                transaction.answer(command, with: order.cancelReply(cancellation))
            case .refused(let reason):
                transaction.publish(
                    CancelOrderRefused(orderId: command.orderId, code: reason.rawValue), refusing: command,
                    with: reason.problem)
            }
        }
        for (orderId, cancellation) in cancellations.stopped {
            transaction.write(StopOrder(orderId: orderId, cancellation: cancellation))
        }
        if !cancellations.benefits.isEmpty { transaction.write(TakeBackBenefits(benefits: cancellations.benefits)) }
    }
}

/// Cancels what was made of orders that are stopped, a chunk in each transaction.
///
/// How far it has come stands in the order's row, which is locked meanwhile and moves on in the same transaction: a crash at any
/// point leaves whole chunks, and the next start goes on behind them.
struct CancelOrderedVouchers: BackgroundJob {
    static let name = "cancel-ordered-vouchers"
    static let isWokenByCommits = false

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        guard let order = try await transaction.execute(TakeStoppedOrder()).first, let cancellation = order.cancellation
        else { return false }
        let serial = cancellation.through + 1
        let range = SerialRange(orderId: order.orderId, from: serial, to: serial)
        guard let chunk = try await transaction.execute(ReadStockChunks(ranges: [range])).first else {
            throw BookingFault(description: "order \(order.orderId.text) has no chunk from serial number \(serial) on")
        }
        let now = Timestamp(transaction.now)
        var work = ChunkCancellation(of: order, try await transaction.life(of: chunk.voucherIds))
        try work.cancel(chunk.voucherIds, at: now)
        let through = chunk.firstSerial + chunk.voucherIds.count - 1
        transaction.write(work.life, at: transaction.now)
        transaction.write(
            AdvanceCancellation(orderId: order.orderId, through: through, cancelled: work.cancelled))
        transaction.write(ForgetCodesOfChunk(orderId: order.orderId, firstSerial: chunk.firstSerial))
        transaction.publish(
            OrderCancelled(
                orderId: order.orderId, issuerCityId: order.issuerCityId, isStock: order.isStock,
                firstSerial: chunk.firstSerial, through: through, made: order.made, cancelled: work.cancelled,
                amount: Money(work.amount, order.currency), cancelledAt: now))
        return true
    }
}

extension VoucherOrder {
    /// What everybody is told when it is stopped.
    fileprivate func cancelling(_ cancellation: Cancellation) -> OrderCancelling {
        OrderCancelling(
            cancellationId: cancellation.cancellationId, orderId: orderId, issuerCityId: issuerCityId, made: made,
            vouchers: ordered, cancelledAt: cancellation.cancelledAt)
    }
}

/// Reads orders by their ids, and those that were cancelled under these ids.
struct ReadOrdersOrCancelled: Statement {
    static let sql = """
        SELECT \(OrderColumns.names) FROM voucher_order WHERE order_id = ANY ($1) OR cancellation_id = ANY ($2)
        """
    var ids: [UUID]
    var cancellations: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(cancellations)
    }

    static func row(_ columns: inout Columns) throws -> VoucherOrder {
        try columns.order()
    }
}

/// Says that an order is stopped.
struct StopOrder: Statement {
    static let sql = "UPDATE voucher_order SET cancellation_id = $2, cancelled_at = $3 WHERE order_id = $1"
    var orderId: UUID
    var cancellation: VoucherOrder.Cancellation

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(cancellation.cancellationId)
        parameters.add(cancellation.cancelledAt.date)
    }
}

/// Takes what employees were given off what counts for their caps; nothing is left of what comes to nothing.
struct TakeBackBenefits: Statement {
    static let sql = """
        MERGE INTO employee_benefit AS given
        USING unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[]) AS taken (employee_id, year, currency, amount)
        ON given.employee_id = taken.employee_id AND given.year = taken.year AND given.currency = taken.currency
        WHEN MATCHED AND given.amount <= taken.amount THEN DELETE
        WHEN MATCHED THEN UPDATE SET amount = given.amount - taken.amount
        """
    var benefits: [GivenBenefit]

    func bind(_ parameters: inout Parameters) {
        parameters.add(benefits.map(\.key.employeeId))
        parameters.add(benefits.map { Int32(clamping: $0.key.year) })
        parameters.add(benefits.map(\.key.currency))
        parameters.add(benefits.map(\.amount))
    }
}

/// Locks the order that was stopped first of those of which something is left, unless another instance has it in hand.
struct TakeStoppedOrder: Statement {
    static let sql = """
        SELECT \(OrderColumns.names) FROM voucher_order WHERE cancellation_id IS NOT NULL AND cancelled_through < made
        ORDER BY cancelled_at, order_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        """

    static func row(_ columns: inout Columns) throws -> VoucherOrder {
        try columns.order()
    }
}

/// Says how far the cancellation of an order has come.
struct AdvanceCancellation: Statement {
    static let sql = """
        UPDATE voucher_order SET cancelled_through = $2, cancelled = cancelled + $3 WHERE order_id = $1
        """
    var orderId: UUID
    var through: Int
    /// Of this chunk.
    var cancelled: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(Int32(clamping: through))
        parameters.add(Int32(clamping: cancelled))
    }
}

/// Forgets the codes of a chunk.
struct ForgetCodesOfChunk: Statement {
    static let sql = "UPDATE order_chunk SET sealed_codes = NULL WHERE order_id = $1 AND first_serial = $2"
    var orderId: UUID
    var firstSerial: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(Int32(clamping: firstSerial))
    }
}
