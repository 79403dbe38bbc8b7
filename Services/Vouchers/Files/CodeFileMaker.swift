import CMS
import CSV
import Contracts
import Crypto
import FoundationEssentials
import Messaging
import ServiceKit

/// Puts codes into files: a table in CSV, encrypted for its recipient, in a folder of the service.
///
/// The file is on the disk before the transaction commits. If that is lost, nobody has heard of the file, and the next try
/// replaces it under the same name.
struct CodeFileMaker: Sendable {
    /// Chunks whose codes are read at once.
    static let chunksMax = 20

    private let keys: CodeKeys
    private let seal: Seal
    private let folder: DurableFolder

    /// Describes the folder by its path; it must exist.
    init(keys: CodeKeys, seal: Seal, folder: String) {
        self.keys = keys
        self.seal = seal
        self.folder = DurableFolder(path: folder)
    }

    /// What the columns of the table are called.
    static let columns = ["serial", "code", "value", "currency", "validUntil"]

    /// Answers one request: with the file, with the file of before, or with why not; says what happened in its own words.
    func handle(
        _ request: CodeFileRequest, at now: Date, in transaction: inout MessageTransaction
    ) async throws -> Outcome {
        let (_, orders, earlier, terms) = try await transaction.execute(
            LockOrders(ids: [request.orderId]), ReadOrders(ids: [request.orderId]),
            ReadCodeFileContent(fileId: request.fileId), ReadTermsOfOrders(ids: [request.orderId]))
        let order = orders.first
        let decision = CodeFileRules.decide(
            request, order: order, earlier: earlier.first, keys: keys, at: Timestamp(now))
        switch decision {
        case .repeated(let file): return .repeated(file)
        case .refused(let reason): return .refused(reason)
        case .make(let serials, let recipient):
            guard let order, let terms = terms.first else { return .refused(.orderUnknown) }
            let table = try await table(
                of: order, serials, terms, onlyUsable: request.reprint != nil, in: &transaction)
            if let reason = table.refusal { return .refused(reason) }
            let file = try await write(table, for: request, recipient, at: now)
            transaction.write(
                WriteCodeFile(file: file, request: request, serials: serials, content: request.contents(keys)[0]))
            if request.reprint == nil {
                transaction.write(
                    MarkCollected(
                        orderId: order.orderId, now: now, until: now.addingTimeInterval(CodeFileRules.keptSeconds)))
            }
            return .made(file, serials, recipient: recipient.fingerprint.map(Self.hexadecimal))
        }
    }

    /// What became of a request.
    enum Outcome {
        case made(CodeFile, ClosedRange<Int>, recipient: String?)
        case repeated(CodeFile)
        case refused(CodeFileRefusalReason)
    }

    /// The codes as a table.
    private struct Table {
        var bytes: [UInt8] = []
        var vouchers = 0
        var refusal: CodeFileRefusalReason?

        mutating func add(_ serial: Int, _ code: VoucherCode, _ value: Money, _ validUntil: Day?) {
            // `50.00 EUR` as two fields.
            let amount = value.description.split(separator: " ").first.map(String.init) ?? ""
            let fields = ["\(serial)", code.formatted, amount, value.currency, validUntil?.description ?? ""]
            bytes += CSVWriter.line(fields).utf8
            vouchers += 1
        }
    }

    private func table(
        of order: VoucherOrder, _ serials: ClosedRange<Int>, _ terms: Terms, onlyUsable: Bool,
        in transaction: inout MessageTransaction
    ) async throws -> Table {
        var table = Table(bytes: Array(CSVWriter.line(Self.columns).utf8))
        // Stock is valid from its sale on, whenever that is.
        let validUntil = order.isStock ? nil : terms.validUntil(soldOn: Day(of: order.placedAt))
        var next = serials.lowerBound
        while next <= serials.upperBound {
            let chunks = try await transaction.execute(
                ReadCodeChunks(orderId: order.orderId, from: next, to: serials.upperBound, max: Self.chunksMax))
            guard let last = chunks.last else { break }
            var usable: Set<UUID>?
            if onlyUsable {
                let found = try await transaction.execute(ReadUsableVouchers(ids: chunks.flatMap(\.voucherIds)))
                usable = Set(found)
            }
            for chunk in chunks {
                guard let sealed = chunk.sealedCodes else {
                    table.refusal = .codesForgotten
                    return table
                }
                let codes = try SealedCodes.open(sealed, of: chunk.chunkId, with: seal)
                let values = order.values(of: chunk.firstSerial...chunk.lastSerial)
                for (index, (id, (code, value))) in zip(chunk.voucherIds, zip(codes, values)).enumerated() {
                    let serial = chunk.firstSerial + index
                    guard serials.contains(serial), usable?.contains(id) ?? true else { continue }
                    table.add(serial, code, Money(value, order.currency), validUntil)
                }
            }
            next = last.lastSerial + 1
        }
        if table.vouchers == 0 { table.refusal = .nothingToPrint }
        return table
    }

    private func write(
        _ table: Table, for request: CodeFileRequest, _ recipient: CMSRecipient, at now: Date
    ) async throws -> CodeFile {
        let bytes = try CMSEnvelope.encrypt(table.bytes, for: recipient)
        let name = "codes-\(request.fileId.text).csv.cms"
        try await folder.write([DurableFolder.File(name: name, bytes: bytes)])
        return CodeFile(
            fileId: request.fileId, name: name, sha256: Self.hexadecimal(Array(SHA256.hash(data: bytes))),
            bytes: bytes.count, vouchers: table.vouchers, reason: request.reprint?.reason, madeAt: Timestamp(now))
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
