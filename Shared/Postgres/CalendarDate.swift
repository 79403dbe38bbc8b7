/// A day without a time or a zone, stored as date.
public struct CalendarDate: PostgresScalar, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1 January 2000, as the server counts.
    public let daysSince2000: Int32

    /// A day by its distance from 1 January 2000.
    public init(daysSince2000: Int32) {
        self.daysSince2000 = daysSince2000
    }

    /// A day of the Gregorian calendar; nil if there is none such, or outside the years 1 to 9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Counting years from March puts the leap day last; 400 years have 146,097 days.
        let years = month > 2 ? year : year - 1
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let days = years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - Self.daysFromYearZero
        self.init(daysSince2000: Int32(clamping: days))
        guard components == (year, month, day) else { return nil }
    }

    /// From 1 March of the year 0 to 1 January 2000.
    private static let daysFromYearZero = 730_425

    /// Year, month and day.
    public var components: (year: Int, month: Int, day: Int) {
        let days = Int(daysSince2000) + Self.daysFromYearZero
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// `YYYY-MM-DD`.
    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (year, month, day) = components
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// Earlier days come first.
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.daysSince2000 < right.daysSince2000
    }

    /// date.
    public static var postgresType: PostgresType { .date }
    /// 1 January 2000.
    public static var sample: CalendarDate? { CalendarDate(daysSince2000: 0) }

    /// Appends the days.
    public func encode(into bytes: inout [UInt8]) {
        bytes.appendInteger(daysSince2000)
    }

    /// Reads the days; `infinity` is refused.
    public init(decoding bytes: RawSpan?) throws(PostgresError) {
        let days = try Int32(only: bytes, of: .date)
        guard days != .max, days != .min else { throw PostgresError(.decoding, "an infinite date") }
        self.init(daysSince2000: days)
    }
}
