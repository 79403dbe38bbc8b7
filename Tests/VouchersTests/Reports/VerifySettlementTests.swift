import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import vouchers

/// Settlement that is whole is found whole, in every state of a run; each thing that is changed behind its back is named.
@Suite(.timeLimit(.minutes(5)))
struct VerifySettlementTests {
    /// What is done to the rows, and what has to be found among others.
    struct Harm: CustomTestStringConvertible, Sendable {
        var sql: String
        var checks: Set<String>
        var testDescription: String { checks.sorted().joined(separator: " ") }
    }

    private static let today = Day(of: Timestamp(Date()))
    /// Two months that are over.
    private static let may = Period(from: today.advanced(by: -70), until: today.advanced(by: -40))
    private static let june = Period(from: today.advanced(by: -40), until: today.advanced(by: -10))

    private static func noon(_ period: Period, _ day: Int) -> Date {
        period.from.advanced(by: day).start.date.addingTimeInterval(12 * 3_600)
    }

    /// A closed month in which everything happens, with a payment that has arrived, one that came back, and what is left to the
    /// next; and the next, in which all of that is taken in, closed as well.
    ///
    /// - Parameter look: Sees the ledger after each step.
    private func open(
        lookingAt look: (Street, String) async throws -> Void = { _, _ in },
        _ body: (Street) async throws -> Void
    ) async throws {
        try await Street.open { street in
            try await street.setAccounts()
            let (styria, slovenia) = (street.towns[0], street.towns[1])
            let voucher = try await street.issued(100_000, by: 0)
            let other = try await street.issued(50_000, by: 1)
            let first = try await street.spend(voucher, 30_000, at: slovenia.merchants[1], on: Self.noon(Self.may, 3))
            try await street.spend(other, 10_000, at: styria.merchants[0], on: Self.noon(Self.may, 4))
            let paid = try await street.spend(voucher, 2_000, at: slovenia.merchants[0], on: Self.noon(Self.may, 4))
            try await street.spend(voucher, 4_000, at: styria.merchants[1], on: Self.noon(Self.may, 4))
            try await street.takeBack(first, 5_000, on: Self.noon(Self.may, 5))
            try await look(street, "before any run")

            let (one, two) = (UUID(), UUID())
            try await settle(street, one, Self.may, look)
            try await payAndReturn(street, one)
            try await look(street, "one has come back")
            // More is taken back than is spent: the shop owes.
            try await street.takeBack(paid, 1_500, on: Self.noon(Self.june, 2))
            try await street.spend(other, 700, at: styria.merchants[0], on: Self.noon(Self.june, 3))
            try await settle(street, two, Self.june, look)
            // Of no run yet.
            try await street.spend(voucher, 900, at: slovenia.merchants[1], on: Self.noon(Self.june, 31))
            try await look(street, "after two runs")
            try await street.shop.followJournal()
            try await body(street)
        }
    }

    /// Prepares and closes a run; one shop of Styria has no account.
    private func settle(
        _ street: Street, _ run: UUID, _ period: Period, _ look: (Street, String) async throws -> Void
    ) async throws {
        _ = try await street.prepare(run, period)
        try await look(street, "preparing")
        let asked = try await street.work().flatMap { try $0.commands(AskMerchantAccounts.self) }
        try await look(street, "prepared")
        try await street.answer(asked, without: [street.towns[0].merchants[1]])
        _ = try await street.prepare(run, period)
        _ = try await street.work()
        _ = try await street.close(run)
        while try await street.settlement(run).run.state != .closed {
            _ = try await street.bench.run(SettleRuns())
            try await look(street, "closing")
        }
    }

