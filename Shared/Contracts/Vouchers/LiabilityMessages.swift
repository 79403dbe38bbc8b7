public import FoundationEssentials

/// Asks what cities owed to the holders of vouchers at the end of a day, by the age of the vouchers:
/// `vouchers.get-liability.v1`.
///
/// The figures are kept by day from the journal and reach to `postedUntil`, a few seconds behind it.
public struct GetLiability: Query {
    /// `vouchers.get-liability.v1`.
    public static let type = MessageType(.vouchers, .query, "get-liability")

    /// The day, in UTC; as it is now if absent.
    public var day: Day?
    /// One city; every city if absent, which is for administrators.
    public var cityId: UUID?
    /// Cities at once, 1 to 100; 50 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: UUID?

    /// Makes the query.
    public init(day: Day? = nil, cityId: UUID? = nil, limit: Int? = nil, after: UUID? = nil) {
        self.day = day
        self.cityId = cityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// What is owed for vouchers of one age.
    public struct Age: Codable, Equatable, Sendable {
        /// Issued at least so many months before the month of the day.
        public var fromMonths: Int
        /// And less than so many; without end if absent.
        public var beforeMonths: Int?
        /// In minor units.
        public var owed: Int64

        /// Makes an age.
        public init(fromMonths: Int, beforeMonths: Int?, owed: Int64) {
            self.fromMonths = fromMonths
            self.beforeMonths = beforeMonths
            self.owed = owed
        }
    }

    /// What a city owes in one currency.
    public struct Line: Codable, Equatable, Sendable {
        /// The city that issued.
        public var issuerCityId: UUID
        /// ISO 4217.
        public var currency: String
        /// In minor units, what is held included.
        public var owed: Int64
        /// Of it, what is held for shops.
        public var held: Int64
        /// The same by age, youngest first; ages with nothing owed are left out.
        public var ages: [Age]

        /// Makes a line.
        public init(issuerCityId: UUID, currency: String, owed: Int64, held: Int64, ages: [Age]) {
            self.issuerCityId = issuerCityId
            self.currency = currency
            self.owed = owed
            self.held = held
            self.ages = ages
        }
    }

    /// A page of cities.
    public struct Reply: Codable, Equatable, Sendable {
        /// The day that it is about.
        public var day: Day
        /// Up to when the journal is in the figures.
        public var postedUntil: Timestamp
        /// By city, then by currency; none for a city that owes nothing.
        public var lines: [Line]
        /// What to send as `after` for the next page; absent on the last.
        public var next: UUID?

        /// Makes a page.
        public init(day: Day, postedUntil: Timestamp, lines: [Line], next: UUID?) {
            self.day = day
            self.postedUntil = postedUntil
            self.lines = lines
            self.next = next
        }
    }
}

/// Asks whose vouchers were spent where: `vouchers.get-redemption-matrix.v1`.
public struct GetRedemptionMatrix: Query {
    /// `vouchers.get-redemption-matrix.v1`.
    public static let type = MessageType(.vouchers, .query, "get-redemption-matrix")

    /// The first month.
    public var from: Month
    /// The last month.
    public var until: Month
    /// Only vouchers of this city, and what was spent in it; every city if absent, which is for administrators.
    public var cityId: UUID?
    /// 1 to 500; 500 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Key?

    /// Makes the query.
    public init(from: Month, until: Month, cityId: UUID? = nil, limit: Int? = nil, after: Key? = nil) {
        self.from = from
        self.until = until
        self.cityId = cityId
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.months(from, until)
        if let limit { checks.require((1...500).contains(limit), "limit", "must be 1 to 500") }
        try checks.finish()
    }

    /// A place in the list.
    public struct Key: Codable, Equatable, Sendable {
        /// The city that issued.
        public var issuerCityId: UUID
        /// The city of the shop.
        public var cityId: UUID
        /// ISO 4217.
        public var currency: String

        /// Makes a place.
        public init(issuerCityId: UUID, cityId: UUID, currency: String) {
            self.issuerCityId = issuerCityId
            self.cityId = cityId
            self.currency = currency
        }
    }

    /// One city's vouchers spent in one city.
    public struct Cell: Codable, Equatable, Sendable {
        /// The city that issued.
        public var issuerCityId: UUID
        /// The city of the shop.
        public var cityId: UUID
        /// ISO 4217.
        public var currency: String
        /// In minor units.
        public var redeemed: Int64
        /// What was taken back in these months, whenever it was spent.
        public var reversed: Int64
        /// How often.
        public var redemptions: Int64

        /// Makes a cell.
        public init(
            issuerCityId: UUID, cityId: UUID, currency: String, redeemed: Int64, reversed: Int64, redemptions: Int64
        ) {
            self.issuerCityId = issuerCityId
            self.cityId = cityId
            self.currency = currency
            self.redeemed = redeemed
            self.reversed = reversed
            self.redemptions = redemptions
        }
    }

    /// A page of cells.
    public struct Reply: Codable, Equatable, Sendable {
        /// By the city that issued, then by the other, then by currency.
        public var cells: [Cell]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Key?

        /// Makes a page.
        public init(cells: [Cell], next: Key?) {
            self.cells = cells
            self.next = next
        }
    }
}

extension Checks {
    /// Requires months in their order, at most ten years.
    mutating func months(_ from: Month, _ until: Month) {
        require(from <= until, "until", "is before from")
        require(until.number - from.number < 120, "until", "is more than 120 months after from")
    }
}
