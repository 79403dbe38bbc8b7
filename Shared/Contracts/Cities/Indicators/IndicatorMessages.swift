public import FoundationEssentials

/// How far a figure can be trusted.
public enum IndicatorStatus: String, Codable, CaseIterable, Sendable {
    /// The source says that it may change.
    case provisional
    /// It may be revised only with a reason.
    case final
}

/// Sets values of indicators of one city, all of them or, if one is refused, none: `cities.set-indicator.v1`.
///
/// A value that stands there already is left as it is, so a repeat does no harm; another one becomes the next version, and
/// the earlier is kept. Refused with `city-unknown`; `version-differs`, the present version by field; `reason-missing` where
/// a final value would change.
public struct SetIndicator: ReasonedCommand {
    /// `cities.set-indicator.v1`.
    public static let type = MessageType(.cities, .command, "set-indicator")
    /// Years of figures come at once.
    public static let queue = QueueName.bulk
    /// The most values in one command.
    public static let valuesMax = 500

    /// One figure.
    public struct Value: Codable, Hashable, Sendable {
        /// What is counted: `population`, `shops-open`, `vacancy-rate`.
        public var indicator: String
        /// What time it is about.
        public var period: IndicatorPeriod
        /// The figure.
        public var value: DecimalNumber
        /// What it is counted in: `persons`, `%`, `EUR`.
        public var unit: String
        /// Who says so.
        public var source: String
        /// Provisional or final.
        public var status: IndicatorStatus
        /// The version that is to be revised, 0 for none; if absent whichever there is, since no earlier value is lost.
        public var expectedVersion: Int64?

        /// Makes a figure.
        public init(
            indicator: String, period: IndicatorPeriod, value: DecimalNumber, unit: String, source: String,
            status: IndicatorStatus, expectedVersion: Int64? = nil
        ) {
            self.indicator = indicator
            self.period = period
            self.value = value
            self.unit = unit
            self.source = source
            self.status = status
            self.expectedVersion = expectedVersion
        }
    }

    /// Whose figures they are.
    public var cityId: UUID
    /// 1 to 500, each indicator and period once.
    public var values: [Value]
    /// Why, for people.
    public var reason: String?

    /// Makes the command.
    public init(cityId: UUID, values: [Value], reason: String? = nil) {
        self.cityId = cityId
        self.values = values
        self.reason = reason
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? { cityId.text }

    /// Names each field that breaks the contract.
    public func validate() throws(Problem) {
        var checks = Checks()
        checks.require(
            (1...SetIndicator.valuesMax).contains(values.count), "values", "must be 1 to \(SetIndicator.valuesMax)")
        var keys: Set<IndicatorKey> = []
        for (index, value) in values.prefix(SetIndicator.valuesMax).enumerated() {
            checks.indicator(value.indicator, "values[\(index)].indicator")
            checks.text(value.unit, "values[\(index)].unit", max: 32)
            checks.text(value.source, "values[\(index)].source")
            checks.require((value.expectedVersion ?? 0) >= 0, "values[\(index)].expectedVersion", "must not be below 0")
            let key = IndicatorKey(cityId: cityId, indicator: value.indicator, period: value.period)
            checks.require(keys.insert(key).inserted, "values[\(index)]", "is there twice")
        }
        if let reason {
            checks.text(reason, "reason", max: 500)
            checks.require(reason.utf8.count <= 500, "reason", "must have at most 500 bytes")
        }
        try checks.finish()
    }

    /// What became of the values.
    public struct Reply: Codable, Equatable, Sendable {
        /// Those that are new or revised.
        public var set: Int
        /// Those that stood there already.
        public var unchanged: Int

        /// Makes the answer.
        public init(set: Int, unchanged: Int) {
            self.set = set
            self.unchanged = unchanged
        }
    }
}

/// A figure has this value now: `cities.indicator-set.v1` (state).
public struct IndicatorSet: AuditedEvent {
    /// `cities.indicator-set.v1`.
    public static let type = MessageType(.cities, .event, "indicator-set")

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

    /// Makes the event.
    public init(
        cityId: UUID, indicator: String, period: IndicatorPeriod, value: DecimalNumber, unit: String, source: String,
        status: IndicatorStatus, version: Int64
    ) {
        self.cityId = cityId
        self.indicator = indicator
        self.period = period
        self.value = value
        self.unit = unit
        self.source = source
        self.status = status
        self.version = version
    }

    /// Messages about one thing keep their order.
    public var orderingKey: String? {
        IndicatorKey(cityId: cityId, indicator: indicator, period: period).description
    }
    /// The thing's version.
    public var sequence: Int64? { version }
    /// The city.
    public var auditedId: UUID { cityId }
}
