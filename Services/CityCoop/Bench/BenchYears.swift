import Contracts
import FoundationEssentials
import Postgres

/// Two and a half years of vouchers in the database of vouchers: sold, spent in one or two parts, or not.
///
/// Rows are written in the order of time, with ids of that order, as years of work leave them: whoever reads a day or a voucher
/// meets as many pages as in a real journal.
struct BenchYears: Sendable {
    private static let vouchersAtOnce = 100_000
    private static let pause = Duration.milliseconds(500)
    /// How long the figures may take to follow.
    private static let figuresLimit = Duration.seconds(3_600)

    private let connection: Connection

    init(_ address: DatabaseAddress) async throws {
        var limits = PostgresLimits()
        // Whoever keeps the figures just now is waited for.
        limits.lockTimeout = .seconds(60)
        limits.statementTimeout = .seconds(1_800)
        limits.flightDeadline = .seconds(1_810)
        connection = try await Connection.connect(to: address, name: "citycoop bench", limits: limits)
    }

    /// Writes so many vouchers; returns how many lines the journal has then.
    func fill(_ count: Int) async throws -> Int64 {
        let now = Date()
        // Nobody keeps figures meanwhile: they are made anew from the whole journal.
        try await connection.runScript(
            """
            SET synchronous_commit = off;
            SET work_mem = '128MB';
            SET maintenance_work_mem = '256MB';
            SELECT pg_advisory_lock(hashtext('vouchers'), hashtext('daily-figures'));
            \(FillYears.staging)
            """)
        _ = try await connection.execute(MakePastPartitions(now: now), FillPlaces())
        try await Progress.during("writing \(count) vouchers") {
            for start in stride(from: 1, through: count, by: Self.vouchersAtOnce) {
                let end = min(start + Self.vouchersAtOnce - 1, count)
                let numbers = FillYears(from: Int64(start), to: Int64(end), count: Int64(count), now: now)
                _ = try await connection.execute(FillVouchers(years: numbers), FillSpendings(years: numbers))
            }
        }
        try await Progress.during("writing what was spent, and the journal") {
            try await connection.runScript(
                "CREATE INDEX ON bench_spent (redeemed_at); ANALYZE bench_spent; ANALYZE voucher")
            let yesterday = now.addingTimeInterval(-86_400)
            let months = try await connection.execute(ListMonths(now: now))
            for month in months {
                _ = try await connection.execute(
                    FillRedemptions(month: month), FillPostings(month: month, before: yesterday))
            }
        }
        try await Progress.during("vacuuming") {
            for table in ["voucher", "redemption", "posting"] {
                try await connection.runScript("VACUUM ANALYZE \(table)")
            }
        }
        try await connection.runScript(
            """
            BEGIN;
            DELETE FROM liability_day;
            DELETE FROM redemption_day;
            DELETE FROM booked_day;
            DELETE FROM report_day;
            UPDATE report_progress SET posted_until = '1970-01-01T00:00:00Z';
            COMMIT;
            DROP TABLE bench_spent;
            SELECT pg_advisory_unlock(hashtext('vouchers'), hashtext('daily-figures'))
            """)
        return try await connection.execute(CountLines()).first ?? 0
    }

    /// Vouchers of so many moments, evenly spread over the years.
    func someVouchers(_ count: Int) async throws -> [UUID] {
        try await connection.execute(FindVouchersOfYears(count: Int32(count), now: Date()))
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
        for table in ["liability_day", "redemption_day", "booked_day"] {
            try await connection.runScript("VACUUM ANALYZE \(table)")
        }
        return clock.now - start
    }

    /// Ends the connection.
    func close() async {
        await connection.close()
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

/// Vouchers with these numbers: one after the other over 900 days, in December like in June.
///
/// Two fifths of each are spent within 300 days, and of two in three another 35 % in the 300 days after that. Their codes are
/// nobody's.
struct FillYears: Sendable {
    /// What was spent, until it is written in the order of time.
    static let staging = """
        CREATE TEMP TABLE bench_spent (voucher_id uuid NOT NULL, redemption_id uuid NOT NULL, merchant bigint NOT NULL,
            amount bigint NOT NULL, redeemed_at timestamptz NOT NULL);
        """
    /// The vouchers, and below them what is spent of each.
    static let made = """
        WITH made AS (
            SELECT number, issued_at, \(id("'bench voucher ' || number", at: "issued_at")) AS voucher_id,
                1000 * (1 + number % 10) AS value
            FROM generate_series($1::bigint, $2::bigint) AS number
            CROSS JOIN LATERAL (
                SELECT $4::timestamptz - interval '902 days' + number * (interval '900 days' / $3::bigint) AS issued_at) AS time),
        spent AS (
            SELECT number, voucher_id, part, merchant % 1000 AS merchant, value * share / 100 AS amount, redeemed_at
            FROM made CROSS JOIN LATERAL (VALUES
                (1, 40, number * 13, issued_at + (number * 31 % 300) * interval '24 hours' + interval '1 hour'),
                (2, CASE WHEN number % 3 < 2 THEN 35 ELSE 0 END, number * 17,
                    issued_at + (300 + number * 37 % 300) * interval '24 hours')) AS part (part, share, merchant, redeemed_at)
            WHERE share > 0 AND redeemed_at < $4::timestamptz - interval '1 day')
        """

    var from: Int64
    var to: Int64
    /// How many there are in all.
    var count: Int64
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(to)
        parameters.add(count)
        parameters.add(now)
    }

    /// SQL of an id whose first digits are a time, like those that the suite makes.
    static func id(_ text: String, at time: String) -> String {
        """
        overlay(md5(\(text)) PLACING lpad(to_hex((extract(epoch FROM \(time)) * 1000)::bigint), 12, '0') || '7'
                FROM 1)::uuid
        """
    }
}

/// Writes vouchers.
struct FillVouchers: Statement {
    static let sql = """
        \(FillYears.made)
        INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup, last_four,
            issued_at)
        SELECT voucher_id, md5('bench city ' || number % 24)::uuid, 'EUR', value, value - coalesce(amount, 0), 'active', 1,
            sha256(('bench voucher ' || number)::bytea), upper(left(md5(number::text), 4)), issued_at
        FROM made LEFT JOIN (SELECT number, sum(amount)::bigint AS amount FROM spent GROUP BY number) AS used USING (number)
        ORDER BY number
        """
    let years: FillYears

