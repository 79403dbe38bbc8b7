import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Keeps others from setting policies until the end of the transaction; reading goes on.
///
/// The whole tables: what is set for the first time has no row that could be locked, and nobody sets policies often.
struct LockPolicies: Statement {
    static let sql = """
        LOCK TABLE fee_vat_rate, expiry_policy, benefit_policy, limited_network_limit IN SHARE ROW EXCLUSIVE MODE
        """
}

/// Finds the countries that have a policy or a city.
struct SearchPolicyCountries: Statement {
    static let sql = """
        SELECT country FROM (
            SELECT country FROM fee_vat_rate UNION SELECT country FROM expiry_policy UNION SELECT country FROM benefit_policy
            UNION SELECT country FROM limited_network_limit UNION SELECT country FROM city WHERE country IS NOT NULL) AS known
        WHERE ($1::text IS NULL OR country = $1) AND ($2::text IS NULL OR country > $2)
        ORDER BY country LIMIT $3
        """
    var query: FindPolicies
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.country)
        parameters.add(query.after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}

/// Reads the tax on fees in some countries: all rates, or the one that holds on a day and so many in all.
struct ReadFeeVATRates: Statement {
    static let sql = """
        SELECT rate.policy_id, rate.country, rate.from_day, rate.basis_points, rate.version
        FROM unnest($1::text[]) AS wanted (country) CROSS JOIN LATERAL (
            SELECT * FROM fee_vat_rate WHERE fee_vat_rate.country = wanted.country AND from_day >= coalesce((
                SELECT max(from_day) FROM fee_vat_rate AS held
                WHERE held.country = wanted.country AND held.from_day <= $2), '-infinity')
            ORDER BY from_day LIMIT $3) AS rate
        ORDER BY rate.country, rate.from_day
        """
    var countries: [String]
    var from: Day?
    var max: Int?

    func bind(_ parameters: inout Parameters) {
        parameters.add(countries)
        parameters.add(from?.date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> FeeVATRate {
        FeeVATRate(
            policyId: try columns.next(), country: try columns.next(),
            firstDay: Day(try columns.next(CalendarDate.self)), basisPoints: Int(try columns.next(Int32.self)),
            version: try columns.next())
    }
}

/// Where the last settlement of a country ended that has used a rate of tax on fees.
struct SettledDay: Hashable, Sendable {
    var country: String
    /// The first day that is not in it.
    var until: Day
}

/// Reads where the last settlements ended that have used rates of tax on fees, and are closed or being closed.
struct ReadSettledDays: Statement {
    static let sql = """
        SELECT country, max(until_day) FROM settlement_statement JOIN settlement_run USING (run_id) JOIN city USING (city_id)
        WHERE country = ANY ($1) AND state NOT IN ('preparing', 'prepared') AND fee <> 0 AND fee_vat_basis_points IS NOT NULL
        GROUP BY country
        """
    var countries: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(countries)
    }

    static func row(_ columns: inout Columns) throws -> SettledDay {
        SettledDay(country: try columns.next(), until: Day(try columns.next(CalendarDate.self)))
    }
}

/// Writes rates of tax on fees.
struct WriteFeeVATRates: Statement {
    static let sql = """
        INSERT INTO fee_vat_rate (policy_id, country, from_day, basis_points, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[], $4::integer[], $5::bigint[])
        ON CONFLICT (country, from_day) DO UPDATE SET basis_points = excluded.basis_points, version = excluded.version
        """
    var rates: [FeeVATRate]

    func bind(_ parameters: inout Parameters) {
        parameters.add(rates.map(\.policyId))
        parameters.add(rates.map(\.country))
        parameters.add(rates.map(\.firstDay.date))
        parameters.add(rates.map { Int32(clamping: $0.basisPoints) })
        parameters.add(rates.map(\.version))
    }
}

/// Reads how long vouchers live in some countries.
struct ReadExpiryRules: Statement {
    static let sql = """
        SELECT policy_id, country, validity_months_min, validity_required, limitation_years, limitation_to_end_of_year, version
        FROM expiry_policy WHERE country = ANY ($1) ORDER BY country
        """
    var countries: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(countries)
    }

    static func row(_ columns: inout Columns) throws -> ExpiryRule {
        let (id, country): (UUID, String) = (try columns.next(), try columns.next())
        let (least, required): (Int32?, Bool) = (try columns.next(), try columns.next())
        let (years, toEndOfYear): (Int32?, Bool) = (try columns.next(), try columns.next())
        return ExpiryRule(
            policyId: id, country: country, validityMonthsMin: least.map { Int($0) }, validityRequired: required,
            limitation: years.map { Limitation(years: Int($0), toEndOfYear: toEndOfYear) }, version: try columns.next())
    }
}

