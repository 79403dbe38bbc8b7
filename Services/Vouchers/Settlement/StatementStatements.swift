import Contracts
import FoundationEssentials
import Messaging
import Postgres

// The SQL of what a run says: statements of merchants, pairs of cities.

/// Sums up what a run has of each merchant, with its fee, the tax on it, and what is known of its account.
struct SumMerchants: Statement {
    static let sql = """
        SELECT merchant_id, sums.city_id, sums.currency, redemptions, redeemed, reversals, reversed,
            coalesce(fee_basis_points, 0), rate.basis_points, carried,
            CASE WHEN merchant_account.merchant_id IS NULL THEN 'unasked' WHEN sealed_party IS NULL THEN 'none' ELSE 'known' END
        FROM (
            SELECT merchant_id, currency, (array_agg(city_id))[1] AS city_id, sum(redemptions)::bigint AS redemptions,
                sum(redeemed)::bigint AS redeemed, sum(reversals)::bigint AS reversals, sum(reversed)::bigint AS reversed,
                sum(carried)::bigint AS carried
            FROM (
                SELECT merchant_id, currency, city_id, count(*) FILTER (WHERE amount > 0) AS redemptions,
                    coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS redeemed,
                    count(*) FILTER (WHERE amount < 0) AS reversals,
                    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS reversed, 0 AS carried
                FROM settlement_line WHERE run_id = $1 GROUP BY merchant_id, currency, city_id
                UNION ALL
                SELECT merchant_id, currency, city_id, 0, 0, 0, 0, sum(amount)
                FROM settlement_carry WHERE into_run_id = $1 GROUP BY merchant_id, currency, city_id) AS parts
            GROUP BY merchant_id, currency) AS sums
        LEFT JOIN merchant USING (merchant_id)
        LEFT JOIN merchant_account USING (merchant_id)
        LEFT JOIN city ON city.city_id = sums.city_id
        LEFT JOIN LATERAL (
            SELECT basis_points FROM fee_vat_rate WHERE fee_vat_rate.country = city.country AND from_day < $2
            ORDER BY from_day DESC LIMIT 1) AS rate ON true
        ORDER BY merchant_id, sums.currency
        """
    var run: SettlementRun

    func bind(_ parameters: inout Parameters) {
        parameters.add(run.runId)
        parameters.add((run.period.until ?? run.period.from).date)
    }

    static func row(_ columns: inout Columns) throws -> MerchantSums {
        MerchantSums(
            merchantId: try columns.next(), cityId: try columns.next(), currency: try columns.next(),
            redemptions: try columns.next(), redeemed: try columns.next(), reversals: try columns.next(),
            reversed: try columns.next(), feeBasisPoints: Int(try columns.next(Int32.self)),
            feeVATBasisPoints: try columns.next(Int32?.self).map { Int($0) }, carriedIn: try columns.next(),
            account: try columns.next())
    }
}

extension MerchantSums.Account: PostgresValue {}

