import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// A ledger that is whole is found whole; each thing that is changed behind its back is named.
@Suite(.timeLimit(.minutes(3)))
struct VerifyLedgerTests {
    /// What is done to the ledger, and what has to be found.
    struct Harm: CustomTestStringConvertible, Sendable {
        var sql: String
        var checks: Set<String>
        var testDescription: String { checks.sorted().joined(separator: " ") }
    }

    private static let line = "INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at) "
    private static let one = "(SELECT voucher_id FROM voucher ORDER BY voucher_id LIMIT 1)"
    private static let spent = "(SELECT redemption_id FROM redemption ORDER BY redemption_id LIMIT 1)"

    static let harms = [
        Harm(
            sql: "UPDATE posting SET amount = amount + 1 WHERE account = 'issuer-cash' AND cause_id = "
                + "(SELECT cause_id FROM posting WHERE cause = 'issue' LIMIT 1)",
            checks: ["entry-unbalanced", "day-differs"]),
        Harm(
            sql: line + "SELECT cause, cause_id, account, owner_id, amount, currency, posted_at + interval '1 second' "
                + "FROM posting WHERE cause = 'issue' AND cause_id = (SELECT min(cause_id::text)::uuid FROM posting "
                + "WHERE cause = 'issue' AND posted_at < now() - interval '1 hour')",
            checks: ["entry-booked-twice", "voucher-balance", "day-differs"]),
        Harm(
            sql: "UPDATE voucher SET balance = balance - 1 WHERE voucher_id = \(one)",
            checks: ["voucher-balance", "owed-by-city"]),
        Harm(sql: "UPDATE voucher SET held = 1 WHERE voucher_id = \(one)", checks: ["voucher-held", "voucher-holds"]),
        Harm(
            sql: "DELETE FROM voucher WHERE voucher_id NOT IN (SELECT voucher_id FROM issue) ",
            checks: ["voucher-balance", "voucher-held", "owed-by-city", "voucher-count"]),
        Harm(
            sql: "UPDATE redemption SET amount = amount + 1 WHERE redemption_id = \(spent)",
            checks: ["redemption-spent", "redemption-payable"]),
        Harm(
            sql: "DELETE FROM redemption WHERE redemption_id = \(spent)",
            checks: ["redemption-spent", "redemption-payable"]),
        Harm(
            sql: "UPDATE redemption SET merchant_id = gen_random_uuid() WHERE redemption_id = \(spent)",
            checks: ["redemption-accounts"]),
        Harm(
            sql: "UPDATE redemption SET reversed = 1 WHERE redemption_id = \(spent)",
            checks: ["reversal-voucher", "reversal-merchant"]),
        Harm(
            sql: line + "SELECT 'settlement', \(one), account, owner, amount, 'EUR', now() FROM (VALUES "
                + "('voucher', \(one), 1), ('fees', \(one), -1)) AS line (account, owner, amount)",
            checks: ["owed-changed-by-cause", "voucher-balance", "owed-by-city", "settlement-booked"]),
        Harm(
            sql: "UPDATE liability_day SET owed = owed + 1 WHERE day = (SELECT max(day) FROM liability_day)",
            checks: ["day-sum", "owed-by-city"]),
        Harm(
            sql: "UPDATE liability_day SET issued = issued + 1 WHERE (day, issued > 0) = "
                + "(SELECT max(day), true FROM liability_day WHERE issued > 0)",
            checks: ["day-differs", "day-sum"]),
        Harm(
            sql: "UPDATE redemption_day SET redeemed = redeemed + 1 WHERE day = (SELECT max(day) FROM redemption_day)",
            checks: ["day-differs"]),
        Harm(
            sql: "UPDATE booked_day SET amount = amount + 1 WHERE day = (SELECT max(day) FROM booked_day)",
            checks: ["day-differs"]),
        Harm(sql: "UPDATE booked_day SET lines = lines + 1 WHERE cause = 'redemption'", checks: ["day-differs"]),
        Harm(
            sql: "UPDATE booked_day SET lines = lines - 1 WHERE (day, account) = "
                + "(SELECT max(day), 'voucher' FROM booked_day WHERE cause = 'issue') AND cause = 'issue'",
            checks: ["day-differs", "voucher-count"]),
    ]

