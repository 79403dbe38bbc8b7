import FoundationEssentials

/// What a calendar and a clock on the wall show: the Gregorian calendar, whole seconds.
struct WallClock: Equatable, Sendable {
    var year: Int
    /// 1 is January.
    var month: Int
    var day: Int
    /// 0 is Sunday.
    var weekday: Int
    var hour: Int
    var minute: Int
    var second: Int

    /// The clock at `instant`, `offset` seconds east of Greenwich; nil for times that no calendar needs.
    init?(_ instant: Date, offset: Int) {
        let seconds = instant.timeIntervalSince1970.rounded(.down)
        // The years 0 to 9999.
        guard seconds >= -62_167_219_200, seconds < 253_402_300_800 else { return nil }
        self.init(secondsSince1970: Int(seconds) + offset)
    }

    /// The clock so many seconds after midnight of the first day of 1970, in its own zone.
    init(secondsSince1970 seconds: Int) {
        let (days, rest) = WallClock.divide(seconds, by: 86_400)
        (year, month, day) = WallClock.civil(days: days)
        weekday = WallClock.weekday(days: days)
        (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60)
    }

    /// Days from the first day of 1970 to a day of the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last of its year: H. Hinnant, "chrono-compatible low-level
    /// date algorithms".
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = divide(shifted, by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The weekday of a day, 0 for Sunday; the first day of 1970 was a Thursday.
    static func weekday(days: Int) -> Int {
        divide(days + 4, by: 7).remainder
    }

    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = divide(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Division with a remainder that is never negative.
    private static func divide(_ number: Int, by divisor: Int) -> (quotient: Int, remainder: Int) {
        let remainder = (number % divisor + divisor) % divisor
        return ((number - remainder) / divisor, remainder)
    }
}
