public import FoundationEssentials

/// Asks what was sold and spent by month, city and category of shops: `vouchers.find-monthly-figures.v1`.
public struct FindMonthlyFigures: Query {
    /// `vouchers.find-monthly-figures.v1`.
    public static let type = MessageType(.vouchers, .query, "find-monthly-figures")

    /// The first month.
    public var from: Month
    /// The last month.
    public var until: Month
    /// One city; every city if absent, which is for administrators.
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
        /// The month.
        public var month: Month
        /// The city.
        public var cityId: UUID
        /// ISO 4217.
        public var currency: String
        /// Absent where the line has none.
        public var category: String?

        /// Makes a place.
        public init(month: Month, cityId: UUID, currency: String, category: String?) {
            self.month = month
            self.cityId = cityId
            self.currency = currency
            self.category = category
        }
    }

    /// A month of a city in one currency, and of its shops of one category.
    public struct Line: Codable, Equatable, Sendable {
        /// The month.
        public var month: Month
        /// The city that sold, and where was spent.
        public var cityId: UUID
        /// ISO 4217.
        public var currency: String
        /// Of the shops; absent for shops without one, and on the line that has what was sold.
        public var category: String?
        /// What the city sold or gave away, in minor units.
        public var issued: Int64
        /// What was spent in its shops, of whichever city's vouchers.
        public var redeemed: Int64
        /// What was taken back in this month, whenever it was spent.
        public var reversed: Int64
        /// How often was spent.
        public var redemptions: Int64

        /// Makes a line.
        public init(
            month: Month, cityId: UUID, currency: String, category: String?, issued: Int64, redeemed: Int64,
            reversed: Int64, redemptions: Int64
        ) {
            self.month = month
            self.cityId = cityId
            self.currency = currency
            self.category = category
            self.issued = issued
            self.redeemed = redeemed
            self.reversed = reversed
            self.redemptions = redemptions
        }
    }

    /// A page of lines.
    public struct Reply: Codable, Equatable, Sendable {
        /// By month, city, currency, category.
        public var lines: [Line]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Key?

        /// Makes a page.
        public init(lines: [Line], next: Key?) {
            self.lines = lines
            self.next = next
        }
    }
}

/// Asks what became of the vouchers of a month: how soon they were spent, what is left, what nobody will claim any more:
/// `vouchers.find-cohorts.v1`.
public struct FindCohorts: Query {
    /// `vouchers.find-cohorts.v1`.
    public static let type = MessageType(.vouchers, .query, "find-cohorts")

    /// The first month of issue.
    public var from: Month
    /// The last month of issue.
    public var until: Month
    /// One city; every city if absent, which is for administrators.
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
        /// The month of issue.
        public var month: Month
        /// The city that issued.
        public var issuerCityId: UUID
        /// ISO 4217.
        public var currency: String

