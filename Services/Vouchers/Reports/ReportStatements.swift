import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Lists cities of the registry by id, or the one that is asked for.
struct ListCities: Statement {
    static let sql = """
        SELECT city_id FROM city WHERE ($1::uuid IS NULL OR city_id = $1) AND ($2::uuid IS NULL OR city_id > $2)
        ORDER BY city_id LIMIT $3
        """
    var cityId: UUID?
    var after: UUID?
    var max: Int64

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityId)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Reads what was owed at the end of a day, by month of issue: the last row of each that is not later.
struct ReadLiability: Statement {
    static let sql = """
        SELECT issuer_city_id, currency, cohort, last.owed, last.held
        FROM (SELECT DISTINCT issuer_city_id, currency, cohort FROM liability_day WHERE issuer_city_id = ANY ($1)) AS known
        CROSS JOIN LATERAL (
            SELECT owed, held FROM liability_day AS earlier
            WHERE earlier.issuer_city_id = known.issuer_city_id AND earlier.currency = known.currency
                AND earlier.cohort = known.cohort AND earlier.day <= $2
            ORDER BY earlier.day DESC LIMIT 1) AS last
        WHERE last.owed <> 0 OR last.held <> 0
        ORDER BY issuer_city_id, currency, cohort
        """
    var cities: [UUID]
    var day: CalendarDate

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities)
        parameters.add(day)
    }

    static func row(_ columns: inout Columns) throws -> OwedCohort {
        OwedCohort(
            key: CohortKey(
                issuerCityId: try columns.next(), currency: try columns.next(), cohort: try columns.next()),
            owed: try columns.next(), held: try columns.next())
    }
}

/// Reads whose vouchers were spent where.
struct ReadMatrix: Statement {
    static let sql = """
        SELECT * FROM (
            SELECT issuer_city_id, city_id, currency, sum(redeemed)::bigint, sum(reversed)::bigint,
                sum(redemptions)::bigint
            FROM redemption_day
            WHERE day >= $1 AND day < $2 AND ($3::uuid IS NULL OR issuer_city_id = $3 OR city_id = $3)
            GROUP BY issuer_city_id, city_id, currency) AS cell
        WHERE $4::uuid IS NULL OR (issuer_city_id, city_id, currency) > ($4, $5::uuid, $6::text)
        ORDER BY issuer_city_id, city_id, currency LIMIT $7
        """
    var query: GetRedemptionMatrix
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.addMonths(query.from, query.until)
        parameters.add(query.cityId)
        parameters.add(query.after?.issuerCityId)
        parameters.add(query.after?.cityId)
        parameters.add(query.after?.currency)
        parameters.add(Int64(max))
    }

    static func row(_ columns: inout Columns) throws -> GetRedemptionMatrix.Cell {
        GetRedemptionMatrix.Cell(
            issuerCityId: try columns.next(), cityId: try columns.next(), currency: try columns.next(),
            redeemed: try columns.next(), reversed: try columns.next(), redemptions: try columns.next())
    }
}

