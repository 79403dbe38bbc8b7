import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells what laws and agreements fix, country by country: `vouchers.find-policies.v1`.
struct TellPolicies: QueryHandler {
    static let access: AccessRule<FindPolicies> = .administrators
    /// Countries on a page unless the query says otherwise.
    static let pageDefault = 25

    func answer(_ query: FindPolicies, from asker: Asker, reading database: Pool) async throws -> FindPolicies.Reply {
        let limit = query.limit ?? Self.pageDefault
        let today = Day(of: Timestamp(Date()))
        let found = try await database.execute(SearchPolicyCountries(query: query, max: limit + 1))
        let page = Array(found.prefix(limit))
        let (rates, rules, caps, limits) = try await database.execute(
            ReadFeeVATRates(countries: page, from: today, max: FindPolicies.entriesMax),
            ReadExpiryRules(countries: page),
            ReadBenefitCaps(countries: page, from: Int(today.date.components.year), max: FindPolicies.entriesMax),
            ReadLimitedNetworkLimits(countries: page))
        let countries = page.map { country in
            CountryPolicies(
                country: country, feeVATRates: rates.filter { $0.country == country },
                expiry: rules.first { $0.country == country }, benefitCaps: caps.filter { $0.country == country },
                limitedNetworkLimit: limits.first { $0.country == country })
        }
        return FindPolicies.Reply(day: today, countries: countries, next: found.count > limit ? page.last : nil)
    }
}
