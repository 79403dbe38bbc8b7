/// When the clocks are set in every year to come, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule: Equatable, Sendable {
    /// A day of every year.
    enum Day: Equatable, Sendable {
        /// The `week`-th `weekday` of a month, the fifth being the last.
        case weekday(month: Int, week: Int, weekday: Int)
        /// 1 to 365; the leap day is never counted.
        case withoutLeapDay(Int)
        /// 0 to 365; the leap day is counted.
        case withLeapDay(Int)

        /// Days from the first day of 1970.
        func days(in year: Int) -> Int {
            let first = WallClock.days(year: year, month: 1, day: 1)
            switch self {
            case .withLeapDay(let number): return first + number
            case .withoutLeapDay(let number):
                let march = WallClock.days(year: year, month: 3, day: 1)
                return first + number - 1 + (number >= 60 && march - first == 60 ? 1 : 0)
            case .weekday(let month, let week, let weekday):
                let start = WallClock.days(year: year, month: month, day: 1)
                let next = WallClock.days(
                    year: month == 12 ? year + 1 : year, month: month == 12 ? 1 : month + 1, day: 1)
                let day = start + (weekday - WallClock.weekday(days: start) + 7) % 7 + (week - 1) * 7
                return day < next ? day : day - 7
            }
        }
    }

    /// A day and the time of that day, in seconds.
    struct Change: Equatable, Sendable {
        var day: Day
        var time: Int
    }

    private struct Summer: Equatable {
        var offset: Int
        var begins: Change
        var ends: Change
    }

    private let standard: Int
    private let summer: Summer?

    /// Reads the text; nil if it is anything else.
    init?(_ text: String) {
        var scanner = RuleScanner(text)
        guard scanner.skipName(), let west = scanner.time(hoursMax: 24) else { return nil }
        standard = -west
        guard scanner.skipName() else {
            guard scanner.isAtEnd else { return nil }
            summer = nil
            return
        }
        let summerWest = scanner.time(hoursMax: 24) ?? west - 3_600
        guard let begins = scanner.change(), let ends = scanner.change(), scanner.isAtEnd else { return nil }
        summer = Summer(offset: -summerWest, begins: begins, ends: ends)
    }

    /// Seconds east of Greenwich, at so many seconds since 1970.
    func offset(at seconds: Int) -> Int {
        guard let summer else { return standard }
        let year = WallClock(secondsSince1970: seconds + standard).year
        let begins = summer.begins.day.days(in: year) * 86_400 + summer.begins.time - standard
        let ends = summer.ends.day.days(in: year) * 86_400 + summer.ends.time - summer.offset
        // In the south, summer holds the turn of the year.
        let isSummer = begins < ends ? (begins..<ends).contains(seconds) : !(ends..<begins).contains(seconds)
        return isSummer ? summer.offset : standard
    }
}

/// Reads the parts of a rule from left to right.
private struct RuleScanner {
    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// `CET`, `<+03>`.
    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(name.count)
        return name.count >= 3
    }

    /// Reads `-1`, `3:30` or `-14` as seconds.
    ///
    /// The times of changes may be up to a week away; those of zones have two digits.
    mutating func time(hoursMax: Int) -> Int? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard let hours = number(max: hoursMax) else { return nil }
        var seconds = hours * 3_600
        for unit in [60, 1] where skip(":") {
            guard let part = number(max: 59) else { return nil }
            seconds += part * unit
        }
        return isNegative ? -seconds : seconds
    }

    /// `,M10.5.0/3`.
    mutating func change() -> YearlyRule.Change? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return YearlyRule.Change(day: day, time: 7_200) }
        return time(hoursMax: 167).map { YearlyRule.Change(day: day, time: $0) }
    }

    private mutating func day() -> YearlyRule.Day? {
        if skip("M") {
            guard let month = number(max: 12), month > 0, skip("."), let week = number(max: 5), week > 0, skip("."),
                let weekday = number(max: 6)
            else { return nil }
            return .weekday(month: month, week: week, weekday: weekday)
        }
        if skip("J") { return number(max: 365).flatMap { $0 > 0 ? .withoutLeapDay($0) : nil } }
        return number(max: 365).map { .withLeapDay($0) }
    }

    private mutating func number(max: Int) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard (1...3).contains(digits.count), let number = Int(digits), number <= max else { return nil }
        rest = rest.dropFirst(digits.count)
        return number
    }

    private mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }
}
