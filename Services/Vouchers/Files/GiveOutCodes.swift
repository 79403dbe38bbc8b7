import Contracts
import FoundationEssentials
import Messaging

/// Takes the codes of an order out, once: `vouchers.collect-codes.v1`.
struct CollectOrderCodes: Handler {
    static let access: AccessRule<CollectCodes> = .editors { $0.issuerCityId }
    /// A file may hold a hundred thousand codes.
    static let batchMax = 1
    let maker: CodeFileMaker

    func handle(_ batch: Batch<CollectCodes>, in transaction: inout MessageTransaction) async throws {
        for command in batch.messages {
            switch try await maker.handle(CodeFileRequest(command.message), at: batch.now, in: &transaction) {
            case .made(let file, _, let recipient):
                let event = CodesCollected(
                    orderId: command.orderId, issuerCityId: command.issuerCityId, fileId: file.fileId,
                    vouchers: file.vouchers, sha256: file.sha256, recipientSHA256: recipient, madeAt: file.madeAt)
                transaction.publish(event, answering: command, with: file)
            case .repeated(let file): transaction.answer(command, with: file)
            case .refused(let reason):
                transaction.publish(
                    CodesRefused(orderId: command.orderId, fileId: command.fileId, code: reason.rawValue),
                    refusing: command, with: reason.problem)
            }
        }
    }
}

/// Takes codes of an order out once more: `vouchers.reprint-codes.v1`.
struct ReprintOrderCodes: Handler {
    static let access: AccessRule<ReprintCodes> = .editors { $0.issuerCityId }
    /// A file may hold a hundred thousand codes.
    static let batchMax = 1
    let maker: CodeFileMaker

    func handle(_ batch: Batch<ReprintCodes>, in transaction: inout MessageTransaction) async throws {
        for command in batch.messages {
            switch try await maker.handle(CodeFileRequest(command.message), at: batch.now, in: &transaction) {
            case .made(let file, let serials, let recipient):
                let event = CodesReprinted(
                    orderId: command.orderId, issuerCityId: command.issuerCityId, fileId: file.fileId,
                    fromSerial: serials.lowerBound, toSerial: serials.upperBound, vouchers: file.vouchers,
                    sha256: file.sha256, recipientSHA256: recipient, madeAt: file.madeAt)
                transaction.publish(event, answering: command, with: file)
            case .repeated(let file): transaction.answer(command, with: file)
            case .refused(let reason):
                transaction.publish(
                    CodesRefused(orderId: command.orderId, fileId: command.fileId, code: reason.rawValue),
                    refusing: command, with: reason.problem)
            }
        }
    }
}

/// Forgets the codes of orders that can no longer be printed again, order by order.
struct ForgetOrderCodes: BackgroundJob {
    static let name = "forget-order-codes"
    static let isWokenByCommits = false

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        try await !transaction.execute(ForgetCodesOfOrder()).isEmpty
    }
}