        /// Makes a place.
        public init(month: Month, issuerCityId: UUID, currency: String) {
            self.month = month
            self.issuerCityId = issuerCityId
            self.currency = currency
        }
    }

    /// What was spent by a time.
    public struct Spent: Codable, Equatable, Sendable {
        /// By the end of this month, the month of issue being the first.
        public var months: Int
        /// In minor units.
        public var redeemed: Int64

        /// Makes it.
        public init(months: Int, redeemed: Int64) {
            self.months = months
            self.redeemed = redeemed
        }
    }

    /// The vouchers that a city issued in one month, in one currency; all in minor units.
    public struct Cohort: Codable, Equatable, Sendable {
        /// The month of issue.
        public var month: Month
        /// The city that issued.
        public var issuerCityId: UUID
        /// ISO 4217.
        public var currency: String
        /// What they were issued for.
        public var issued: Int64
        /// What was spent of it.
        public var redeemed: Int64
        /// What of that was taken back.
        public var reversed: Int64
        /// What nobody may claim any more.
        public var expired: Int64
        /// What was paid back to holders, or taken back before it was spent.
        public var refunded: Int64
        /// What came from vouchers of other months by replacement and exchange, less what went there.
        public var moved: Int64
        /// What is still owed.
        public var owed: Int64
        /// What is owed or expired, in ten-thousandths of what was issued: breakage, if it is never claimed.
        public var unclaimedBasisPoints: Int64
        /// How many days lay between sale and spending, on average over what was spent; absent if nothing was.
        public var meanDaysToRedemption: Int64?
        /// What was spent by the end of the 1st, 3rd, 6th, 12th, 24th and 36th month.
        public var spent: [Spent]

        /// Makes a cohort.
        public init(
            month: Month, issuerCityId: UUID, currency: String, issued: Int64, redeemed: Int64, reversed: Int64,
            expired: Int64, refunded: Int64, moved: Int64, owed: Int64, unclaimedBasisPoints: Int64,
            meanDaysToRedemption: Int64?, spent: [Spent]
        ) {
            self.month = month
            self.issuerCityId = issuerCityId
            self.currency = currency
            self.issued = issued
            self.redeemed = redeemed
            self.reversed = reversed
            self.expired = expired
            self.refunded = refunded
            self.moved = moved
            self.owed = owed
            self.unclaimedBasisPoints = unclaimedBasisPoints
            self.meanDaysToRedemption = meanDaysToRedemption
            self.spent = spent
        }
    }

    /// A page of cohorts.
    public struct Reply: Codable, Equatable, Sendable {
        /// By month of issue, city, currency.
        public var cohorts: [Cohort]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Key?

        /// Makes a page.
        public init(cohorts: [Cohort], next: Key?) {
            self.cohorts = cohorts
            self.next = next
        }
    }
}

/// Checks one piece of the ledger against the journal: `vouchers.find-ledger-mistakes.v1`.
///
/// Ask without `after`, then with the `next` of each answer until there is none: months of the journal, ranges of vouchers
/// and redemptions, reversals, ranges of holds, settlement, the figures that reports are made of. Refused with `piece-unknown`,
/// and with `verification-busy` (retryable) while another piece is being checked.
public struct FindLedgerMistakes: Query {
    /// `vouchers.find-ledger-mistakes.v1`.
    public static let type = MessageType(.vouchers, .query, "find-ledger-mistakes")

    /// Which piece: the `next` of an earlier answer; the first if absent.
    public var after: String?

    /// Makes the query.
    public init(after: String? = nil) {
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let after { checks.text(after, "after", max: 64) }
        try checks.finish()
    }

    /// Something that is not as it must be.
    public struct Finding: Codable, Equatable, Sendable {
        /// Which rule is broken, as `entry-unbalanced` or `voucher-balance`.
        public var check: String
        /// What breaks it: an entry, a voucher, a redemption, a day.
        public var subject: String
        /// ISO 4217, where it is about one.
        public var currency: String?
        /// What should stand there, in minor units.
        public var expected: Int64?
        /// What stands there.
        public var found: Int64?

        /// Makes a finding.
        public init(check: String, subject: String, currency: String?, expected: Int64?, found: Int64?) {
            self.check = check
            self.subject = subject
            self.currency = currency
            self.expected = expected
            self.found = found
        }
    }

    /// What came of a piece.
    public struct Reply: Codable, Equatable, Sendable {
        /// Which it was.
        public var piece: String
        /// How many rows were checked.
        public var rows: Int64
        /// What is wrong, at most 100 of each rule's.
        public var findings: [Finding]
        /// Whether there are more than are listed.
        public var hasMoreFindings: Bool
        /// What to send as `after` for the next piece; absent on the last.
        public var next: String?

        /// Makes an answer.
        public init(piece: String, rows: Int64, findings: [Finding], hasMoreFindings: Bool, next: String?) {
            self.piece = piece
            self.rows = rows
            self.findings = findings
            self.hasMoreFindings = hasMoreFindings
            self.next = next
        }
    }
}

extension Catalogue {
    static let reports = Group(
        requests: [
            Entry(GetLiability.self), Entry(GetRedemptionMatrix.self), Entry(FindMonthlyFigures.self),
            Entry(FindCohorts.self), Entry(FindLedgerMistakes.self),
        ], events: [])
}
