import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// How a file of codes stands in its row.
private enum CodeFileColumns {
    static let names = "file_id, name, sha256, bytes, vouchers, reason, made_at"
}

extension Columns {
    fileprivate mutating func codeFile() throws -> CodeFile {
        let (fileId, name, digest): (UUID, String, [UInt8]) = (try next(), try next(), try next())
        return CodeFile(
            fileId: fileId, name: name, sha256: CodeFileMaker.hexadecimal(digest), bytes: try next(),
            vouchers: Int(try next(Int32.self)), reason: try next(), madeAt: Timestamp(try next(Date.self)))
    }
}

/// Reads the files of an order, the oldest first.
struct ReadCodeFiles: Statement {
    static let sql = "SELECT \(CodeFileColumns.names) FROM code_file WHERE order_id = $1 ORDER BY made_at LIMIT 100"
    var orderId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
    }

    static func row(_ columns: inout Columns) throws -> CodeFile {
        try columns.codeFile()
    }
}

/// Reads the file that was made under an id.
struct ReadCodeFileContent: Statement {
    static let sql = "SELECT \(CodeFileColumns.names), content_key_id, content FROM code_file WHERE file_id = $1"
    var fileId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(fileId)
    }

    static func row(_ columns: inout Columns) throws -> EarlierCodeFile {
        EarlierCodeFile(
            file: try columns.codeFile(),
            content: CodeLookup(keyID: Int(try columns.next(Int32.self)), digest: try columns.next()))
    }
}

/// Reads the codes of chunks with these serial numbers, in their order.
struct ReadCodeChunks: Statement {
    struct Row: Sendable {
        var chunkId: UUID
        var firstSerial: Int
        var voucherIds: [UUID]
        var sealedCodes: [UInt8]?

        var lastSerial: Int { firstSerial + voucherIds.count - 1 }
    }

    static let sql = """
        SELECT chunk_id, first_serial, voucher_ids, sealed_codes FROM order_chunk
        WHERE order_id = $1 AND first_serial <= $3 AND first_serial + cardinality(voucher_ids) > $2
        ORDER BY first_serial LIMIT $4
        """
    var orderId: UUID
    var from: Int
    var to: Int
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(Int32(clamping: from))
        parameters.add(Int32(clamping: to))
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            chunkId: try columns.next(), firstSerial: Int(try columns.next(Int32.self)),
            voucherIds: try columns.next(), sealedCodes: try columns.next())
    }
}

/// Reads which of these vouchers can be used or sold.
struct ReadUsableVouchers: Statement {
    static let sql = """
        SELECT voucher_id FROM voucher
        WHERE voucher_id = ANY ($1) AND (status = 'created' OR status = 'active' AND balance > 0)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Writes a file that was made.
struct WriteCodeFile: Statement {
    static let sql = """
        INSERT INTO code_file (file_id, order_id, is_reprint, from_serial, to_serial, name, sha256, bytes, vouchers, reason,
            content_key_id, content, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, decode($7, 'hex'), $8, $9, $10, $11, $12, $13)
        """
    var file: CodeFile
    var request: CodeFileRequest
    var serials: ClosedRange<Int>
    var content: CodeLookup

    func bind(_ parameters: inout Parameters) {
        parameters.add(file.fileId)
        parameters.add(request.orderId)
        parameters.add(request.reprint != nil)
        parameters.add(Int32(clamping: serials.lowerBound))
        parameters.add(Int32(clamping: serials.upperBound))
        parameters.add(file.name)
        parameters.add(file.sha256)
        parameters.add(file.bytes)
        parameters.add(Int32(clamping: file.vouchers))
        parameters.add(file.reason)
        parameters.add(Int32(clamping: content.keyID))
        parameters.add(content.digest)
        parameters.add(file.madeAt.date)
    }
}

/// Says that the codes of an order have left, and until when they are kept.
struct MarkCollected: Statement {
    static let sql = "UPDATE voucher_order SET collected_at = $2, codes_until = $3 WHERE order_id = $1"
    var orderId: UUID
    var now: Date
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(orderId)
        parameters.add(now)
        parameters.add(until)
    }
}

/// Forgets the codes of an order whose time is over; returns a row if there was one.
struct ForgetCodesOfOrder: Statement {
    static let sql = """
        WITH due AS (
            SELECT order_id FROM voucher_order WHERE codes_until <= now() ORDER BY order_id LIMIT 1 FOR UPDATE SKIP LOCKED
        ), forgotten AS (
            UPDATE order_chunk SET sealed_codes = NULL FROM due WHERE order_chunk.order_id = due.order_id
        )
        UPDATE voucher_order SET codes_until = NULL FROM due WHERE voucher_order.order_id = due.order_id
        RETURNING 1::integer
        """

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}