    /// Everything that Styria pays arrives, and one payment to a shop in Slovenia comes back.
    private func payAndReturn(_ street: Street, _ run: UUID) async throws {
        let payouts = try await street.bench.ask(ListPayouts(), FindPayouts(runId: run)).payouts
        let (styria, slovenia) = (street.towns[0].cityId, street.towns[1].cityId)
        let paid = payouts.filter { $0.debtorCityId == styria }.map(\.payoutId)
        _ = try await street.bench.run(
            ConfirmArrivedPayouts(), [ConfirmPayouts(cityId: styria, payoutIds: paid, paidOn: Self.today)])
        let returned = try #require(payouts.first { $0.creditorId == street.towns[1].merchants[1] })
        _ = try await street.bench.run(
            ReturnPayouts(),
            [ReturnPayout(cityId: slovenia, payoutId: returned.payoutId, bankReason: "AC04 account closed")])
    }

    @Test func aWholeSettlementIsFoundWholeInEveryState() async throws {
        try await open(lookingAt: { street, step in
            let findings = try await street.shop.findings()
            #expect(findings == [], "\(step)")
        }) { street in
            let findings = try await street.shop.findings()
            #expect(findings == [])
            // The ground has what the rules are about.
            for rows in [
                "settlement_pair", "settlement_carry WHERE cause = 'return'", "payout WHERE kind = 'clearing'",
            ] {
                #expect(try await street.shop.figure("SELECT count(*) FROM \(rows)") > 0, "\(rows)")
            }
            let outcomes = "SELECT count(DISTINCT outcome) FROM settlement_statement"
            #expect(try await street.shop.figure(outcomes) > 2)
        }
    }

    /// What the schema forbids can still come of a restore or of a hand: neither triggers nor checks help there.
    private static let unguarded = """
        SET session_replication_role = replica;
        DO $$ DECLARE rule record; BEGIN
            FOR rule IN SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'c'
                AND conrelid IN ('payout'::regclass, 'settlement_statement'::regclass, 'settlement_line'::regclass) LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.place, rule.conname);
            END LOOP;
        END $$;
        ALTER TABLE settlement_line DROP CONSTRAINT settlement_line_pkey;

        """
    private static let line = "(SELECT line_id FROM settlement_line WHERE kind = 'redemption' ORDER BY line_id LIMIT 1)"
    private static let back = "(SELECT line_id FROM settlement_line WHERE kind = 'reversal' ORDER BY line_id LIMIT 1)"
    private static let paid =
        "(SELECT statement_id FROM settlement_statement WHERE outcome = 'payout' AND fee > 0 LIMIT 1)"
    private static let payment =
        "(SELECT payout_id FROM payout WHERE kind = 'merchant' AND state = 'confirmed' LIMIT 1)"

