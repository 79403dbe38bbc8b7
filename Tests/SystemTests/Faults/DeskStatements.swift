import Contracts
import Foundation
import Postgres

// What the audit of the desk reads.

/// Every voucher, with its place in life.
struct AuditDeskVouchers: Statement {
    struct Row: Sendable {
        let voucherId: UUID
        let orderId: UUID?
        let voucher: DeskBooks.Voucher
    }

    static let sql = "SELECT voucher_id, order_id, value, balance, held, status FROM voucher"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            voucherId: try columns.next(), orderId: try columns.next(),
            voucher: DeskBooks.Voucher(
                value: try columns.next(), balance: try columns.next(), held: try columns.next(),
                status: try columns.next()))
    }
}

/// Every voucher that was made alone, under the id of its command.
struct AuditIssues: Statement {
    static let sql = "SELECT issue_id, voucher_id FROM issue"

    static func row(_ columns: inout Columns) throws -> (UUID, UUID) {
        (try columns.next(), try columns.next())
    }
}

/// Every hold.
struct AuditHolds: Statement {
    static let sql = "SELECT hold_id, voucher_id, merchant_id, amount, captured, released, state FROM hold"

    static func row(_ columns: inout Columns) throws -> (UUID, DeskBooks.Hold) {
        (
            try columns.next(),
            DeskBooks.Hold(
                voucherId: try columns.next(), merchantId: try columns.next(), amount: try columns.next(),
                captured: try columns.next(), released: try columns.next(), state: try columns.next())
        )
    }
}

/// Every hold that was refused for good.
struct AuditRefusedHolds: Statement {
    static let sql = "SELECT hold_id, reason FROM hold_refusal"

    static func row(_ columns: inout Columns) throws -> (UUID, String) {
        (try columns.next(), try columns.next())
    }
}

/// Every redemption, with its hold and what was taken back of it.
struct AuditDeskRedemptions: Statement {
    static let sql = "SELECT redemption_id, voucher_id, merchant_id, hold_id, amount, reversed FROM redemption"

    static func row(_ columns: inout Columns) throws -> (UUID, DeskBooks.Redemption) {
        (
            try columns.next(),
            DeskBooks.Redemption(
                voucherId: try columns.next(), merchantId: try columns.next(), holdId: try columns.next(),
                amount: try columns.next(), reversed: try columns.next())
        )
    }
}

/// Every reversal.
struct AuditReversals: Statement {
    static let sql = "SELECT reversal_id, redemption_id, amount, remaining FROM reversal"

    static func row(_ columns: inout Columns) throws -> (UUID, DeskBooks.Reversal) {
        (
            try columns.next(),
            DeskBooks.Reversal(
                redemptionId: try columns.next(), amount: try columns.next(), remaining: try columns.next())
        )
    }
}

/// Every replacement, refund and cancellation.
struct AuditChanges: Statement {
    static let sql = "SELECT change_id, kind, voucher_id, new_voucher_id, amount FROM voucher_change"

    static func row(_ columns: inout Columns) throws -> (UUID, DeskBooks.Change) {
        (
            try columns.next(),
            DeskBooks.Change(
                kind: try columns.next(), voucherId: try columns.next(), newVoucherId: try columns.next(),
                amount: try columns.next())
        )
    }
}

/// Every exchange.
struct AuditExchanges: Statement {
    static let sql = "SELECT exchange_id, voucher_id, new_voucher_id, amount FROM exchange"

    static func row(_ columns: inout Columns) throws -> (UUID, DeskBooks.Exchange) {
        (
            try columns.next(),
            DeskBooks.Exchange(
                voucherId: try columns.next(), newVoucherId: try columns.next(), amount: try columns.next())
        )
    }
}

/// Every sale of printed stock by serial numbers; one by a code has none, and shows as zero.
struct AuditStockSales: Statement {
    struct Row: Sendable, Hashable {
        let saleId: UUID
        let orderId: UUID
        let from: Int32
        let to: Int32
        let vouchers: Int32
        let total: Int64
    }

    static let sql = """
        SELECT sale_id, order_id, coalesce(from_serial, 0), coalesce(to_serial, 0), vouchers, total FROM stock_sale
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            saleId: try columns.next(), orderId: try columns.next(), from: try columns.next(), to: try columns.next(),
            vouchers: try columns.next(), total: try columns.next())
    }
}

/// Every file that codes left in.
struct AuditCodeFiles: Statement {
    struct Row: Sendable, Hashable {
        let fileId: UUID
        let name: String
        /// In hexadecimal digits.
        let sha256: String
        let bytes: Int64
        let vouchers: Int32
    }

    static let sql = "SELECT file_id, name, encode(sha256, 'hex'), bytes, vouchers FROM code_file"

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            fileId: try columns.next(), name: try columns.next(), sha256: try columns.next(),
            bytes: try columns.next(), vouchers: try columns.next())
    }
}

extension AuditCodeFiles.Row {
    /// As it was answered.
    init(_ file: CodeFile) {
        self.init(
            fileId: file.fileId, name: file.name, sha256: file.sha256, bytes: Int64(file.bytes),
            vouchers: Int32(file.vouchers))
    }
}

/// Every chunk of every order, and how many of its vouchers there are.
struct AuditChunks: Statement {
    struct Row: Sendable {
        let chunkId: UUID
        let orderId: UUID
        let firstSerial: Int32
        let named: Int32
        let found: Int64
    }

    static let sql = """
        SELECT chunk_id, order_id, first_serial, cardinality(voucher_ids),
            (SELECT count(DISTINCT voucher_id) FROM voucher
             WHERE voucher_id = ANY (voucher_ids) AND voucher.order_id = order_chunk.order_id)
        FROM order_chunk ORDER BY order_id, first_serial
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            chunkId: try columns.next(), orderId: try columns.next(), firstSerial: try columns.next(),
            named: try columns.next(), found: try columns.next())
    }
}

/// How many vouchers of each order are made, as its row says.
struct AuditOrders: Statement {
    static let sql = "SELECT order_id, made FROM voucher_order"

    static func row(_ columns: inout Columns) throws -> (UUID, Int32) {
        (try columns.next(), try columns.next())
    }
}
