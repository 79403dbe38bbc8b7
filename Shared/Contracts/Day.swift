/// A day of the Gregorian calendar: `YYYY-MM-DD` on the wire.
///
/// What takes effect on a day takes effect at its first moment in UTC, everywhere and for everybody.
public struct Day: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1 January 1970, within the years 0 to 9999.
    public let number: Int

    private static let milliseconds: Int64 = 86_400_000

    /// Reads `YYYY-MM-DD`; `nil` if it is anything else, or no day of the calendar.
    public init?(_ text: String) {
        guard text.utf8.count == 10, let start = Timestamp("\(text)T00:00:00Z") else { return nil }
        self.init(of: start)
    }

    /// The day in UTC that a point in time belongs to.
    public init(of time: Timestamp) {
        let intoDay = (time.milliseconds % Day.milliseconds + Day.milliseconds) % Day.milliseconds
        number = Int((time.milliseconds - intoDay) / Day.milliseconds)
    }

    /// The nearest day that the wire can say.
    public init(number: Int) {
        let bounded = min(max(number, -1_000_000), 10_000_000)
        self.init(of: Timestamp(milliseconds: Int64(bounded) * Day.milliseconds))
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let day = Day(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a day as in YYYY-MM-DD")
        }
        self = day
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `2026-12-01`.
    public var description: String {
        String(Timestamp(milliseconds: Int64(number) * Day.milliseconds).description.prefix(10))
    }

    /// The day so many days later, or earlier.
    public func advanced(by days: Int) -> Day {
        Day(number: number + min(max(days, -10_000_000), 10_000_000))
    }

    /// Earlier before later.
    public static func < (one: Day, other: Day) -> Bool {
        one.number < other.number
    }
}

/// The days on which something is in force: from its first day up to, and without, its last.
public struct Period: Codable, Hashable, Sendable {
    /// The first day.
    public var from: Day
    /// The first day on which it is no longer in force; open if absent.
    public var until: Day?

    /// Makes a period.
    public init(from: Day, until: Day? = nil) {
        self.from = from
        self.until = until
    }

    /// Whether the period has no day.
    public var isEmpty: Bool { until.map { $0 <= from } ?? false }

    /// Whether a day belongs to it.
    public func contains(_ day: Day) -> Bool {
        from <= day && until.map { day < $0 } ?? true
    }

    /// Whether a day belongs to both.
    public func overlaps(_ other: Period) -> Bool {
        let start = max(from, other.from)
        return contains(start) && other.contains(start)
    }
}

extension Checks {
    /// Requires a day that something in the cooperation can begin or end on.
    public mutating func day(_ value: Day, _ field: String) {
        let years = Int(value.description.prefix(4)) ?? 0
        require((1900...2999).contains(years), field, "must be in the years 1900 to 2999")
    }

    /// Requires a period that has a day, and begins and ends on days that ``day(_:_:)`` allows.
    public mutating func period(_ value: Period, _ field: String) {
        require(!value.isEmpty, field, "must end after it begins")
        day(value.from, field)
        if let until = value.until { day(until, field) }
    }
}