    /// Some years, followed by the figures; one voucher was issued without a command.
    private func open(_ body: (Shop) async throws -> Void) async throws {
        try await Shop.open { shop in
            var years = Years(shop: shop)
            var generator = SeededGenerator(seed: 31)
            try await years.live(12, until: Day(of: Timestamp(Date())).advanced(by: -1), using: &generator)
            try await years.spend(1, of: 0, at: Years.time(Day(of: Timestamp(Date())).advanced(by: -1)))
            try await shop.script(
                "DELETE FROM issue WHERE voucher_id = (SELECT max(voucher_id::text)::uuid FROM issue)")
            try await shop.followJournal()
            try await body(shop)
        }
    }

    @Test func aWholeLedgerIsFoundWholeInWhateverPieces() async throws {
        try await open { shop in
            for size in [1, 3, 500_000] as [Int64] {
                var limits = LedgerCheckLimits()
                (limits.vouchersAtOnce, limits.redemptionsAtOnce) = (size, size)
                #expect(try await shop.findings(limits) == [])
            }
            // Rows are counted once, whatever the pieces.
            var rows: [String: Int64] = [:]
            var after: String?
            repeat {
                let reply = try await shop.bench.ask(VerifyLedgers(), FindLedgerMistakes(after: after))
                rows[reply.piece.split(separator: " ").first.map(String.init) ?? "", default: 0] += reply.rows
                after = reply.next
            } while after != nil
            #expect(rows["vouchers"] == 12)
            let ledger = try await shop.ledger()
            #expect(ledger.balanced && rows["redemptions"] == ledger.redemptions)
            #expect(rows["journal"] == 2 * (12 + ledger.redemptions))
        }
    }

    @Test(arguments: harms)
    func whatIsChangedIsNamed(harm: Harm) async throws {
        try await open { shop in
            try await shop.script(harm.sql)
            var limits = LedgerCheckLimits()
            (limits.vouchersAtOnce, limits.redemptionsAtOnce) = (3, 3)
            let found = Set(try await shop.findings(limits).map(\.check))
            #expect(found == harm.checks)
        }
    }

    @Test func findingsAreBoundedAndSaySo() async throws {
        try await open { shop in
            try await shop.script("UPDATE voucher SET balance = balance - 1")
            var limits = LedgerCheckLimits()
            limits.findingsMax = 5
            let reply = try await shop.bench.ask(
                VerifyLedgers(limits: limits), FindLedgerMistakes(after: LedgerPiece.vouchers(LedgerPiece.noID).text))
            #expect(reply.findings.count == 5 && reply.hasMoreFindings)
        }
    }

    @Test func oneIsCheckedAtATimeAndNothingIsLocked() async throws {
        try await open { shop in
            let other = try await Connection.connect(to: shop.bench.address, name: "other")
            try await other.runScript(
                """
                BEGIN;
                SELECT pg_advisory_xact_lock(hashtext('vouchers'), hashtext('find-ledger-mistakes'));
                SELECT 1 FROM voucher FOR UPDATE
                """)
            await #expect(throws: Problem.self) { try await shop.findings() }
            try await other.runScript("COMMIT; BEGIN; SELECT 1 FROM voucher FOR UPDATE")
            #expect(try await shop.findings() == [], "locked rows are read")
            await other.close()
            do {
                _ = try await shop.bench.ask(VerifyLedgers(), FindLedgerMistakes(after: "everything"))
                Issue.record("there is no such piece")
            } catch let problem as Problem {
                #expect(problem.code == "piece-unknown")
            }
        }
    }
}
