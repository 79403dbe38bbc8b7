/// Times as people write them in a configuration: a whole number and a unit.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Reads up to nine digits and `ms`, `s`, `m`, `h` or `d`.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        let suffix = text[digits.endIndex...]
        guard (1...9).contains(digits.count), let number = Int(digits),
            let unit = units.first(where: { $0.suffix == suffix })
        else { return nil }
        return .milliseconds(number * unit.milliseconds)
    }

    /// Writes a time with the largest unit that leaves a whole number.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
        let unit = units.last { milliseconds % $0.milliseconds == 0 && milliseconds > 0 } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}
