import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Holds that agree with journal, redemptions and vouchers are found whole; each thing that is changed is named.
@Suite(.timeLimit(.minutes(3)))
struct VerifyHoldTests {
    /// What is done to the rows, and what has to be found.
    struct Harm: CustomTestStringConvertible, Sendable {
        var sql: String
        var checks: Set<String>
        var testDescription: String { checks.sorted().joined(separator: " ") }
    }

    /// Holds in every state: open, captured in part, captured, released after a capture, released, expired.
    private func open(_ body: (Shop) async throws -> Void) async throws {
        try await Shop.open { shop in
            let card = try await shop.issued(10_000)
            _ = try await shop.held(card, 100)
            let captures = CaptureHolds()
            let inPart = try await shop.held(card, 200)
            _ = try await shop.bench.run(captures, [shop.capture(inPart.holdId, 50)])
            let wholly = try await shop.held(card, 300)
            _ = try await shop.bench.run(
                captures, [shop.capture(wholly.holdId, 100), shop.capture(wholly.holdId, 200)])
            let rest = try await shop.held(card, 400)
            _ = try await shop.bench.run(captures, [shop.capture(rest.holdId, 150, releasesRest: true)])
            let released = try await shop.held(card, 500)
            _ = try await shop.bench.run(
                ReleaseHolds(), [ReleaseHold(holdId: released.holdId, merchantId: shop.merchant)])
            _ = try await shop.held(card, 600, seconds: 60, at: Date().addingTimeInterval(-120))
            while try await shop.bench.run(ExpireHolds()).hasMore {}
            _ = try await shop.bench.run(shop.redeem, [shop.redemption(card, 700)])
            try await body(shop)
        }
    }

    @Test func wholeHoldsAreFoundWholeInWhateverPieces() async throws {
        try await open { shop in
            let kinds = try await shop.figure("SELECT count(DISTINCT (state, captured > 0, released > 0)) FROM hold")
            #expect(kinds == 6)
            for size in [1, 2, 500_000] as [Int64] {
                var limits = LedgerCheckLimits()
                limits.holdsAtOnce = size
                let findings = try await shop.findings(limits)
                #expect(findings == [])
            }
        }
    }

    private static let unguarded = """
        DO $$ DECLARE rule record; BEGIN
            FOR rule IN SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = 'hold'::regclass LOOP
                EXECUTE format('ALTER TABLE hold DROP CONSTRAINT %I', rule.conname);
            END LOOP;
        END $$;

        """

    static let harms = [
        Harm(
            sql: "UPDATE hold SET amount = amount + 1 WHERE state = 'open'", checks: ["hold-booked", "voucher-holds"]),
        Harm(sql: "DELETE FROM hold WHERE state = 'open' AND captured = 0", checks: ["hold-booked", "voucher-holds"]),
        Harm(
            sql: "DELETE FROM hold WHERE state = 'captured' AND released > 0",
            checks: ["hold-booked", "hold-released", "hold-captured"]),
        Harm(
            sql: "UPDATE hold SET captured = captured + 1, released = released - 1 "
                + "WHERE state = 'captured' AND released > 0",
            checks: ["hold-captured", "hold-released"]),
        Harm(
            sql: "UPDATE hold SET released = released - 1 WHERE state = 'released'",
            checks: ["hold-released", "hold-ended", "voucher-holds"]),
        Harm(sql: "UPDATE hold SET state = 'open' WHERE state = 'expired'", checks: ["hold-ended"]),
        Harm(
            sql: "UPDATE hold SET voucher_id = gen_random_uuid() WHERE state = 'open' AND captured = 0",
            checks: ["hold-accounts", "voucher-holds"]),
        Harm(sql: "UPDATE hold SET merchant_id = gen_random_uuid() WHERE captured = 50", checks: ["hold-accounts"]),
        Harm(
            sql: "UPDATE redemption SET hold_id = NULL WHERE amount = 50", checks: ["hold-captured", "redemption-held"]),
        Harm(
            sql: "UPDATE redemption SET hold_id = (SELECT hold_id FROM hold WHERE state = 'released') "
                + "WHERE amount = 700",
            checks: ["hold-captured", "redemption-held"]),
        Harm(
            sql: "DELETE FROM posting WHERE cause = 'release' "
                + "AND cause_id = (SELECT hold_id FROM hold WHERE state = 'expired')",
            checks: ["hold-released", "voucher-held"]),
    ]

    @Test(arguments: harms)
    func whatIsChangedIsNamed(harm: Harm) async throws {
        try await open { shop in
            try await shop.script(Self.unguarded + harm.sql)
            let found = Set(try await shop.findings().map(\.check))
            #expect(found == harm.checks)
        }
    }
}
