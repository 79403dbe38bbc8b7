import FoundationEssentials
import Postgres

// The SQL that checks settlement: what is in which run, and that everything that comes of it is the same sum.

private enum Settled {
    /// Until when everything is in a run.
    static let until = """
        (SELECT coalesce(max(until_day)::timestamp AT TIME ZONE 'UTC', '-infinity') FROM settlement_run
                    WHERE state = 'closed')
        """
    /// Runs whose statements are those of their lines: not those that are taking in lines.
    static let stated = "SELECT run_id FROM settlement_run WHERE state IN ('prepared', 'booking', 'closed')"
    /// What a statement pays.
    static let paid = "CASE outcome WHEN 'payout' THEN due ELSE 0 END"
}

/// Finds redemptions of closed periods that no run has, and lines that are not what their redemption is.
struct CheckSettledRedemptions: FindingStatement {
    static let sql = """
        WITH lines AS (
            SELECT line_id, merchant_id, city_id, issuer_city_id, currency, amount, happened_at,
                count(*) OVER (PARTITION BY line_id) AS runs,
                happened_at < until_day::timestamp AT TIME ZONE 'UTC' AS is_in_period
            FROM settlement_line JOIN settlement_run USING (run_id)
            WHERE kind = 'redemption' AND line_id > $1 AND line_id <= $2),
        present AS (
            SELECT redemption_id, redemption.merchant_id, redemption.city_id, issuer_city_id, currency, redemption.amount AS amount,
                redeemed_at, redeemed_at < \(Settled.until) AS is_due
            FROM redemption JOIN voucher USING (voucher_id)
            WHERE redemption_id > $1 AND redemption_id <= $2)
        SELECT rule, coalesce(redemption_id, line_id)::text, coalesce(present.currency, lines.currency), expected, found
        FROM present FULL JOIN lines ON line_id = redemption_id
        CROSS JOIN LATERAL (VALUES
            ('redemption-settled', CASE WHEN is_due OR line_id IS NOT NULL THEN coalesce(present.amount, 0) END, lines.amount),
            ('redemption-settled-once', CASE WHEN runs > 0 THEN 1::bigint END, runs),
            ('redemption-settled-as', 0::bigint, CASE WHEN line_id IS NOT NULL AND redemption_id IS NOT NULL AND NOT (is_in_period
                AND (present.merchant_id, present.city_id, present.issuer_city_id, present.currency, redeemed_at)
                    = (lines.merchant_id, lines.city_id, lines.issuer_city_id, lines.currency, happened_at))
                THEN 1 ELSE 0 END::bigint)) AS compared (rule, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $3
        """
    var above: UUID
    var upTo: UUID
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(above)
        parameters.add(upTo)
        parameters.add(max)
    }
}

