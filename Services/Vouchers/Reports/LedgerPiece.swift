import Contracts
import FoundationEssentials

/// A piece of the ledger that is checked at once; together they are all of it.
enum LedgerPiece: Hashable, Sendable {
    /// The entries of the first month that has any, from this one on.
    case journal(Month)
    /// Vouchers with ids above this one.
    case vouchers(UUID)
    /// Redemptions with ids above this one.
    case redemptions(UUID)
    /// What was taken back.
    case reversals
    /// Holds with ids above this one.
    case holds(UUID)
    /// Runs of settlement, with all that comes of them.
    case settlement
    /// The figures that reports are made of.
    case figures

    /// The lowest id, which nothing has.
    static let noID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    /// The highest id.
    static let lastID = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))
    /// Where to begin.
    static let first = LedgerPiece.journal(Month(number: 0))

    /// Reads what ``text`` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("journal", 2):
            guard let month = Month(parts[1]) else { return nil }
            self = .journal(month)
        case ("vouchers", 2):
            guard let id = UUID(text: parts[1]) else { return nil }
            self = .vouchers(id)
        case ("redemptions", 2):
            guard let id = UUID(text: parts[1]) else { return nil }
            self = .redemptions(id)
        case ("reversals", 1): self = .reversals
        case ("holds", 2):
            guard let id = UUID(text: parts[1]) else { return nil }
            self = .holds(id)
        case ("settlement", 1): self = .settlement
        case ("figures", 1): self = .figures
        default: return nil
        }
    }

    /// As it stands on the wire.
    var text: String {
        switch self {
        case .journal(let month): "journal \(month)"
        case .vouchers(let id): "vouchers \(id.text)"
        case .redemptions(let id): "redemptions \(id.text)"
        case .reversals: "reversals"
        case .holds(let id): "holds \(id.text)"
        case .settlement: "settlement"
        case .figures: "figures"
        }
    }
}

/// What came of a piece.
struct PieceCheck: Sendable {
    var piece: LedgerPiece
    var rows: Int64
    /// What is wrong, a list for each statement that looked.
    var findings: [[FindLedgerMistakes.Finding]]
    var next: LedgerPiece?

    /// The answer, with so many findings of each list.
    func reply(findingsMax: Int) -> FindLedgerMistakes.Reply {
        FindLedgerMistakes.Reply(
            piece: piece.text, rows: rows, findings: findings.flatMap { $0.prefix(findingsMax) },
            hasMoreFindings: findings.contains { $0.count > findingsMax }, next: next?.text)
    }
}
