public import FoundationEssentials

/// Finds the present values of indicators, by city, then by indicator, then by period: `cities.find-indicators.v1`.
public struct FindIndicators: Query {
    /// `cities.find-indicators.v1`.
    public static let type = MessageType(.cities, .query, "find-indicators")

    /// One city's; every city's if absent.
    public var cityId: UUID?
    /// One indicator; every indicator if absent.
    public var indicator: String?
    /// Periods that begin no earlier than this one begins.
    public var from: IndicatorPeriod?
    /// Periods that end no later than this one ends: `from` and `until` of `2024` are all that lies in that year.
    public var until: IndicatorPeriod?
    /// 1 to 100; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: IndicatorKey?

    /// Makes the query.
    public init(
        cityId: UUID? = nil, indicator: String? = nil, from: IndicatorPeriod? = nil, until: IndicatorPeriod? = nil,
        limit: Int? = nil, after: IndicatorKey? = nil
    ) {
        self.cityId = cityId
        self.indicator = indicator
        self.from = from
        self.until = until
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        if let indicator { checks.indicator(indicator, "indicator") }
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// A present value.
    public struct Value: Codable, Equatable, Sendable {
        /// The city.
        public var cityId: UUID
        /// What is counted.
        public var indicator: String
        /// What time it is about.
        public var period: IndicatorPeriod
        /// The figure.
        public var value: DecimalNumber
        /// What it is counted in.
        public var unit: String
        /// Who says so.
        public var source: String
        /// Provisional or final.
        public var status: IndicatorStatus
        /// 1 at first, and one more with each revision.
        public var version: Int64
        /// Since when this version stands.
        public var setAt: Timestamp

        /// Makes a value.
        public init(
            cityId: UUID, indicator: String, period: IndicatorPeriod, value: DecimalNumber, unit: String,
            source: String, status: IndicatorStatus, version: Int64, setAt: Timestamp
        ) {
            self.cityId = cityId
            self.indicator = indicator
            self.period = period
            self.value = value
            self.unit = unit
            self.source = source
            self.status = status
            self.version = version
            self.setAt = setAt
        }
    }

    /// A page of values.
    public struct Reply: Codable, Equatable, Sendable {
        /// The values.
        public var values: [Value]
        /// What to send as `after` for the next page; absent on the last.
        public var next: IndicatorKey?

        /// Makes a page.
        public init(values: [Value], next: IndicatorKey?) {
            self.values = values
            self.next = next
        }
    }
}

/// Gets what a value has been, the newest version first: `cities.get-indicator-history.v1`.
///
/// Refused with `indicator-unknown`.
public struct GetIndicatorHistory: Query {
    /// `cities.get-indicator-history.v1`.
    public static let type = MessageType(.cities, .query, "get-indicator-history")

    /// The city.
    public var cityId: UUID
    /// What is counted.
    public var indicator: String
    /// What time it is about.
    public var period: IndicatorPeriod
    /// 1 to 100; 100 if absent.
    public var limit: Int?
    /// Where to go on: the `next` of an earlier answer.
    public var after: Int64?

    /// Makes the query.
    public init(
        cityId: UUID, indicator: String, period: IndicatorPeriod, limit: Int? = nil, after: Int64? = nil
    ) {
        self.cityId = cityId
        self.indicator = indicator
        self.period = period
        self.limit = limit
        self.after = after
    }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.indicator(indicator, "indicator")
        if let limit { checks.require((1...100).contains(limit), "limit", "must be 1 to 100") }
        try checks.finish()
    }

    /// One version of a value.
    public struct Revision: Codable, Equatable, Sendable {
        /// 1 for the first.
        public var version: Int64
        /// The figure.
        public var value: DecimalNumber
        /// What it was counted in.
        public var unit: String
        /// Who said so.
        public var source: String
        /// Provisional or final.
        public var status: IndicatorStatus
        /// When it was set.
        public var setAt: Timestamp
        /// The broker user who set it, if they said who they are.
        public var setBy: String?
        /// Why, if it was said.
        public var reason: String?

        /// Makes a version.
        public init(
            version: Int64, value: DecimalNumber, unit: String, source: String, status: IndicatorStatus,
            setAt: Timestamp, setBy: String?, reason: String?
        ) {
            self.version = version
            self.value = value
            self.unit = unit
            self.source = source
            self.status = status
            self.setAt = setAt
            self.setBy = setBy
            self.reason = reason
        }
    }

    /// A page of versions.
    public struct Reply: Codable, Equatable, Sendable {
        /// The versions, the newest first.
        public var revisions: [Revision]
        /// What to send as `after` for the next page; absent on the last.
        public var next: Int64?

        /// Makes a page.
        public init(revisions: [Revision], next: Int64?) {
            self.revisions = revisions
            self.next = next
        }
    }
}
