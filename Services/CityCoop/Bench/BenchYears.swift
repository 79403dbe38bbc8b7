import Contracts
import FoundationEssentials
import Postgres

/// Two and a half years of vouchers in the database of vouchers: sold, spent in one or two parts, or not.
struct BenchYears: Sendable {
    private static let vouchersAtOnce = 20_000
    private static let pause = Duration.milliseconds(500)
    /// How long the figures may take to follow.
    private static let figuresLimit = Duration.seconds(3_600)

    private let connection: Connection

    init(_ address: DatabaseAddress) async throws {
        var limits = PostgresLimits()
        limits.statementTimeout = .seconds(600)
        limits.flightDeadline = .seconds(610)
        connection = try await Connection.connect(to: address, name: "citycoop bench", limits: limits)
    }

    /// Writes so many vouchers; returns how many lines the journal has then.
    func fill(_ count: Int) async throws -> Int64 {
        let now = Date()
        try await connection.runScript("SET synchronous_commit = off")
        _ = try await connection.execute(MakePastPartitions(now: now), FillPlaces())
        try await Progress.during("writing \(count) vouchers") {
            for start in stride(from: 1, through: count, by: Self.vouchersAtOnce) {
                let end = min(start + Self.vouchersAtOnce - 1, count)
                _ = try await connection.execute(FillYears(from: Int64(start), to: Int64(end), now: now))
            }
        }
        try await Progress.during("vacuuming") {
            for table in ["voucher", "redemption", "posting"] {
                try await connection.runScript("VACUUM ANALYZE \(table)")
            }
        }
        // What was written lies behind what the figures have: they are made anew from the whole journal.
        try await connection.runScript(
            """
            BEGIN;
            SELECT pg_advisory_xact_lock(hashtext('vouchers'), hashtext('daily-figures'));
            DELETE FROM liability_day;
            DELETE FROM redemption_day;
            DELETE FROM report_day;
            UPDATE report_progress SET posted_until = '1970-01-01T00:00:00Z';
            COMMIT
            """)
        return try await connection.execute(CountLines()).first ?? 0
    }

    /// Returns how long it took until the figures had followed the journal.
    func waitForFigures(_ stage: Stage) async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        let now = Timestamp(Date())
        try await Progress.during("waiting for the figures") {
            while try await stage.ask(GetLiability(limit: 1)).postedUntil < now {
                guard clock.now - start < Self.figuresLimit else {
                    throw CommandFailure(.deadline, "The figures do not follow the journal.")
                }
                try await Task.sleep(for: Self.pause)
            }
        }
        try await connection.runScript("VACUUM ANALYZE liability_day")
        try await connection.runScript("VACUUM ANALYZE redemption_day")
        await connection.close()
        return clock.now - start
    }
}

/// Makes the partitions of the months that are filled.
struct MakePastPartitions: Statement {
    static let sql = """
        SELECT make_journal_partition((date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC') - number * interval '1 month')::date)
        FROM generate_series(1, 31) AS number
        """
    let now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(now)
    }
}

/// Writes 24 cities and 1,000 shops into the copies of the registry.
struct FillPlaces: Statement {
    static let sql = """
        WITH cities AS (
            INSERT INTO city (city_id, slug, version, country)
            SELECT md5('bench city ' || number)::uuid, 'bench-' || number, 1, 'AT' FROM generate_series(0, 23) AS number
            ON CONFLICT DO NOTHING)
        INSERT INTO merchant (merchant_id, city_id, name, version, category, fee_basis_points)
        SELECT md5('bench merchant ' || number)::uuid, md5('bench city ' || number % 24)::uuid, 'Shop ' || number, 1,
            (ARRAY['food', 'books', 'clothes', 'sport', 'culture', 'services'])[1 + number % 6], 100
        FROM generate_series(0, 999) AS number
        ON CONFLICT DO NOTHING
        """
}

/// Writes vouchers with these numbers, what was spent of them, and the entries of both.
///
/// Sold on any of 900 days, in December like in June; two fifths are spent within 300 days, and of two in three another 35 %
/// in the 300 days after that. Their codes are nobody's.
struct FillYears: Statement {
    static let sql = """
        WITH made AS (
            SELECT number, md5('bench voucher ' || number)::uuid AS voucher_id,
                md5('bench city ' || number % 24)::uuid AS city_id, 1000 * (1 + number % 10) AS value,
                $3::timestamptz - (2 + number * 7919 % 900) * interval '24 hours' - (number % 80000) * interval '1 second' AS issued_at
            FROM generate_series($1::bigint, $2::bigint) AS number),
        spent AS (
            SELECT voucher_id, part, md5('bench redemption ' || number || '/' || part)::uuid AS redemption_id,
                merchant % 1000 AS merchant, value * share / 100 AS amount, redeemed_at
            FROM made CROSS JOIN LATERAL (VALUES
                (1, 40, number * 13, issued_at + (number * 31 % 300) * interval '24 hours' + interval '1 hour'),
                (2, CASE WHEN number % 3 < 2 THEN 35 ELSE 0 END, number * 17,
                    issued_at + (300 + number * 37 % 300) * interval '24 hours')) AS part (part, share, merchant, redeemed_at)
            WHERE share > 0 AND redeemed_at < $3::timestamptz - interval '1 day'),
        vouchers AS (
            INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup, last_four,
                issued_at)
            SELECT voucher_id, city_id, 'EUR', value, value - coalesce(amount, 0), 'active', 1,
                sha256(('bench voucher ' || number)::bytea), 'ABCD', issued_at
            FROM made LEFT JOIN (SELECT voucher_id, sum(amount)::bigint AS amount FROM spent GROUP BY voucher_id) AS used
                USING (voucher_id)),
        redemptions AS (
            INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id,
                content, redeemed_at)
            SELECT redemption_id, voucher_id, md5('bench merchant ' || merchant)::uuid,
                md5('bench city ' || merchant % 24)::uuid, amount, 0, 1, sha256(redemption_id::text::bytea), redeemed_at
            FROM spent)
        INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
        SELECT cause, cause_id, account, owner_id, amount, 'EUR', posted_at FROM (
            SELECT 'issue' AS cause, md5('bench issue ' || number)::uuid AS cause_id, account, owner_id,
                side * value AS amount, issued_at AS posted_at
            FROM made CROSS JOIN LATERAL (VALUES
                ('issuer-cash', city_id, 1), ('voucher', voucher_id, -1)) AS line (account, owner_id, side)
            UNION ALL
            SELECT 'redemption', redemption_id, account, owner_id, side * amount, redeemed_at
            FROM spent CROSS JOIN LATERAL (VALUES
                ('voucher', voucher_id, 1), ('merchant-payable', md5('bench merchant ' || merchant)::uuid, -1))
                AS line (account, owner_id, side)) AS lines
        ORDER BY posted_at
        """
    let from: Int64
    let to: Int64
    let now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(to)
        parameters.add(now)
    }
}

/// Counts the lines of the journal.
struct CountLines: Statement {
    static let sql = "SELECT count(*) FROM posting"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
