import FoundationEssentials
import Postgres

/// Takes the turn of keeping the figures, which one instance has at a time.
struct TakeTurn: Statement {
    static let sql = "SELECT pg_try_advisory_xact_lock(hashtext('vouchers'), hashtext('daily-figures'))"

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

/// Reads up to when the journal is in the figures, and up to when it can be: nothing that is posted earlier is still open.
struct ReadProgress: Statement {
    struct Row: Sendable {
        var postedUntil: Date
        var settledUntil: Date
    }

    // An entry is posted at the time at which its transaction began; a session shows that time a moment after it.
    static let sql = """
        SELECT posted_until, least(now() - make_interval(secs => $1), (
            SELECT min(xact_start) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()))
        FROM report_progress
        """
    var settlingSeconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(settlingSeconds)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(postedUntil: try columns.next(), settledUntil: try columns.next())
    }
}

/// Finds the next piece of the journal: within one day, about so many lines, and never a part of what was posted at one time.
struct FindJournalPiece: Statement {
    struct Row: Sendable {
        var from: Date
        var until: Date
    }

    static let sql = """
        SELECT first, least(
            coalesce((SELECT posted_at FROM posting WHERE posted_at > first AND posted_at < $2
                ORDER BY posted_at OFFSET $3 LIMIT 1), $2),
            (date_trunc('day', first AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC')
        FROM (SELECT min(posted_at) AS first FROM posting WHERE posted_at >= $1 AND posted_at < $2) AS earliest
        WHERE first IS NOT NULL
        """
    var from: Date
    var until: Date
    var linesMax: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
        parameters.add(linesMax)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(from: try columns.next(), until: try columns.next())
    }
}

/// Sums what a piece of the journal changed of what is owed.
struct SumMovements: Statement {
    static let sql = """
        SELECT issuer_city_id, posting.currency, date_trunc('month', issued_at AT TIME ZONE 'UTC')::date,
            coalesce(-sum(amount) FILTER (WHERE cause IN (\(OwedBy.issue))), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE cause IN (\(OwedBy.redemption))), 0)::bigint,
            count(*) FILTER (WHERE cause IN (\(OwedBy.redemption)) AND amount > 0),
            coalesce(sum(amount * ((posted_at AT TIME ZONE 'UTC')::date - (issued_at AT TIME ZONE 'UTC')::date))
                FILTER (WHERE cause IN (\(OwedBy.redemption))), 0)::bigint,
            coalesce(-sum(amount) FILTER (WHERE cause IN (\(OwedBy.reversal))), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE cause IN (\(OwedBy.expiry))), 0)::bigint,
            coalesce(sum(amount) FILTER (WHERE cause IN (\(OwedBy.refund))), 0)::bigint,
            coalesce(-sum(amount) FILTER (WHERE cause NOT IN (\(OwedBy.all))), 0)::bigint,
            coalesce(-sum(amount) FILTER (WHERE account = 'voucher-held'), 0)::bigint
        FROM posting JOIN voucher ON voucher_id = owner_id
        WHERE posted_at >= $1 AND posted_at < $2 AND account IN (\(OwedBy.accounts))
        GROUP BY 1, 2, 3
        """
    var from: Date
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
    }

    static func row(_ columns: inout Columns) throws -> Movement<CohortKey> {
        try columns.cohortMovement()
    }
}

/// Reads what is kept of a day.
struct ReadMovements: Statement {
    static let sql = """
        SELECT issuer_city_id, currency, cohort, issued, redeemed, redemptions, redeemed_days, reversed, expired, refunded,
            moved, newly_held
        FROM liability_day WHERE day = $1
        """
    var day: CalendarDate

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
    }

    static func row(_ columns: inout Columns) throws -> Movement<CohortKey> {
        try columns.cohortMovement()
    }
}

extension Columns {
    fileprivate mutating func cohortMovement() throws -> Movement<CohortKey> {
        let key = CohortKey(issuerCityId: try next(), currency: try next(), cohort: try next())
        return Movement(key: key, amounts: try (0..<WriteMovements.amounts).map { _ in try next(Int64.self) })
    }

    fileprivate mutating func flowMovement() throws -> Movement<FlowKey> {
        let key = FlowKey(issuerCityId: try next(), cityId: try next(), category: try next(), currency: try next())
        return Movement(key: key, amounts: try (0..<WriteFlows.amounts).map { _ in try next(Int64.self) })
    }
}

