import Contracts

/// A time on the wall clock of a zone.
///
/// Foundation without ICU knows no zone but GMT. The cities of the suite share one clock: Central European Time with the
/// summer time of EU directive 2000/84, from the last Sunday of March to the last of October, each at 01:00 UTC.
struct LocalTime: Equatable, Sendable {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int
    let hour: Int
    let minute: Int
    /// 0 is Sunday.
    let weekday: Int
    /// Whether the zone is one of ours; otherwise this is UTC.
    let isZoneKnown: Bool

    /// The zones of the cities, and of the countries around them with the same clock.
    static let centralEuropean: Set<String> = [
        "Europe/Vienna", "Europe/Ljubljana", "Europe/Budapest", "Europe/Zagreb", "Europe/Bratislava", "Europe/Prague",
        "Europe/Berlin", "Europe/Rome",
    ]

    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 24 * hour

    init(_ time: Timestamp, timeZone: String) {
        isZoneKnown = LocalTime.centralEuropean.contains(timeZone)
        let offset = isZoneKnown ? LocalTime.hour * (LocalTime.isSummer(time) ? 2 : 1) : 0
        // The clock of a zone is the UTC of a moment as much later.
        let local = Timestamp(milliseconds: time.milliseconds + offset)
        let digits = local.description.split { !$0.isNumber }.compactMap { Int($0) }
        (year, month, day, hour, minute) = (digits[0], digits[1], digits[2], digits[3], digits[4])
        weekday = LocalTime.weekday(local)
    }

    /// 1 January 1970 was a Thursday.
    private static func weekday(_ time: Timestamp) -> Int {
        let days = (time.milliseconds - (time.milliseconds % day + day) % day) / day
        return Int((days % 7 + 7 + 4) % 7)
    }

    private static func isSummer(_ time: Timestamp) -> Bool {
        let year = time.description.prefix(4)
        guard let march = lastSunday("\(year)-03-31T01:00:00Z"), let october = lastSunday("\(year)-10-31T01:00:00Z")
        else { return false }
        return time >= march && time < october
    }

    private static func lastSunday(_ lastDay: String) -> Timestamp? {
        Timestamp(lastDay).map { Timestamp(milliseconds: $0.milliseconds - Int64(weekday($0)) * day) }
    }
}
