import Contracts
import Messaging
import Postgres

/// Tells the sums of the ledger, replayed from the journal: `vouchers.get-ledger.v1`.
struct GetLedgers: QueryHandler {
    static let access: AccessRule<GetLedger> = .administrators

    func answer(_ query: GetLedger, from asker: Asker, reading database: Pool) async throws -> GetLedger.Reply {
        // Each statement sees one moment: the lines sum to zero at theirs, and balances and journal agree at theirs.
        let (lines, checks) = try await database.execute(SumPostings(), CheckBalances())
        guard let check = checks.first else { throw Problem("unavailable", "There is no ledger.", retryable: true) }
        var totals: [String: Int64] = [:]
        for line in lines { totals[line.currency, default: 0] &+= line.sum }
        return GetLedger.Reply(
            lines: lines, vouchers: check.vouchers, redemptions: check.redemptions,
            balanced: check.differing == 0 && totals.values.allSatisfy { $0 == 0 })
    }
}