/// Finds reversals of closed periods that no run has, and lines that are not what their reversal is.
struct CheckSettledReversals: FindingStatement {
    static let sql = """
        WITH lines AS (
            SELECT line_id, merchant_id, city_id, issuer_city_id, currency, amount, happened_at,
                count(*) OVER (PARTITION BY line_id) AS runs,
                happened_at < until_day::timestamp AT TIME ZONE 'UTC' AS is_in_period
            FROM settlement_line JOIN settlement_run USING (run_id)
            WHERE kind = 'reversal'),
        present AS (
            SELECT reversal_id, reversal.merchant_id, reversal.city_id, issuer_city_id, currency, -reversal.amount AS amount,
                reversed_at, reversed_at < \(Settled.until) AS is_due
            FROM reversal JOIN voucher USING (voucher_id))
        SELECT rule, coalesce(reversal_id, line_id)::text, coalesce(present.currency, lines.currency), expected, found
        FROM present FULL JOIN lines ON line_id = reversal_id
        CROSS JOIN LATERAL (VALUES
            ('reversal-settled', CASE WHEN is_due OR line_id IS NOT NULL THEN coalesce(present.amount, 0) END, lines.amount),
            ('reversal-settled-once', CASE WHEN runs > 0 THEN 1::bigint END, runs),
            ('reversal-settled-as', 0::bigint, CASE WHEN line_id IS NOT NULL AND reversal_id IS NOT NULL AND NOT (is_in_period
                AND (present.merchant_id, present.city_id, present.issuer_city_id, present.currency, reversed_at)
                    = (lines.merchant_id, lines.city_id, lines.issuer_city_id, lines.currency, happened_at))
                THEN 1 ELSE 0 END::bigint)) AS compared (rule, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Counts what runs say to merchants.
struct CountStatements: Statement {
    static let sql = "SELECT count(*) FROM settlement_statement"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Finds statements that are not the sums of their run's lines and of what was carried into it, or do not add up.
///
/// `round` takes a half away from zero, as ``MerchantSums`` does.
struct CheckStatements: FindingStatement {
    static let sql = """
        WITH stated AS (\(Settled.stated)),
        line AS (
            SELECT run_id, merchant_id, currency, count(*) AS lines, sum(amount) FILTER (WHERE amount > 0) AS spent,
                -sum(amount) FILTER (WHERE amount < 0) AS taken_back
            FROM settlement_line JOIN stated USING (run_id) GROUP BY run_id, merchant_id, currency),
        carry AS (
            SELECT into_run_id AS run_id, merchant_id, currency, sum(amount) AS carried
            FROM settlement_carry JOIN stated ON run_id = into_run_id GROUP BY into_run_id, merchant_id, currency),
        said AS (
            SELECT settlement_statement.*, redeemed - reversed AS base
            FROM settlement_statement JOIN stated USING (run_id))
        SELECT rule, run_id || ' ' || merchant_id, CASE rule WHEN 'statement-lines' THEN NULL ELSE currency END,
            expected::bigint, found::bigint
        FROM said FULL JOIN line USING (run_id, merchant_id, currency) FULL JOIN carry USING (run_id, merchant_id, currency)
        CROSS JOIN LATERAL (VALUES
            ('statement-redeemed', spent, redeemed), ('statement-reversed', taken_back, reversed),
            ('statement-lines', lines, redemptions + reversals), ('statement-carried-in', carried, carried_in),
            ('statement-fee', round(base * fee_basis_points / 10000.0), fee),
            ('statement-fee-vat', round(fee * coalesce(fee_vat_basis_points, 0) / 10000.0), fee_vat),
            ('statement-due', base - fee - fee_vat + carried_in, due)) AS compared (rule, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds pairs of cities that owe each other something else than the lines of the run say.
struct CheckPairs: FindingStatement {
    static let sql = """
        WITH stated AS (\(Settled.stated)),
        line AS (
            SELECT run_id, least(issuer_city_id, city_id) AS city_id, greatest(issuer_city_id, city_id) AS other_city_id,
                currency, sum(amount) FILTER (WHERE issuer_city_id < city_id) AS one,
                sum(amount) FILTER (WHERE issuer_city_id > city_id) AS other
            FROM settlement_line JOIN stated USING (run_id) WHERE issuer_city_id <> city_id GROUP BY 1, 2, 3, 4),
        pair AS (SELECT settlement_pair.* FROM settlement_pair JOIN stated USING (run_id))
        SELECT rule, concat_ws(' ', run_id, city_id, other_city_id), currency, expected::bigint, found
        FROM pair FULL JOIN line USING (run_id, city_id, other_city_id, currency)
        CROSS JOIN LATERAL (VALUES ('pair-owes', one, owes), ('pair-is-owed', other, is_owed))
            AS compared (rule, expected, found)
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds statements and pairs that are not paid, or not left to the next run, as they say; and payments and carries of nothing.
struct CheckPayouts: FindingStatement {
    static let sql = """
        WITH booked AS (
            SELECT settlement_statement.*, \(Settled.paid) AS paid
            FROM settlement_statement JOIN settlement_run USING (run_id) WHERE is_booked OR state = 'closed'),
        pair AS (
            SELECT pair_id, run_id, currency, payout_id, abs(owes - is_owed) AS net,
                CASE WHEN owes > is_owed THEN city_id ELSE other_city_id END AS debtor,
                CASE WHEN owes > is_owed THEN other_city_id ELSE city_id END AS creditor
            FROM settlement_pair JOIN settlement_run USING (run_id) WHERE is_booked OR state = 'closed')
        SELECT rule, subject, currency, expected, found FROM (
            SELECT 'statement-paid' AS rule, booked.run_id || ' ' || merchant_id AS subject, booked.currency, paid AS expected,
                amount AS found
            FROM booked LEFT JOIN payout ON payout.payout_id = booked.payout_id AND kind = 'merchant'
                AND (payout.run_id, debtor_city_id, creditor_id, payout.currency)
                    = (booked.run_id, city_id, merchant_id, booked.currency)
            UNION ALL
            SELECT 'statement-left', booked.run_id || ' ' || booked.merchant_id, booked.currency, due - paid, amount
            FROM booked LEFT JOIN settlement_carry AS carry ON cause = 'statement' AND cause_id = statement_id
                AND (carry.merchant_id, carry.city_id, carry.currency)
                    = (booked.merchant_id, booked.city_id, booked.currency)
            UNION ALL
            SELECT 'pair-paid', pair.run_id || ' ' || pair_id, pair.currency, net, amount
            FROM pair LEFT JOIN payout ON payout.payout_id = pair.payout_id AND kind = 'clearing'
                AND (payout.run_id, debtor_city_id, creditor_id, payout.currency)
                    = (pair.run_id, debtor, creditor, pair.currency)
            UNION ALL
            SELECT 'return-left', payout.payout_id::text, payout.currency, payout.amount, carry.amount
            FROM payout LEFT JOIN settlement_carry AS carry ON cause = 'return' AND cause_id = payout_id
                AND (merchant_id, city_id, carry.currency) = (creditor_id, debtor_city_id, payout.currency)
            WHERE state = 'returned'
            UNION ALL
            SELECT 'payout-unfounded', payout.payout_id::text, payout.currency, 0, payout.amount
            FROM payout LEFT JOIN booked USING (payout_id) LEFT JOIN pair USING (payout_id)
            WHERE statement_id IS NULL AND pair_id IS NULL
            UNION ALL
            SELECT 'payout-positive', payout_id::text, currency, greatest(amount, 1), amount FROM payout
            UNION ALL
            SELECT 'carry-unfounded', cause || ' ' || cause_id, carry.currency, 0, carry.amount
            FROM settlement_carry AS carry LEFT JOIN booked ON cause = 'statement' AND cause_id = statement_id
            LEFT JOIN payout ON cause = 'return' AND cause_id = payout.payout_id AND state = 'returned'
            WHERE statement_id IS NULL AND payout.payout_id IS NULL) AS compared
        WHERE coalesce(expected, 0) <> coalesce(found, 0)
        ORDER BY 2, 1 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds runs whose lines, statements and payments are not one sum, and cities whose files would pay something else.
///
/// A payment file has every payment of its city and currency, and nothing else; of EUR each needs two accounts.
struct CheckSettlementSums: FindingStatement {
    static let sql = """
        WITH stated AS (\(Settled.stated)),
        closed AS (SELECT run_id FROM settlement_run WHERE state = 'closed')
        SELECT rule, run_id || coalesce(' ' || city_id, ''), currency, sum(expected)::bigint, sum(found)::bigint
        FROM (
            SELECT 'settlement-sum' AS rule, run_id, NULL::uuid AS city_id, currency, sum(amount) AS expected, 0 AS found
            FROM settlement_line JOIN stated USING (run_id) GROUP BY run_id, currency
            UNION ALL
            SELECT 'settlement-sum', run_id, NULL, currency, 0, redeemed - reversed
            FROM settlement_statement JOIN stated USING (run_id)
            UNION ALL
            SELECT 'file-sum', run_id, city_id, currency, \(Settled.paid), 0
            FROM settlement_statement JOIN closed USING (run_id)
            UNION ALL
            SELECT 'file-sum', run_id, CASE WHEN owes > is_owed THEN city_id ELSE other_city_id END, currency,
                abs(owes - is_owed), 0
            FROM settlement_pair JOIN closed USING (run_id)
            UNION ALL
            SELECT 'file-sum', payout.run_id, debtor_city_id, currency, 0, amount
            FROM payout JOIN closed USING (run_id)
            LEFT JOIN settlement_debtor AS debtor ON debtor.run_id = payout.run_id AND city_id = debtor_city_id
            WHERE currency <> 'EUR' OR payout.sealed_party IS NOT NULL AND debtor.sealed_party IS NOT NULL) AS side
        GROUP BY rule, run_id, city_id, currency HAVING sum(expected) <> sum(found)
        ORDER BY 2, 1 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}

/// Finds statements, pairs and payments that the journal does not book as they are, and entries of none.
struct CheckSettlementEntries: FindingStatement {
    static let sql = """
        WITH journal AS (
            SELECT cause, cause_id, account, owner_id, currency, sum(amount) AS amount FROM posting
            WHERE cause IN ('settlement', 'clearing', 'payout', 'payout-return') GROUP BY 1, 2, 3, 4, 5),
        kept AS (
            SELECT cause, cause_id, account, owner_id, currency, sum(amount) AS amount
            FROM (
                SELECT 'settlement' AS cause, statement_id AS cause_id, account, owner_id, currency, line.amount
                FROM settlement_statement CROSS JOIN LATERAL (VALUES
                    ('merchant-payable', merchant_id, \(Settled.paid) + fee + fee_vat), ('fees', city_id, -fee),
                    ('fee-vat', city_id, -fee_vat), ('merchant-paid', merchant_id, -\(Settled.paid)))
                    AS line (account, owner_id, amount)
                WHERE is_booked
                UNION ALL
                SELECT 'clearing', pair_id, 'clearing', owner_id, currency, line.amount
                FROM settlement_pair CROSS JOIN LATERAL (VALUES (city_id, is_owed - owes), (other_city_id, owes - is_owed))
                    AS line (owner_id, amount)
                WHERE is_booked
                UNION ALL
                SELECT 'payout', payout_id, account, owner_id, currency, line.amount
                FROM payout CROSS JOIN LATERAL (VALUES
                    ('merchant', 'merchant-paid', creditor_id, amount), ('merchant', 'issuer-cash', debtor_city_id, -amount),
                    ('clearing', 'clearing', debtor_city_id, amount), ('clearing', 'clearing', creditor_id, -amount),
                    ('clearing', 'issuer-cash', debtor_city_id, -amount), ('clearing', 'issuer-cash', creditor_id, amount))
                    AS line (kind, account, owner_id, amount)
                -- Once it was confirmed it has a day, also when it came back later.
                WHERE line.kind = payout.kind AND paid_on IS NOT NULL
                UNION ALL
                SELECT 'payout-return', payout_id, account, owner_id, currency, line.amount
                FROM payout CROSS JOIN LATERAL (VALUES
                    (CASE WHEN paid_on IS NULL THEN 'merchant-paid' ELSE 'issuer-cash' END,
                        CASE WHEN paid_on IS NULL THEN creditor_id ELSE debtor_city_id END, amount),
                    ('merchant-payable', creditor_id, -amount)) AS line (account, owner_id, amount)
                WHERE state = 'returned') AS line
            GROUP BY 1, 2, 3, 4, 5)
        SELECT 'settlement-booked', concat_ws(' ', cause, cause_id, account), currency, coalesce(kept.amount, 0)::bigint,
            coalesce(journal.amount, 0)::bigint
        FROM kept FULL JOIN journal USING (cause, cause_id, account, owner_id, currency)
        WHERE coalesce(kept.amount, 0) <> coalesce(journal.amount, 0)
        ORDER BY 2 LIMIT $1
        """
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(max)
    }
}
