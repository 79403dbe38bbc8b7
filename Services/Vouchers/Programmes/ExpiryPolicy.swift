import Contracts
import FoundationEssentials
import Postgres

/// What the law of a country says about how long a voucher lives.
struct ExpiryPolicy: Hashable, Sendable {
    /// ISO 3166-1, two letters.
    var country: String
    /// A printed validity is at least so long; no least if absent.
    var validityMonthsMin: Int?
    /// Every voucher says how long it can be spent.
    var validityRequired = false
    /// How long the money can be claimed; for ever if absent.
    var limitation: Limitation?

    /// Why a printed validity is not allowed.
    func refusal(of validity: PrintedValidity?) -> ProgrammeRefusal? {
        guard let validity else { return validityRequired ? .validityMissing(country: country) : nil }
        if let least = validityMonthsMin, validity.months < least {
            return .validityTooShort(country: country, months: least)
        }
        return nil
    }
}

/// A city as far as programmes are about it.
struct KnownCity: Hashable, Sendable {
    var cityId: UUID
    /// Absent until the registry has said it.
    var country: String?
}

/// Reads the countries of cities.
struct ReadCountries: Statement {
    static let sql = "SELECT city_id, country FROM city WHERE city_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> KnownCity {
        KnownCity(cityId: try columns.next(), country: try columns.next())
    }
}

/// Reads the policies of all countries: there are a few.
struct ReadExpiryPolicies: Statement {
    static let sql = """
        SELECT country, validity_months_min, validity_required, limitation_years, limitation_to_end_of_year
        FROM expiry_policy
        """

    static func row(_ columns: inout Columns) throws -> ExpiryPolicy {
        let (country, least, required): (String, Int32?, Bool) =
            (try columns.next(), try columns.next(), try columns.next())
        let (years, toEndOfYear): (Int32?, Bool) = (try columns.next(), try columns.next())
        return ExpiryPolicy(
            country: country, validityMonthsMin: least.map { Int($0) }, validityRequired: required,
            limitation: years.map { Limitation(years: Int($0), toEndOfYear: toEndOfYear) })
    }
}
