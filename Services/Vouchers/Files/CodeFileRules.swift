import CMS
import Contracts
import FoundationEssentials

/// Why codes do not leave.
enum CodeFileRefusalReason: String, CaseIterable, Sendable {
    case fileDiffers = "file-differs"
    case orderUnknown = "order-unknown"
    case orderNotReady = "order-not-ready"
    case orderCancelled = "order-cancelled"
    case alreadyCollected = "already-collected"
    case notCollected = "not-collected"
    case codesForgotten = "codes-forgotten"
    case nothingToPrint = "nothing-to-print"
    case recipientUnusable = "recipient-unusable"

    var problem: Problem {
        switch self {
        case .fileDiffers: Problem(rawValue, "This file id was used with other content.")
        case .orderUnknown: Problem(rawValue, "This city has no such order.")
        case .orderNotReady: Problem(rawValue, "Not all of its vouchers are made yet.", retryable: true)
        case .orderCancelled: OrderCancellationRefusal.orderCancelled.problem
        case .alreadyCollected: Problem(rawValue, "The codes of this order have been given out.")
        case .notCollected: Problem(rawValue, "The codes of this order have not been collected yet.")
        case .codesForgotten: Problem(rawValue, "The codes of this order are no longer kept.")
        case .nothingToPrint: Problem(rawValue, "None of these vouchers can be used or sold any more.")
        case .recipientUnusable:
            Problem(
                rawValue,
                "Nothing can be encrypted for this certificate: it is none, not current, or its key is too weak.")
        }
    }
}

/// What is asked for: the codes of an order, for the first time or again.
struct CodeFileRequest: Sendable {
    let fileId: UUID
    let orderId: UUID
    let issuerCityId: UUID
    let recipient: CodeRecipient
    /// Serial numbers as asked for, and why; `nil` for the first file.
    let reprint: Reprint?

    struct Reprint: Hashable, Sendable {
        var from: Int
        var to: Int
        var reason: String
    }

    init(_ command: CollectCodes) {
        fileId = command.fileId
        orderId = command.orderId
        issuerCityId = command.issuerCityId
        recipient = command.recipient
        reprint = nil
    }

    init(_ command: ReprintCodes) {
        fileId = command.fileId
        orderId = command.orderId
        issuerCityId = command.issuerCityId
        recipient = command.recipient
        reprint = Reprint(
            from: command.fromSerial ?? 1, to: command.toSerial ?? PlaceOrder.vouchersMax,
            reason: command.reason ?? "")
    }

    /// A keyed hash of all of it, under each live key, the current one first; a password may be among it.
    func contents(_ keys: CodeKeys) -> [CodeLookup] {
        let reprinted = reprint.map { "\($0.from) \($0.to) \($0.reason)" } ?? ""
        let texts = [
            orderId.text, issuerCityId.text, reprinted, recipient.certificate ?? "", recipient.password?.revealed ?? "",
        ]
        return keys.lookups(ofBytes: texts.flatMap { Array("\($0.utf8.count):\($0)".utf8) })
    }

    /// Who is written to; `nil` if nobody can be.
    var opener: CMSRecipient? {
        if let certificate = recipient.certificate { return try? CMSRecipient(certificate: certificate) }
        return recipient.password.map { CMSRecipient(password: $0.revealed) }
    }
}

/// A file that was made under an id, with the content of what was asked for.
struct EarlierCodeFile: Sendable {
    var file: CodeFile
    var content: CodeLookup
}

/// Decides whether codes leave.
enum CodeFileRules {
    enum Decision: Sendable {
        /// They do: these serial numbers.
        case make(ClosedRange<Int>, CMSRecipient)
        /// They did before.
        case repeated(CodeFile)
        case refused(CodeFileRefusalReason)
    }

    /// For so long they can be printed again: a spoilt or lost print is found out while people wait for it.
    static let keptSeconds = Double(30 * 24 * 3600)

    static func decide(
        _ request: CodeFileRequest, order: VoucherOrder?, earlier: EarlierCodeFile?, keys: CodeKeys, at now: Timestamp
    ) -> Decision {
        if let earlier {
            return request.contents(keys).contains(earlier.content) ? .repeated(earlier.file) : .refused(.fileDiffers)
        }
        guard let order, order.issuerCityId == request.issuerCityId else { return .refused(.orderUnknown) }
        if let reason = refusal(of: order, for: request, at: now) { return .refused(reason) }
        guard let opener = request.opener else { return .refused(.recipientUnusable) }
        guard let reprint = request.reprint else { return .make(1...order.ordered, opener) }
        guard reprint.from <= min(reprint.to, order.ordered) else { return .refused(.nothingToPrint) }
        return .make(reprint.from...min(reprint.to, order.ordered), opener)
    }

    private static func refusal(
        of order: VoucherOrder, for request: CodeFileRequest, at now: Timestamp
    ) -> CodeFileRefusalReason? {
        if order.cancellation != nil { return .orderCancelled }
        if request.reprint == nil {
            if order.collectedAt != nil { return .alreadyCollected }
            return order.made < order.ordered ? .orderNotReady : nil
        }
        if order.collectedAt == nil { return .notCollected }
        return order.codesUntil.map { $0 > now } == true ? nil : .codesForgotten
    }
}
