import ArgumentParser
import Contracts
import FoundationEssentials
import Messaging

/// Looks after the ledger.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Check the ledger of vouchers.", subcommands: [LedgerVerify.self])
}

/// Checks every balance and rule of the ledger against the journal.
struct LedgerVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recompute every balance and rule of the ledger from the journal and name what differs.",
        discussion: """
            Entries, balances and held parts of vouchers, redemptions and what was taken back of them, holds, settlement down to \
            the sums of the payment files, and the figures that reports are made of. Tills go on meanwhile: it is done piece by \
            piece and locks nothing.

            Examples:
              citycoop ledger verify
              citycoop ledger verify --json
            """)

    @Flag(help: "As one JSON object.")
    var json = false

    @Option(help: "Seconds to wait for each piece.")
    var timeout = Seconds(300)

    func run() async throws {
        try await reporting {
            let report = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                try await Progress.during("checking the ledger") {
                    try await LedgerReport(asking: session.requester, within: timeout.duration)
                }
            }
            if json {
                Terminal.write(JSONText.pretty(report))
            } else {
                for line in report.lines { Terminal.write(line) }
            }
            if !report.findings.isEmpty { throw ExitCode.refused }
        }
    }
}

/// What came of checking the ledger.
struct LedgerReport: Codable, Equatable, Sendable {
    /// How many pieces were checked.
    var pieces = 0
    /// How many rows of each kind: lines of the journal, vouchers, redemptions, holds, statements, rows of figures.
    var rows: [String: Int64] = [:]
    /// What is wrong.
    var findings: [FindLedgerMistakes.Finding] = []
    /// Whether there is more wrong than is listed.
    var hasMoreFindings = false

    /// Asks piece by piece.
    init(asking requester: Requester, within limit: Duration) async throws {
        var asked: Set<String> = []
        var after: String?
        repeat {
            let piece = try await requester.call(FindLedgerMistakes(after: after), within: limit)
            take(piece)
            after = piece.next
            // Whoever answers might turn in a circle.
            if let after, !asked.insert(after).inserted {
                throw CommandFailure(.refused, "vouchers comes to no end: it asks for \(after) again.")
            }
        } while after != nil
    }

    /// A report of pieces at hand.
    init(_ pieces: [FindLedgerMistakes.Reply]) {
        for piece in pieces { take(piece) }
    }

    private mutating func take(_ piece: FindLedgerMistakes.Reply) {
        pieces += 1
        let kind = piece.piece.split(separator: " ").first.map(String.init) ?? piece.piece
        rows[kind, default: 0] &+= piece.rows
        findings += piece.findings
        hasMoreFindings = hasMoreFindings || piece.hasMoreFindings
    }

    /// For people.
    var lines: [String] {
        let counts = rows.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.value) of \($0.key)" }
        let checked = counts.isEmpty ? "nothing is booked" : counts.joined(separator: ", ")
        guard !findings.isEmpty else { return ["whole: \(checked)"] }
        let more = hasMoreFindings ? "; there are more, listed are the first of each piece" : ""
        return findings.map(\.line) + ["\(findings.count) findings\(more); checked: \(checked)"]
    }
}

extension FindLedgerMistakes.Finding {
    /// For people.
    var line: String {
        func shown(_ amount: Int64?) -> String {
            guard let amount else { return "nothing" }
            return currency.map { Money(amount, $0).description } ?? "\(amount)"
        }
        return "\(check): \(subject): \(shown(expected)) expected, \(shown(found)) found"
    }
}