    static let harms = [
        Harm(
            sql: "DELETE FROM settlement_line WHERE line_id = \(line)",
            checks: ["redemption-settled", "statement-redeemed", "statement-lines", "settlement-sum"]),
        Harm(
            sql: "UPDATE settlement_line SET amount = amount + 1 WHERE line_id = \(line)",
            checks: ["redemption-settled", "statement-redeemed", "settlement-sum"]),
        Harm(
            sql: "UPDATE settlement_line SET merchant_id = gen_random_uuid() WHERE line_id = \(line)",
            checks: ["redemption-settled-as", "statement-redeemed"]),
        Harm(
            sql: "INSERT INTO settlement_line SELECT kind, line_id, "
                + "(SELECT run_id FROM settlement_run ORDER BY until_day DESC LIMIT 1), merchant_id, city_id, issuer_city_id, currency, amount, happened_at "
                + "FROM settlement_line WHERE line_id = \(line)",
            checks: ["redemption-settled-once"]),
        Harm(
            sql:
                "INSERT INTO settlement_line SELECT kind, gen_random_uuid(), run_id, merchant_id, city_id, issuer_city_id, "
                + "currency, amount, happened_at FROM settlement_line WHERE line_id = \(line)",
            checks: ["redemption-settled"]),
        Harm(
            sql: "UPDATE settlement_run SET until_day = from_day + 1 WHERE from_day = '\(may.from)'",
            checks: ["redemption-settled-as", "reversal-settled-as"]),
        Harm(
            sql: "DELETE FROM settlement_line WHERE line_id = \(back)",
            checks: ["reversal-settled", "statement-reversed", "statement-lines"]),
        Harm(
            sql: "UPDATE settlement_line SET city_id = gen_random_uuid() WHERE line_id = \(back)",
            checks: ["reversal-settled-as"]),
        Harm(
            sql: "INSERT INTO settlement_line SELECT * FROM settlement_line WHERE line_id = \(back)",
            checks: ["reversal-settled-once", "statement-reversed"]),
        Harm(
            sql: "UPDATE settlement_statement SET fee = fee + 1, due = due - 1 WHERE statement_id = \(paid)",
            checks: ["statement-fee", "statement-paid", "settlement-booked", "file-sum"]),
        Harm(
            sql: "UPDATE settlement_statement SET fee_vat = fee_vat + 1, due = due - 1 WHERE statement_id = \(paid)",
            checks: ["statement-fee-vat", "statement-paid"]),
        Harm(
            sql: "UPDATE settlement_statement SET due = due + 1 WHERE statement_id = \(paid)",
            checks: ["statement-due", "statement-paid"]),
        Harm(
            sql: "UPDATE settlement_statement SET carried_in = carried_in + 1, due = due + 1 "
                + "WHERE statement_id = \(paid)",
            checks: ["statement-carried-in"]),
        Harm(
            sql: "UPDATE payout SET amount = amount + 1 WHERE payout_id = \(payment)",
            checks: ["statement-paid", "file-sum"]),
        Harm(sql: "DELETE FROM payout WHERE payout_id = \(payment)", checks: ["statement-paid", "file-sum"]),
        Harm(
            sql: "UPDATE payout SET amount = amount - 1000000 WHERE payout_id = \(payment)", checks: ["payout-positive"]
        ),
        Harm(
            sql: "INSERT INTO payout SELECT gen_random_uuid(), run_id, kind, debtor_city_id, creditor_id, currency, "
                + "amount, creditor_name, iban_mask, sealed_party, state FROM payout WHERE payout_id = \(payment)",
            checks: ["payout-unfounded", "file-sum"]),
        Harm(
            sql: "UPDATE payout SET creditor_id = gen_random_uuid() WHERE payout_id = \(payment)",
            checks: ["statement-paid", "settlement-booked"]),
        Harm(sql: "UPDATE payout SET sealed_party = NULL WHERE payout_id = \(payment)", checks: ["file-sum"]),
        Harm(sql: "DELETE FROM settlement_debtor", checks: ["file-sum"]),
        Harm(sql: "UPDATE payout SET paid_on = NULL WHERE payout_id = \(payment)", checks: ["settlement-booked"]),
        Harm(sql: "UPDATE payout SET amount = amount + 1 WHERE kind = 'clearing'", checks: ["pair-paid", "file-sum"]),
        Harm(sql: "UPDATE settlement_pair SET owes = owes + 1", checks: ["pair-owes", "pair-paid"]),
        Harm(sql: "UPDATE settlement_pair SET is_owed = is_owed + 1", checks: ["pair-is-owed", "pair-paid"]),
        Harm(
            sql: "DELETE FROM settlement_carry WHERE cause = 'statement' AND into_run_id IS NOT NULL",
            checks: ["statement-left", "statement-carried-in"]),
        Harm(
            sql: "DELETE FROM settlement_carry WHERE cause = 'return'", checks: ["return-left", "statement-carried-in"]),
        Harm(
            sql: "UPDATE settlement_carry SET cause_id = gen_random_uuid() WHERE cause = 'return'",
            checks: ["return-left", "carry-unfounded"]),
        Harm(
            sql: "DELETE FROM posting WHERE cause = 'settlement' AND account IN ('fees', 'fee-vat')",
            checks: ["settlement-booked", "entry-unbalanced"]),
        Harm(sql: "DELETE FROM posting WHERE cause = 'clearing'", checks: ["settlement-booked"]),
    ]

    @Test(arguments: harms)
    func whatIsChangedIsNamed(harm: Harm) async throws {
        try await open { street in
            try await street.shop.script(Self.unguarded + harm.sql)
            let found = Set(try await street.shop.findings().map(\.check))
            #expect(found.isSuperset(of: harm.checks), "\(found)")
        }
    }
}