/// Adds movements of a day to what was owed at its end.
struct WriteMovements: Statement {
    /// How many amounts a movement has.
    static let amounts = 9
    static let sql = """
        INSERT INTO liability_day (day, issuer_city_id, currency, cohort, issued, redeemed, redemptions, redeemed_days,
            reversed, expired, refunded, moved, newly_held, owed, held)
        SELECT $1, new.city, new.currency, new.cohort, issued, redeemed, redemptions, redeemed_days, reversed, expired,
            refunded, moved, newly_held,
            coalesce(before.owed, 0) + issued - redeemed + reversed - expired - refunded + moved,
            coalesce(before.held, 0) + newly_held
        FROM unnest($2::uuid[], $3::text[], $4::date[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[])
            AS new (city, currency, cohort, issued, redeemed, redemptions, redeemed_days, reversed, expired, refunded,
                moved, newly_held)
        LEFT JOIN LATERAL (
            SELECT owed, held FROM liability_day AS earlier
            WHERE earlier.issuer_city_id = new.city AND earlier.currency = new.currency
                AND earlier.cohort = new.cohort AND earlier.day < $1
            ORDER BY earlier.day DESC LIMIT 1) AS before ON true
        ON CONFLICT (issuer_city_id, currency, cohort, day) DO UPDATE SET
            issued = liability_day.issued + excluded.issued, redeemed = liability_day.redeemed + excluded.redeemed,
            redemptions = liability_day.redemptions + excluded.redemptions,
            redeemed_days = liability_day.redeemed_days + excluded.redeemed_days,
            reversed = liability_day.reversed + excluded.reversed, expired = liability_day.expired + excluded.expired,
            refunded = liability_day.refunded + excluded.refunded, moved = liability_day.moved + excluded.moved,
            newly_held = liability_day.newly_held + excluded.newly_held,
            owed = liability_day.owed + excluded.issued - excluded.redeemed + excluded.reversed - excluded.expired
                - excluded.refunded + excluded.moved,
            held = liability_day.held + excluded.newly_held
        """
    var day: CalendarDate
    var movements: [Movement<CohortKey>]

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
        parameters.addCohorts(movements)
        for place in 0..<Self.amounts { parameters.add(movements.map { $0.amounts[place] }) }
    }
}

/// Adds movements of a day to what was owed at the end of later days.
struct WriteLaterBalances: Statement {
    static let sql = """
        UPDATE liability_day AS later SET owed = later.owed + new.owed, held = later.held + new.held
        FROM unnest($2::uuid[], $3::text[], $4::date[], $5::bigint[], $6::bigint[])
            AS new (city, currency, cohort, owed, held)
        WHERE later.issuer_city_id = new.city AND later.currency = new.currency AND later.cohort = new.cohort
            AND later.day > $1
        """
    var day: CalendarDate
    var movements: [Movement<CohortKey>]

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
        parameters.addCohorts(movements)
        // In the order of the columns: issued, redeemed, …, moved; neither counts nor days change what is owed.
        parameters.add(
            movements.map { movement in
                let amounts = movement.amounts
                return amounts[0] &- amounts[1] &+ amounts[4] &- amounts[5] &- amounts[6] &+ amounts[7]
            })
        parameters.add(movements.map { $0.amounts[8] })
    }
}

extension Parameters {
    fileprivate mutating func addCohorts(_ movements: [Movement<CohortKey>]) {
        add(movements.map(\.key.issuerCityId))
        add(movements.map(\.key.currency))
        add(movements.map(\.key.cohort))
    }
}

/// Sums whose vouchers were spent where in a piece of the journal.
struct SumFlows: Statement {
    // An entry spends one voucher, or gives money back to one: its lines are the voucher's, one or two, and the shop's. They are
    // brought together by grouping: joined to itself, a journal without statistics is compared line by line with itself.
    static let sql = """
        SELECT issuer_city_id, city_id, coalesce(category, ''), entry.currency,
            coalesce(-sum(entry.amount) FILTER (WHERE cause <> 'reversal'), 0)::bigint,
            count(*) FILTER (WHERE cause <> 'reversal'),
            coalesce(sum(entry.amount) FILTER (WHERE cause = 'reversal'), 0)::bigint
        FROM (
            SELECT cause, currency, sum(amount) FILTER (WHERE account = 'merchant-payable') AS amount,
                (array_agg(owner_id) FILTER (WHERE account IN (\(OwedBy.accounts))))[1] AS voucher_id,
                (array_agg(owner_id) FILTER (WHERE account = 'merchant-payable'))[1] AS merchant_id
            FROM posting
            WHERE posted_at >= $1 AND posted_at < $2 AND account IN (\(OwedBy.accounts), 'merchant-payable')
                AND cause IN (\(OwedBy.redemption), \(OwedBy.reversal))
            GROUP BY cause, cause_id, currency) AS entry
        JOIN voucher USING (voucher_id)
        JOIN merchant USING (merchant_id)
        GROUP BY 1, 2, 3, 4
        """
    var from: Date
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
    }

    static func row(_ columns: inout Columns) throws -> Movement<FlowKey> {
        try columns.flowMovement()
    }
}