/// Sums up what vouchers of one city were worth in another.
struct SumIssuedElsewhere: Statement {
    static let sql = """
        SELECT issuer_city_id, city_id, currency, sum(amount)::bigint FROM settlement_line
        WHERE run_id = $1 AND issuer_city_id <> city_id GROUP BY issuer_city_id, city_id, currency
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> IssuedElsewhere {
        IssuedElsewhere(
            issuerCityId: try columns.next(), cityId: try columns.next(), currency: try columns.next(),
            amount: try columns.next())
    }
}

/// Removes the statements of a run that is prepared again.
struct DeleteStatements: Statement {
    static let sql = "DELETE FROM settlement_statement WHERE run_id = $1"
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }
}

/// Removes the pairs of a run that is prepared again.
struct DeletePairs: Statement {
    static let sql = "DELETE FROM settlement_pair WHERE run_id = $1"
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }
}

/// How a statement stands in its row.
enum StatementColumns {
    /// In the order in which ``Columns/statement()`` reads them.
    static let names = """
        merchant_id, city_id, currency, redemptions, redeemed, reversals, reversed, fee_basis_points, fee,
            fee_vat_basis_points, fee_vat, carried_in, due, outcome, payout_id
        """
}

extension Columns {
    /// Reads ``StatementColumns/names``.
    mutating func statement() throws -> MerchantStatement {
        MerchantStatement(
            merchantId: try next(), cityId: try next(), currency: try next(), redemptions: try next(),
            redeemed: try next(), reversals: try next(), reversed: try next(),
            feeBasisPoints: Int(try next(Int32.self)), fee: try next(),
            feeVATBasisPoints: try next(Int32?.self).map { Int($0) }, feeVAT: try next(), carriedIn: try next(),
            due: try next(), outcome: try next(), payoutId: try next())
    }
}

/// Writes the statements of a run.
struct WriteStatements: Statement {
    static let sql = """
        INSERT INTO settlement_statement (statement_id, run_id, merchant_id, city_id, currency, redemptions, redeemed,
            reversals, reversed, fee_basis_points, fee, fee_vat_basis_points, fee_vat, carried_in, due, outcome)
        SELECT id, $1, merchant, city, currency, redemptions, redeemed, reversals, reversed, points, fee, vat_points, vat,
            carried, due, outcome
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::integer[], $11::bigint[], $12::integer[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[])
            AS new (id, merchant, city, currency, redemptions, redeemed, reversals, reversed, points, fee, vat_points, vat,
                carried, due, outcome)
        """
    var runId: UUID
    var statements: [MerchantStatement]

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(statements.map { _ in UUID.version7() })
        parameters.add(statements.map(\.merchantId))
        parameters.add(statements.map(\.cityId))
        parameters.add(statements.map(\.currency))
        parameters.add(statements.map(\.redemptions))
        parameters.add(statements.map(\.redeemed))
        parameters.add(statements.map(\.reversals))
        parameters.add(statements.map(\.reversed))
        parameters.add(statements.map { Int32(clamping: $0.feeBasisPoints) })
        parameters.add(statements.map(\.fee))
        parameters.add(statements.map { $0.feeVATBasisPoints.map { Int32(clamping: $0) } })
        parameters.add(statements.map(\.feeVAT))
        parameters.add(statements.map(\.carriedIn))
        parameters.add(statements.map(\.due))
        parameters.add(statements.map(\.outcome.rawValue))
    }
}

/// Writes the pairs of a run.
struct WritePairs: Statement {
    static let sql = """
        INSERT INTO settlement_pair (pair_id, run_id, city_id, other_city_id, currency, owes, is_owed)
        SELECT id, $1, city, other, currency, owes, owed
        FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[])
            AS new (id, city, other, currency, owes, owed)
        """
    var runId: UUID
    var pairs: [SettlementPair]

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(pairs.map { _ in UUID.version7() })
        parameters.add(pairs.map(\.cityId))
        parameters.add(pairs.map(\.otherCityId))
        parameters.add(pairs.map(\.currency))
        parameters.add(pairs.map(\.owes))
        parameters.add(pairs.map(\.isOwed))
    }
}

/// Finds what keeps a run from being closed.
struct FindObstacles: Statement {
    static let sql = """
        SELECT code, id FROM (
            SELECT 'merchant-account-unasked' AS code, merchant_id AS id FROM settlement_statement
            WHERE run_id = $1 AND due > 0 AND NOT EXISTS (
                SELECT FROM merchant_account WHERE merchant_account.merchant_id = settlement_statement.merchant_id)
            UNION SELECT 'fee-vat-unknown', city_id FROM settlement_statement
            WHERE run_id = $1 AND fee <> 0 AND fee_vat_basis_points IS NULL
            UNION SELECT 'city-account-missing', city_id FROM (
                SELECT city_id FROM settlement_statement WHERE run_id = $1 AND outcome = 'payout' AND currency = 'EUR'
                UNION SELECT unnest(ARRAY[city_id, other_city_id]) FROM settlement_pair
                WHERE run_id = $1 AND currency = 'EUR' AND owes <> is_owed) AS payers
            WHERE NOT EXISTS (SELECT FROM settlement_account WHERE settlement_account.city_id = payers.city_id)) AS missing
        ORDER BY code, id LIMIT $2
        """
    var runId: UUID
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> SettlementObstacle {
        SettlementObstacle(code: try columns.next(), id: try columns.next())
    }
}

/// Keeps the accounts that a run is paid from as they are now.
struct FreezeDebtors: Statement {
    static let sql = """
        INSERT INTO settlement_debtor (run_id, city_id, sealed_party) SELECT $1, city_id, sealed_party FROM settlement_account
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }
}