    func bind(_ parameters: inout Parameters) {
        years.bind(&parameters)
    }
}

/// Notes what is spent of vouchers.
struct FillSpendings: Statement {
    static let sql = """
        \(FillYears.made)
        INSERT INTO bench_spent (voucher_id, redemption_id, merchant, amount, redeemed_at)
        SELECT voucher_id, \(FillYears.id("'bench redemption ' || number || '/' || part", at: "redeemed_at")), merchant,
            amount, redeemed_at
        FROM spent
        """
    let years: FillYears

    func bind(_ parameters: inout Parameters) {
        years.bind(&parameters)
    }
}

/// Lists the first moments of the months that are filled.
struct ListMonths: Statement {
    static let sql = """
        SELECT (date_trunc('month', $1::timestamptz AT TIME ZONE 'UTC') - number * interval '1 month') AT TIME ZONE 'UTC'
        FROM generate_series(0, 31) AS number ORDER BY 1
        """
    let now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(now)
    }

    static func row(_ columns: inout Columns) throws -> Date {
        try columns.next()
    }
}

/// Writes the redemptions of a month.
struct FillRedemptions: Statement {
    static let sql = """
        INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id, content,
            redeemed_at)
        SELECT redemption_id, voucher_id, md5('bench merchant ' || merchant)::uuid, md5('bench city ' || merchant % 24)::uuid,
            amount, 0, 1, sha256(redemption_id::text::bytea), redeemed_at
        FROM bench_spent WHERE redeemed_at >= $1 AND redeemed_at < $1 + interval '1 month'
        ORDER BY redeemed_at
        """
    let month: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(month)
    }
}

/// Writes the entries of a month: of vouchers that were sold in it, and of what was spent in it.
struct FillPostings: Statement {
    static let sql = """
        INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
        SELECT cause, cause_id, account, owner_id, amount, 'EUR', posted_at FROM (
            SELECT 'issue' AS cause, md5('bench issue ' || voucher_id)::uuid AS cause_id, account, owner_id,
                side * value AS amount, issued_at AS posted_at
            FROM voucher CROSS JOIN LATERAL (VALUES
                ('issuer-cash', issuer_city_id, 1), ('voucher', voucher_id, -1)) AS line (account, owner_id, side)
            WHERE issued_at >= $1 AND issued_at < $1 + interval '1 month' AND issued_at < $2
            UNION ALL
            SELECT 'redemption', redemption_id, account, owner_id, side * amount, redeemed_at
            FROM bench_spent CROSS JOIN LATERAL (VALUES
                ('voucher', voucher_id, 1), ('merchant-payable', md5('bench merchant ' || merchant)::uuid, -1))
                AS line (account, owner_id, side)
            WHERE redeemed_at >= $1 AND redeemed_at < $1 + interval '1 month') AS lines
        ORDER BY posted_at
        """
    let month: Date
    /// What was sold from then on stands in the journal.
    let before: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(month)
        parameters.add(before)
    }
}

/// Finds vouchers of so many moments.
struct FindVouchersOfYears: Statement {
    static let sql = """
        SELECT voucher_id FROM generate_series(1, $1) AS number CROSS JOIN LATERAL (
            SELECT voucher_id FROM voucher
            WHERE issued_at >= $2::timestamptz - interval '902 days' + number * (interval '900 days' / ($1 + 1))
            ORDER BY issued_at, voucher.voucher_id LIMIT 1) AS found
        """
    let count: Int32
    let now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(count)
        parameters.add(now)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Counts the lines of the journal.
struct CountLines: Statement {
    static let sql = "SELECT count(*) FROM posting"

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
