public import Contracts
public import Postgres

// Days of the contracts as the database's dates.

extension Day {
    /// 1 January 2000, which the database counts from.
    private static let year2000 = 10_957

    /// As a column holds it.
    public var date: CalendarDate { CalendarDate(daysSince2000: Int32(clamping: number - Day.year2000)) }

    /// The day that a column holds.
    public init(_ date: CalendarDate) {
        self.init(number: Int(date.daysSince2000) + Day.year2000)
    }
}