/// Reads statements of a run that are not booked, with their merchants' accounts.
struct ReadUnbookedStatements: Statement {
    static let sql = """
        SELECT statement_id, name, iban_mask, sealed_party, \(StatementColumns.names)
        FROM settlement_statement LEFT JOIN merchant_account USING (merchant_id)
        WHERE run_id = $1 AND NOT is_booked ORDER BY statement_id LIMIT $2
        """
    var runId: UUID
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> StatementToBook {
        let id: UUID = try columns.next()
        let (name, mask, sealed): (String?, String?, [UInt8]?) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        return StatementToBook(
            statementId: id, statement: try columns.statement(),
            creditor: name.map { Creditor(name: $0, ibanMask: mask, sealedParty: sealed) })
    }
}

/// Reads pairs of a run that are not booked.
struct ReadUnbookedPairs: Statement {
    static let sql = """
        SELECT pair_id, city_id, other_city_id, currency, owes, is_owed, payout_id FROM settlement_pair
        WHERE run_id = $1 AND NOT is_booked ORDER BY pair_id LIMIT $2
        """
    var runId: UUID
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> (pairId: UUID, pair: SettlementPair) {
        (try columns.next(), try columns.pair())
    }
}

extension Columns {
    fileprivate mutating func pair() throws -> SettlementPair {
        SettlementPair(
            cityId: try next(), otherCityId: try next(), currency: try next(), owes: try next(), isOwed: try next(),
            payoutId: try next())
    }
}

/// Reads the pairs of a run.
struct ReadPairs: Statement {
    static let sql = """
        SELECT city_id, other_city_id, currency, owes, is_owed, payout_id FROM settlement_pair WHERE run_id = $1
        ORDER BY city_id, other_city_id, currency
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> SettlementPair {
        try columns.pair()
    }
}

/// Reads whom a payment to each city goes to; there are a few dozen.
struct ReadCityCreditors: Statement {
    static let sql = """
        SELECT city.city_id, coalesce(name, slug), iban_mask, sealed_party
        FROM city LEFT JOIN settlement_account ON settlement_account.city_id = city.city_id
        """

    static func row(_ columns: inout Columns) throws -> (cityId: UUID, creditor: Creditor) {
        (
            try columns.next(),
            Creditor(name: try columns.next(), ibanMask: try columns.next(), sealedParty: try columns.next())
        )
    }
}

/// Notes that statements are booked, and what became of them.
struct MarkStatementsBooked: Statement {
    static let sql = """
        UPDATE settlement_statement SET is_booked = true, outcome = booked.outcome, payout_id = booked.payout
        FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS booked (id, outcome, payout) WHERE statement_id = booked.id
        """
    private let statements: [(id: UUID, outcome: StatementOutcome, payoutId: UUID?)]

    init(_ statements: [(id: UUID, outcome: StatementOutcome, payoutId: UUID?)]) {
        self.statements = statements
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(statements.map(\.id))
        parameters.add(statements.map(\.outcome.rawValue))
        parameters.add(statements.map(\.payoutId))
    }
}

/// Notes that pairs are booked.
struct MarkPairsBooked: Statement {
    static let sql = """
        UPDATE settlement_pair SET is_booked = true, payout_id = booked.payout
        FROM unnest($1::uuid[], $2::uuid[]) AS booked (id, payout) WHERE pair_id = booked.id
        """
    private let pairs: [(id: UUID, payoutId: UUID?)]

    init(_ pairs: [(id: UUID, payoutId: UUID?)]) {
        self.pairs = pairs
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(pairs.map(\.id))
        parameters.add(pairs.map(\.payoutId))
    }
}

/// Leaves what statements are due to the next run.
struct WriteStatementCarries: Statement {
    static let sql = """
        INSERT INTO settlement_carry (cause, cause_id, merchant_id, city_id, currency, amount)
        SELECT 'statement', * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[])
        """
    var carries: [SettlementBooking.Carry]

    func bind(_ parameters: inout Parameters) {
        parameters.add(carries.map(\.statementId))
        parameters.add(carries.map(\.merchantId))
        parameters.add(carries.map(\.cityId))
        parameters.add(carries.map(\.currency))
        parameters.add(carries.map(\.amount))
    }
}

/// Sums up the statements of a run, by currency.
struct SumStatements: Statement {
    static let sql = """
        SELECT currency, count(*), sum(redeemed)::bigint, sum(reversed)::bigint, sum(fee)::bigint, sum(fee_vat)::bigint,
            sum(carried_in)::bigint, coalesce(sum(due) FILTER (WHERE outcome = 'payout'), 0)::bigint,
            coalesce(sum(due) FILTER (WHERE outcome <> 'payout'), 0)::bigint
        FROM settlement_statement WHERE run_id = $1 GROUP BY currency ORDER BY currency
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> SettlementTotal {
        SettlementTotal(
            currency: try columns.next(), statements: try columns.next(), redeemed: try columns.next(),
            reversed: try columns.next(), fees: try columns.next(), feeVAT: try columns.next(),
            carriedIn: try columns.next(), paidOut: try columns.next(), carriedOut: try columns.next())
    }
}