/// Reads whose vouchers were spent where on a day, as it is kept.
struct ReadFlows: Statement {
    static let sql = """
        SELECT issuer_city_id, city_id, category, currency, redeemed, redemptions, reversed FROM redemption_day
        WHERE day = $1
        """
    var day: CalendarDate

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
    }

    static func row(_ columns: inout Columns) throws -> Movement<FlowKey> {
        try columns.flowMovement()
    }
}

/// Adds to what was spent where on a day.
struct WriteFlows: Statement {
    /// How many amounts a movement has.
    static let amounts = 3
    static let sql = """
        INSERT INTO redemption_day (day, issuer_city_id, city_id, category, currency, redeemed, redemptions, reversed)
        SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
            $8::bigint[])
        ON CONFLICT (day, issuer_city_id, city_id, category, currency) DO UPDATE SET
            redeemed = redemption_day.redeemed + excluded.redeemed,
            redemptions = redemption_day.redemptions + excluded.redemptions,
            reversed = redemption_day.reversed + excluded.reversed
        """
    var day: CalendarDate
    var movements: [Movement<FlowKey>]

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
        parameters.add(movements.map(\.key.issuerCityId))
        parameters.add(movements.map(\.key.cityId))
        parameters.add(movements.map(\.key.category))
        parameters.add(movements.map(\.key.currency))
        for place in 0..<Self.amounts { parameters.add(movements.map { $0.amounts[place] }) }
    }
}

/// Counts the lines of a piece of the journal.
struct CountPostings: Statement {
    static let sql = "SELECT count(*) FROM posting WHERE posted_at >= $1 AND posted_at < $2"
    var from: Date
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(from)
        parameters.add(until)
    }

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}

/// Notes how many lines have come into the figures of a day, and that it was looked at.
struct WriteCountedDay: Statement {
    static let sql = """
        INSERT INTO report_day (day, postings, checked_at) VALUES ($1, $2, now())
        ON CONFLICT (day) DO UPDATE SET postings = report_day.postings + excluded.postings, checked_at = now()
        """
    var day: CalendarDate
    var postings: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(day)
        parameters.add(postings)
    }
}

/// Notes the days on which nothing was posted, so that they are looked at as well.
struct WriteQuietDays: Statement {
    static let sql = """
        INSERT INTO report_day (day, postings, checked_at)
        SELECT quiet::date, 0, now()
        FROM generate_series((SELECT min(day) FROM report_day)::timestamp, (SELECT max(day) FROM report_day)::timestamp,
            interval '1 day') AS quiet
        ON CONFLICT (day) DO NOTHING
        """
}

/// Notes up to when the journal is in the figures.
struct WriteProgress: Statement {
    static let sql = "UPDATE report_progress SET posted_until = $1 WHERE posted_until < $1"
    var postedUntil: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(postedUntil)
    }
}

/// Finds the day whose count was compared with the journal the longest ago, or an older one that nothing is known of.
struct FindDayToRecount: Statement {
    struct Row: Sendable {
        var day: CalendarDate
        /// How many lines are in the figures of the day.
        var postings: Int64
        /// How many are in what was booked on it: as many, unless an instance of an older version kept the figures.
        var booked: Int64
    }

    static let sql = """
        SELECT day, postings, coalesce((SELECT sum(lines) FROM booked_day WHERE booked_day.day = due.day), 0)::bigint FROM (
            SELECT (min(posted_at) AT TIME ZONE 'UTC')::date AS day, 0::bigint AS postings, '-infinity'::timestamptz AS checked_at
            FROM posting HAVING (min(posted_at) AT TIME ZONE 'UTC')::date < (SELECT min(day) FROM report_day)
            UNION ALL
            (SELECT day, postings, checked_at FROM report_day
            WHERE checked_at <= now() - make_interval(secs => $1) ORDER BY checked_at, day LIMIT 1)) AS due
        ORDER BY checked_at LIMIT 1
        """
    var afterSeconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(afterSeconds)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(day: try columns.next(), postings: try columns.next(), booked: try columns.next())
    }
}
