import Contracts
import FoundationEssentials
import Messaging

/// A code that is shown once, in the answer to the command that made it.
struct ShownCode: Sendable {
    /// The id under which the answer may be asked for again.
    var issueId: UUID
    var voucherId: UUID
    var code: VoucherCode
}

extension MessageTransaction {
    /// Keeps codes, encrypted, for as long as they may be shown again; in the order of their ids, which may not be used yet.
    mutating func keep(_ codes: [ShownCode], sealedBy seal: Seal, at now: Date) throws {
        guard !codes.isEmpty else { return }
        let codes = codes.sorted { $0.issueId < $1.issueId }
        let sealed = try codes.map { try seal.seal(Array($0.code.formatted.utf8), for: $0.voucherId) }
        write(
            WriteIssues(
                ids: codes.map(\.issueId), vouchers: codes.map(\.voucherId), sealedCodes: sealed,
                until: now.addingTimeInterval(Double(IssueVoucher.replyKeptSeconds))))
        // Whoever keeps codes also forgets those of ten minutes ago.
        write(ForgetCodes())
    }
}

extension ReadIssues.Row {
    /// The code, as long as it may be shown.
    func code(openedBy seal: Seal) throws -> Secret? {
        try sealedCode.map { Secret(String(decoding: try seal.open($0, for: voucherId), as: UTF8.self)) }
    }
}
