/// A month of the Gregorian calendar in UTC: `YYYY-MM` on the wire.
public struct Month: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Months since January of the year 0.
    public let number: Int

    /// Reads `YYYY-MM`; `nil` if it is anything else.
    public init?(_ text: String) {
        guard text.utf8.count == 7, let day = Day("\(text)-01") else { return nil }
        self.init(of: day)
    }

    /// The month that a day belongs to.
    public init(of day: Day) {
        let parts = day.description.split(separator: "-").map { Int($0) ?? 0 }
        number = parts.count == 3 ? parts[0] * 12 + parts[1] - 1 : 0
    }

    /// The nearest month that the wire can say.
    public init(number: Int) {
        self.number = min(max(number, 0), 119_999)
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let month = Month(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a month as in YYYY-MM")
        }
        self = month
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Its first day.
    public var firstDay: Day { Day("\(description)-01") ?? Day(number: 0) }

    /// The month so many months later, or earlier.
    public func advanced(by months: Int) -> Month {
        Month(number: number + min(max(months, -200_000), 200_000))
    }

    /// `2026-12`.
    public var description: String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(number / 12, 4))-\(padded(number % 12 + 1, 2))"
    }

    /// Earlier before later.
    public static func < (one: Month, other: Month) -> Bool {
        one.number < other.number
    }
}