/// Writes how long vouchers live.
struct WriteExpiryRules: Statement {
    static let sql = """
        INSERT INTO expiry_policy (policy_id, country, validity_months_min, validity_required, limitation_years,
            limitation_to_end_of_year, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::boolean[], $5::integer[], $6::boolean[], $7::bigint[])
        ON CONFLICT (country) DO UPDATE SET validity_months_min = excluded.validity_months_min,
            validity_required = excluded.validity_required, limitation_years = excluded.limitation_years,
            limitation_to_end_of_year = excluded.limitation_to_end_of_year, version = excluded.version
        """
    var rules: [ExpiryRule]

    func bind(_ parameters: inout Parameters) {
        parameters.add(rules.map(\.policyId))
        parameters.add(rules.map(\.country))
        parameters.add(rules.map { $0.validityMonthsMin.map { Int32(clamping: $0) } })
        parameters.add(rules.map(\.validityRequired))
        parameters.add(rules.map { $0.limitation.map { Int32(clamping: $0.years) } })
        parameters.add(rules.map { $0.limitation?.toEndOfYear ?? false })
        parameters.add(rules.map(\.version))
    }
}

/// Reads what employees may be given in some countries: all caps, or the one that holds in a year and so many in all.
struct ReadBenefitCaps: Statement {
    static let sql = """
        SELECT entry.policy_id, entry.country, entry.from_year, entry.cap, entry.currency, entry.version
        FROM unnest($1::text[]) AS wanted (country) CROSS JOIN LATERAL (
            SELECT * FROM benefit_policy WHERE benefit_policy.country = wanted.country AND from_year >= coalesce((
                SELECT max(from_year) FROM benefit_policy AS held
                WHERE held.country = wanted.country AND held.from_year <= $2), 0)
            ORDER BY from_year LIMIT $3) AS entry
        ORDER BY entry.country, entry.from_year
        """
    var countries: [String]
    var from: Int?
    var max: Int?

    func bind(_ parameters: inout Parameters) {
        parameters.add(countries)
        parameters.add(from.map { Int32(clamping: $0) })
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> BenefitCap {
        BenefitCap(
            policyId: try columns.next(), country: try columns.next(), fromYear: Int(try columns.next(Int32.self)),
            cap: Money(try columns.next(), try columns.next()), version: try columns.next())
    }
}

/// Writes what employees may be given.
struct WriteBenefitCaps: Statement {
    static let sql = """
        INSERT INTO benefit_policy (policy_id, country, from_year, currency, cap, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::bigint[], $6::bigint[])
        ON CONFLICT (country, from_year)
            DO UPDATE SET currency = excluded.currency, cap = excluded.cap, version = excluded.version
        """
    var caps: [BenefitCap]

    func bind(_ parameters: inout Parameters) {
        parameters.add(caps.map(\.policyId))
        parameters.add(caps.map(\.country))
        parameters.add(caps.map { Int32(clamping: $0.fromYear) })
        parameters.add(caps.map(\.cap.currency))
        parameters.add(caps.map(\.cap.amount))
        parameters.add(caps.map(\.version))
    }
}

/// Reads what must be notified in some countries.
struct ReadLimitedNetworkLimits: Statement {
    static let sql = """
        SELECT policy_id, country, amount, currency, warn_percent, version FROM limited_network_limit
        WHERE country = ANY ($1) ORDER BY country
        """
    var countries: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(countries)
    }

    static func row(_ columns: inout Columns) throws -> LimitedNetworkLimit {
        LimitedNetworkLimit(
            policyId: try columns.next(), country: try columns.next(),
            limit: Money(try columns.next(), try columns.next()), warnPercent: Int(try columns.next(Int32.self)),
            version: try columns.next())
    }
}

/// Writes what must be notified.
struct WriteLimitedNetworkLimits: Statement {
    static let sql = """
        INSERT INTO limited_network_limit (policy_id, country, amount, currency, warn_percent, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[], $5::integer[], $6::bigint[])
        ON CONFLICT (country) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
            warn_percent = excluded.warn_percent, version = excluded.version
        """
    var limits: [LimitedNetworkLimit]

    func bind(_ parameters: inout Parameters) {
        parameters.add(limits.map(\.policyId))
        parameters.add(limits.map(\.country))
        parameters.add(limits.map(\.limit.amount))
        parameters.add(limits.map(\.limit.currency))
        parameters.add(limits.map { Int32(clamping: $0.warnPercent) })
        parameters.add(limits.map(\.version))
    }
}
