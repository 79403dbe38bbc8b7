/// What holds and what will hold in a country.
public struct CountryPolicies: Codable, Hashable, Sendable {
    /// ISO 3166-1, two letters.
    public var country: String
    /// The tax on fees: the rate that holds, and the next ones, by their first days; none if nobody has set one.
    public var feeVATRates: [FeeVATRate]
    /// How long vouchers live; absent if nobody has said so.
    public var expiry: ExpiryRule?
    /// What employees may be given: the cap that holds, and the next ones, by their years.
    public var benefitCaps: [BenefitCap]
    /// What must be notified; absent if nobody has said so.
    public var limitedNetworkLimit: LimitedNetworkLimit?

    /// Makes them.
    public init(
        country: String, feeVATRates: [FeeVATRate], expiry: ExpiryRule?, benefitCaps: [BenefitCap],
        limitedNetworkLimit: LimitedNetworkLimit?
    ) {
        self.country = country
        self.feeVATRates = feeVATRates
        self.expiry = expiry
        self.benefitCaps = benefitCaps
        self.limitedNetworkLimit = limitedNetworkLimit
    }
}

/// Finds what laws and agreements fix, country by country: `vouchers.find-policies.v1`.
///
/// Every country that has a policy or a city is told of, also where nothing is set yet.
public struct FindPolicies: Query {
    /// `vouchers.find-policies.v1`.
    public static let type = MessageType(.vouchers, .query, "find-policies")
    /// The rates and caps of a country that an answer has room for: the one that holds, and those that come next.
    public static let entriesMax = 10

    /// One country; all if absent.
    public var country: String?
    /// Countries on a page, 1 to 100; 25 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: String?

    /// Makes the query.
    public init(country: String? = nil, limit: Int? = nil, after: String? = nil) {
        self.country = country
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let country { checks.country(country) }
        checks.page(limit, max: 100)
        if let after { checks.text(after, "after", max: 2) }
        try checks.finish()
    }

    /// A page.
    public struct Reply: Codable, Equatable, Sendable {
        /// The day that they are told for: the present one, in UTC.
        public var day: Day
        /// In the order of their letters.
        public var countries: [CountryPolicies]
        /// Where the next page begins, if there is one.
        public var next: String?

        /// Makes the answer.
        public init(day: Day, countries: [CountryPolicies], next: String?) {
            self.day = day
            self.countries = countries
            self.next = next
        }
    }
}
