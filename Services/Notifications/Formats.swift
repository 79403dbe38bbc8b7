import Contracts

/// Amounts and times as people write them in de, sl, hu and en; anything else is written as in English.
///
/// Without ICU, which alone would be a third of the service's memory.
enum Formats {
    private static let noBreak = "\u{A0}"

    /// `12,50 €`, in English `€12.50`; forints without fillér unless there are some.
    static func money(_ money: Money, in language: String) -> String {
        let isEnglish = !["de", "sl", "hu"].contains(language)
        let sign = money.amount < 0 ? "-" : ""
        let whole = money.amount.magnitude / 100
        let minor = money.amount.magnitude % 100
        var digits = grouped(whole, in: language)
        if money.currency != "HUF" || minor != 0 {
            digits += (isEnglish ? "." : ",") + (minor < 10 ? "0" : "") + String(minor)
        }
        if money.currency == "EUR" { return isEnglish ? "\(sign)€\(digits)" : "\(sign)\(digits)\(noBreak)€" }
        let unit = money.currency == "HUF" && language == "hu" ? "Ft" : money.currency
        return isEnglish ? "\(sign)\(unit)\(noBreak)\(digits)" : "\(sign)\(digits)\(noBreak)\(unit)"
    }

    /// Groups of three; Hungarian leaves four digits together.
    private static func grouped(_ value: UInt64, in language: String) -> String {
        let digits = Array(String(value))
        if language == "hu", digits.count <= 4 { return String(digits) }
        let separator = ["de": ".", "sl": ".", "hu": noBreak][language] ?? ","
        let first = digits.count % 3
        var groups = first == 0 ? [] : [String(digits[..<first])]
        groups += stride(from: first, to: digits.count, by: 3).map { String(digits[$0..<$0 + 3]) }
        return groups.joined(separator: separator)
    }

    /// Weekday, day and time of day on the wall clock of a zone; in UTC, and saying so, where the zone is not known.
    static func moment(_ time: Timestamp, timeZone: String, in language: String) -> String {
        let clock = LocalTime(time, timeZone: timeZone)
        let names = names[language] ?? english
        let (weekday, month) = (names.weekdays[clock.weekday], names.months[clock.month - 1])
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let hour = two(clock.hour)
        let minute = two(clock.minute)
        let text =
            switch language {
            case "de": "\(weekday), \(clock.day). \(month) \(clock.year), \(hour):\(minute) Uhr"
            case "sl": "\(weekday), \(clock.day). \(month) \(clock.year), ob \(clock.hour).\(minute)"
            case "hu": "\(clock.year). \(month) \(clock.day)., \(weekday), \(clock.hour):\(minute)"
            default: "\(weekday), \(clock.day) \(month) \(clock.year), \(hour):\(minute)"
            }
        return clock.isZoneKnown ? text : "\(text) (UTC)"
    }

    private typealias Names = (weekdays: [String], months: [String])

    /// Weekdays from Sunday on.
    private static let names: [String: Names] = [
        "de": (
            ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
            [
                "Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
                "November", "Dezember",
            ]
        ),
        "sl": (
            ["nedelja", "ponedeljek", "torek", "sreda", "četrtek", "petek", "sobota"],
            [
                "januar", "februar", "marec", "april", "maj", "junij", "julij", "avgust", "september", "oktober",
                "november", "december",
            ]
        ),
        "hu": (
            ["vasárnap", "hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat"],
            [
                "január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember",
                "október", "november", "december",
            ]
        ),
    ]

    private static let english: Names = (
        ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
    )
}