/// Reads a page of the statements of a run, with the merchants' names.
struct ReadStatements: Statement {
    static let sql = """
        SELECT coalesce(merchant.name, ''), \(StatementColumns.names.qualified("settlement_statement"))
        FROM settlement_statement LEFT JOIN merchant ON merchant.merchant_id = settlement_statement.merchant_id
        WHERE run_id = $1 AND ($2::uuid IS NULL OR settlement_statement.city_id = $2)
            AND ($3::uuid IS NULL OR (settlement_statement.merchant_id, settlement_statement.currency) > ($3, $4))
        ORDER BY settlement_statement.merchant_id, settlement_statement.currency LIMIT $5
        """
    var runId: UUID
    var cityId: UUID?
    var after: StatementCursor?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(cityId)
        parameters.add(after?.merchantId)
        parameters.add(after?.currency ?? "")
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> (name: String, statement: MerchantStatement) {
        (try columns.next(), try columns.statement())
    }
}

extension String {
    /// A list of columns, each with its table's name in front.
    fileprivate func qualified(_ table: String) -> String {
        split { $0 == "," || $0 == " " || $0 == "\n" }.map { "\(table).\($0)" }.joined(separator: ", ")
    }
}

/// Where a page of statements goes on.
struct StatementCursor: Hashable, Sendable {
    var merchantId: UUID
    var currency: String

    init(_ statement: MerchantStatement) {
        merchantId = statement.merchantId
        currency = statement.currency
    }

    /// Reads ``text``; `nil` if it is anything else.
    init?(_ text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let id = UUID(text: String(parts[0])) else { return nil }
        merchantId = id
        currency = String(parts[1])
    }

    var text: String { "\(merchantId.text) \(currency)" }
}

/// Reads the statement of a merchant.
struct ReadStatement: Statement {
    static let sql = """
        SELECT \(StatementColumns.names) FROM settlement_statement
        WHERE run_id = $1 AND merchant_id = $2 AND currency = $3
        """
    var runId: UUID
    var merchantId: UUID
    var currency: String

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(merchantId)
        parameters.add(currency)
    }

    static func row(_ columns: inout Columns) throws -> MerchantStatement {
        try columns.statement()
    }
}

/// Reads a page of a statement's lines.
struct ReadLines: Statement {
    static let sql = """
        SELECT kind, line_id, issuer_city_id, amount, happened_at FROM settlement_line
        WHERE run_id = $1 AND merchant_id = $2 AND currency = $3 AND ($4::uuid IS NULL OR (happened_at, line_id) > (
            SELECT happened_at, line_id FROM settlement_line
            WHERE run_id = $1 AND merchant_id = $2 AND currency = $3 AND line_id = $4
                AND kind IN ('redemption', 'reversal') LIMIT 1))
        ORDER BY happened_at, line_id LIMIT $5
        """
    var query: GetStatement
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.runId)
        parameters.add(query.merchantId)
        parameters.add(query.currency)
        parameters.add(query.after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> GetStatement.Line {
        GetStatement.Line(
            kind: try columns.next(), id: try columns.next(), issuerCityId: try columns.next(),
            amount: try columns.next(), at: Timestamp(try columns.next(Date.self)))
    }
}