/// Reads what was sold and spent by month.
struct ReadMonthlyFigures: Statement {
    static let sql = """
        SELECT * FROM (
            SELECT month, city_id, currency, category, sum(issued)::bigint, sum(redeemed)::bigint, sum(reversed)::bigint,
                sum(redemptions)::bigint
            FROM (
                SELECT date_trunc('month', day::timestamp)::date AS month, issuer_city_id AS city_id, currency,
                    '' COLLATE "C" AS category, sum(issued) AS issued, 0 AS redeemed, 0 AS reversed, 0 AS redemptions
                FROM liability_day
                WHERE day >= $1 AND day < $2 AND ($3::uuid IS NULL OR issuer_city_id = $3) AND issued <> 0
                GROUP BY 1, 2, 3
                UNION ALL
                SELECT date_trunc('month', day::timestamp)::date, city_id, currency, category, 0, sum(redeemed),
                    sum(reversed), sum(redemptions)
                FROM redemption_day
                WHERE day >= $1 AND day < $2 AND ($3::uuid IS NULL OR city_id = $3)
                GROUP BY 1, 2, 3, 4) AS part
            GROUP BY month, city_id, currency, category) AS line
        WHERE $4::date IS NULL OR (month, city_id, currency, category) > ($4, $5::uuid, $6::text, $7::text)
        ORDER BY month, city_id, currency, category LIMIT $8
        """
    var query: FindMonthlyFigures
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.addMonths(query.from, query.until)
        parameters.add(query.cityId)
        parameters.add(query.after?.month.firstDay.date)
        parameters.add(query.after?.cityId)
        parameters.add(query.after?.currency)
        parameters.add(query.after.map { $0.category ?? "" })
        parameters.add(Int64(max))
    }

    static func row(_ columns: inout Columns) throws -> FindMonthlyFigures.Line {
        let month = Month(of: Day(try columns.next(CalendarDate.self)))
        let (city, currency, category): (UUID, String, String) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        return FindMonthlyFigures.Line(
            month: month, cityId: city, currency: currency, category: category.isEmpty ? nil : category,
            issued: try columns.next(), redeemed: try columns.next(), reversed: try columns.next(),
            redemptions: try columns.next())
    }
}

/// Reads what became of the vouchers of each month of issue.
struct ReadCohorts: Statement {
    /// Until the end of which months what was spent is told.
    static let months = [1, 3, 6, 12, 24, 36]
    static let sql = """
        SELECT cohort, issuer_city_id, currency, sum(issued)::bigint, sum(redeemed)::bigint, sum(reversed)::bigint,
            sum(expired)::bigint, sum(refunded)::bigint, sum(moved)::bigint,
            (sum(issued) - sum(redeemed) + sum(reversed) - sum(expired) - sum(refunded) + sum(moved))::bigint,
            CASE WHEN sum(redeemed) > 0 THEN round(sum(redeemed_days) / sum(redeemed))::bigint END,
            \(months.map(spent).joined(separator: ",\n            "))
        FROM liability_day
        WHERE cohort >= $1 AND cohort < $2 AND ($3::uuid IS NULL OR issuer_city_id = $3)
            AND ($4::date IS NULL OR (cohort, issuer_city_id, currency) > ($4, $5::uuid, $6::text))
        GROUP BY cohort, issuer_city_id, currency ORDER BY cohort, issuer_city_id, currency LIMIT $7
        """
    var query: FindCohorts
    var max: Int

    private static func spent(_ months: Int) -> String {
        "coalesce(sum(redeemed) FILTER (WHERE day < cohort + interval '\(months) months'), 0)::bigint"
    }

    func bind(_ parameters: inout Parameters) {
        parameters.addMonths(query.from, query.until)
        parameters.add(query.cityId)
        parameters.add(query.after?.month.firstDay.date)
        parameters.add(query.after?.issuerCityId)
        parameters.add(query.after?.currency)
        parameters.add(Int64(max))
    }

    static func row(_ columns: inout Columns) throws -> FindCohorts.Cohort {
        let month = Month(of: Day(try columns.next(CalendarDate.self)))
        let (city, currency, issued): (UUID, String, Int64) = (
            try columns.next(), try columns.next(), try columns.next()
        )
        var cohort = FindCohorts.Cohort(
            month: month, issuerCityId: city, currency: currency, issued: issued, redeemed: try columns.next(),
            reversed: try columns.next(), expired: try columns.next(), refunded: try columns.next(),
            moved: try columns.next(), owed: try columns.next(), unclaimedBasisPoints: 0,
            meanDaysToRedemption: try columns.next(), spent: [])
        cohort.spent = try months.map { .init(months: $0, redeemed: try columns.next()) }
        let unclaimed = Int128(cohort.owed) + Int128(cohort.expired)
        cohort.unclaimedBasisPoints = issued > 0 ? Int64(clamping: unclaimed * 10_000 / Int128(issued)) : 0
        return cohort
    }
}

extension Parameters {
    /// The first day of the first month, and the first after the last.
    fileprivate mutating func addMonths(_ from: Month, _ until: Month) {
        add(from.firstDay.date)
        add(until.advanced(by: 1).firstDay.date)
    }
}
