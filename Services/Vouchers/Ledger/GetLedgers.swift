import Contracts
import Messaging
import Postgres

/// Tells the sums of the ledger: `vouchers.get-ledger.v1`.
///
/// They are those of the figures by day and of what the journal has since: exact, at the cost of some thousand rows whatever the
/// size of the journal. It reads, and locks nothing.
struct GetLedgers: QueryHandler {
    static let access: AccessRule<GetLedger> = .administrators

    /// The most lines of the journal that are added up, a second's work.
    ///
    /// There are more only while the figures are made anew.
    var linesMax: Int64 = 1_000_000
    /// The vouchers of so many lines, the newest, are compared with all of their lines.
    var newestLines: Int64 = 1_000

    func answer(_ query: GetLedger, from asker: Asker, reading database: Pool) async throws -> GetLedger.Reply {
        guard let state = try await database.execute(ReadProgress(settlingSeconds: 0)).first else {
            throw Problem("unavailable", "There is no ledger.", retryable: true)
        }
        let (rows, differing) = try await database.execute(
            SumLedger(from: state.postedUntil, linesMax: linesMax + 1), CheckMovedVouchers(linesMax: newestLines))
        guard let first = rows.first, first.postedUntil >= state.postedUntil, first.linesSince <= linesMax else {
            throw Problem("unavailable", "The figures of the ledger are being made anew.", retryable: true)
        }
        return LedgerSums(rows).reply(differingVouchers: differing.first ?? 0)
    }
}

/// What was booked, in the sums that the answer has.
struct LedgerSums: Sendable {
    private struct Line: Hashable {
        var account: String
        var currency: String
    }

    private var sums: [Line: Int64] = [:]
    private var vouchers: Int64
    private var redemptions: Int64 = 0

    init(_ rows: [SumLedger.Row]) {
        vouchers = rows.first?.vouchersWithoutIssue ?? 0
        for row in rows {
            guard let key = row.key else { continue }
            sums[Line(account: key.account, currency: key.currency), default: 0] &+= row.amount
            switch (key.cause, key.account) {
            // One line for each voucher.
            case ("issue", "voucher"): vouchers &+= row.lines
            // And one for each redemption.
            case ("redemption", "merchant-payable"), ("capture", "merchant-payable"): redemptions &+= row.lines
            default: break
            }
        }
    }

    func reply(differingVouchers: Int64) -> GetLedger.Reply {
        var totals: [String: Int64] = [:]
        for (line, sum) in sums { totals[line.currency, default: 0] &+= sum }
        return GetLedger.Reply(
            lines: sums.map { GetLedger.Reply.Line(account: $0.account, currency: $0.currency, sum: $1) }
                .sorted { ($0.account, $0.currency) < ($1.account, $1.currency) },
            vouchers: vouchers, redemptions: redemptions,
            balanced: differingVouchers == 0 && totals.values.allSatisfy { $0 == 0 })
    }
}
