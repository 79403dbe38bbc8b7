import Contracts

// How each language writes days and times.

extension Language {
    /// `Samstag, 12. Dezember 2026, 18:00 Uhr`: what the clock shows in the zone, or, where the zone is not known, in
    /// Greenwich, and then it says so.
    func text(of moment: Timestamp, in zone: TimeZoneRules?) -> String {
        guard let clock = clock(moment, zone) else { return moment.description }
        let minute = (clock.minute < 10 ? "0" : "") + "\(clock.minute)"
        let hour = (clock.hour < 10 ? "0" : "") + "\(clock.hour)"
        let time =
            switch self {
            case .de: "\(hour):\(minute) Uhr"
            case .sl: "ob \(clock.hour).\(minute)"
            case .hu, .en: "\(hour):\(minute)"
            }
        let weekday = weekdays[clock.weekday]
        let text = self == .hu ? "\(day(clock)), \(weekday), \(time)" : "\(weekday), \(day(clock)), \(time)"
        return zone == nil ? text + " (UTC)" : text
    }

    /// `12. Dezember 2026`.
    func text(ofDay moment: Timestamp, in zone: TimeZoneRules?) -> String {
        clock(moment, zone).map(day) ?? moment.description
    }

    private func clock(_ moment: Timestamp, _ zone: TimeZoneRules?) -> WallClock? {
        WallClock(moment.date, offset: zone?.offsetSeconds(at: moment.date) ?? 0)
    }

    private func day(_ clock: WallClock) -> String {
        let month = months[clock.month - 1]
        return switch self {
        case .de, .sl: "\(clock.day). \(month) \(clock.year)"
        case .hu: "\(clock.year). \(month) \(clock.day)."
        case .en: "\(clock.day) \(month) \(clock.year)"
        }
    }

    private var weekdays: [String] {
        switch self {
        case .de: ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"]
        case .sl: ["nedelja", "ponedeljek", "torek", "sreda", "četrtek", "petek", "sobota"]
        case .hu: ["vasárnap", "hétfő", "kedd", "szerda", "csütörtök", "péntek", "szombat"]
        case .en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        }
    }

    private var months: [String] {
        switch self {
        // The cities of this language are in Austria, where the first month is called so.
        case .de:
            [
                "Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
                "November", "Dezember",
            ]
        case .sl:
            [
                "januar", "februar", "marec", "april", "maj", "junij", "julij", "avgust", "september", "oktober",
                "november", "december",
            ]
        case .hu:
            [
                "január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember",
                "október", "november", "december",
            ]
        case .en:
            [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            ]
        }
    }
}
