/// The time that a figure is about: a year, a quarter, a month or a day, as `2024`, `2024-Q3`, `2024-03`, `2024-03-01`.
///
/// Periods are in the order of their first days; of those that begin on one day the shorter comes first.
public struct IndicatorPeriod: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 1 to 9999.
    public let year: Int
    /// January is 1: all twelve, three, or one.
    public let months: ClosedRange<Int>
    /// The day of the month; `nil` for all of them.
    public let day: Int?

    private init?(year: Int, months: ClosedRange<Int>, day: Int? = nil) {
        guard (1...9999).contains(year), (1...12).contains(months.lowerBound), months.upperBound <= 12,
            day.map({ (1...IndicatorPeriod.days(in: months.lowerBound, of: year)).contains($0) }) ?? true
        else { return nil }
        self.year = year
        self.months = months
        self.day = day
    }

    /// Reads one of the four forms; `nil` if it is anything else, or a day that the calendar does not have.
    public init?(_ text: String) {
        let parts = text.utf8.prefix(11).split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let year = IndicatorPeriod.number(parts[0], digits: 4) else { return nil }
        switch parts.count {
        case 1:
            self.init(year: year, months: 1...12)
        case 2 where parts[1].first == UInt8(ascii: "Q"):
            guard let quarter = IndicatorPeriod.number(parts[1].dropFirst(), digits: 1), (1...4).contains(quarter)
            else { return nil }
            self.init(year: year, months: quarter * 3 - 2...quarter * 3)
        case 2:
            guard let month = IndicatorPeriod.number(parts[1], digits: 2) else { return nil }
            self.init(year: year, months: month...month)
        case 3:
            guard let month = IndicatorPeriod.number(parts[1], digits: 2),
                let day = IndicatorPeriod.number(parts[2], digits: 2)
            else { return nil }
            self.init(year: year, months: month...month, day: day)
        default:
            return nil
        }
    }

    /// The period between two days, both in it; `nil` if no year, quarter, month or day begins and ends with them.
    public init?(from first: (year: Int, month: Int, day: Int), through last: (year: Int, month: Int, day: Int)) {
        guard first.year == last.year, first.month <= last.month else { return nil }
        let isOneDay = first == last
        self.init(year: first.year, months: first.month...last.month, day: isOneDay ? first.day : nil)
        let startsAQuarter = first.month % 3 == 1
        guard firstDay == first, lastDay == last,
            months.count == 1 || months.count == 12 || (months.count == 3 && startsAQuarter)
        else { return nil }
    }

    /// The first day of it.
    public var firstDay: (year: Int, month: Int, day: Int) {
        (year, months.lowerBound, day ?? 1)
    }

    /// The last day of it.
    public var lastDay: (year: Int, month: Int, day: Int) {
        (year, months.upperBound, day ?? IndicatorPeriod.days(in: months.upperBound, of: year))
    }

    /// As it is read.
    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let year = padded(year, 4)
        if months.count == 12 { return year }
        if months.count == 3 { return "\(year)-Q\(months.upperBound / 3)" }
        let month = "\(year)-\(padded(months.lowerBound, 2))"
        return day.map { "\(month)-\(padded($0, 2))" } ?? month
    }

    /// Earlier first days first, then earlier last days.
    public static func < (one: IndicatorPeriod, other: IndicatorPeriod) -> Bool {
        one.firstDay == other.firstDay ? one.lastDay < other.lastDay : one.firstDay < other.firstDay
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let period = IndicatorPeriod(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a period")
        }
        self = period
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func number(_ text: some Collection<UInt8>, digits: Int) -> Int? {
        guard text.count == digits else { return nil }
        return text.reduce(0 as Int?) { number, digit in
            guard let number, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            return number * 10 + Int(digit - UInt8(ascii: "0"))
        }
    }
}
