import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Makes the vouchers of orders, a chunk in each transaction.
///
/// How far an order has come stands in its row, which is locked while a chunk is made and moves on in the same transaction: a
/// crash at any point leaves whole chunks, and the next start goes on behind them. Several instances work on several orders.
///
/// It is a job and not a message a chunk in the schedule, because the row says already what is left to do: two hundred
/// messages to itself would need an inbox to say it again.
struct ProduceOrders: BackgroundJob {
    static let name = "produce-orders"
    /// Commits come by the dozen in a second of a busy day, and orders some times a day.
    static let isWokenByCommits = false
    /// Vouchers of a chunk: a transaction of some twenty milliseconds.
    static let chunkMax = 500

    let keys: CodeKeys
    let seal: Seal

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        guard let order = try await transaction.execute(TakeOrder()).first else { return false }
        let now = Timestamp(transaction.now)
        guard let terms = try await transaction.execute(ReadTerms(ids: [order.termsId])).first else {
            throw BookingFault(description: "the terms of order \(order.orderId.text) are not there")
        }
        var generator = SystemRandomNumberGenerator()
        let production = OrderProduction(order: order, terms: terms, keys: keys, max: Self.chunkMax)
        guard let (chunk, changes) = try production.next(at: now, using: &generator) else { return false }
        transaction.write(changes, at: transaction.now)
        transaction.write(
            WriteChunk(chunk: chunk, sealedCodes: try SealedCodes.seal(chunk, with: seal), now: transaction.now))
        transaction.write(AdvanceOrder(orderId: order.orderId, made: chunk.lastSerial))
        transaction.publish(production.event(of: chunk, at: now))
        return true
    }
}

/// The codes of a chunk as they are stored: sixteen characters each, one behind the other, encrypted for their chunk.
enum SealedCodes {
    static func seal(_ chunk: OrderChunk, with seal: Seal) throws -> [UInt8] {
        try seal.seal(chunk.codes.flatMap(\.characters), for: chunk.chunkId)
    }

    static func open(_ sealed: [UInt8], of chunkId: UUID, with seal: Seal) throws -> [VoucherCode] {
        let characters = try seal.open(sealed, for: chunkId)
        return try stride(from: 0, to: characters.count, by: VoucherCode.length).map { start in
            let end = min(start + VoucherCode.length, characters.count)
            return try VoucherCode(parsing: String(decoding: characters[start..<end], as: UTF8.self))
        }
    }
}

/// Locks the oldest order that is not made in full nor stopped, unless another instance has it in hand.
struct TakeOrder: Statement {
    static let sql = """
        SELECT \(OrderColumns.names) FROM voucher_order WHERE made < ordered AND cancellation_id IS NULL
        ORDER BY placed_at, order_id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        """

    static func row(_ columns: inout Columns) throws -> VoucherOrder {
        try columns.order()
    }
}

/// Writes what was made.
struct WriteChunk: Statement {
    static let sql = """
        INSERT INTO order_chunk (chunk_id, order_id, first_serial, voucher_ids, sealed_codes, made_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        """
    var chunk: OrderChunk
    var sealedCodes: [UInt8]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(chunk.chunkId)
        parameters.add(chunk.orderId)
        parameters.add(Int32(clamping: chunk.firstSerial))
        parameters.add(chunk.voucherIds)
        parameters.add(sealedCodes)
        parameters.add(now)
    }
}

/// Says how many vouchers of an order are made.
struct AdvanceOrder: Statement {
    static let sql = "UPDATE voucher_order SET made = $2 WHERE order_id = $1"
    var orderId: UUID
    var made: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(Int32(clamping: made))
    }
}
