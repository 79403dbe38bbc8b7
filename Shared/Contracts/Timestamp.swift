public import FoundationEssentials

/// A point in time to the millisecond: RFC 3339 with an offset on the wire, written in UTC.
///
/// Written and read here and not by Foundation's ISO 8601 style, which loses a millisecond of every second value, takes
/// 30 February for 2 March, and ignores what stands behind the offset. What is finer than a millisecond is cut off, so
/// that a value equals what others read of it.
public struct Timestamp: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970 in UTC, within the years 0 to 9999.
    public let milliseconds: Int64

    private static let range = Int64(-62_167_219_200_000)...Int64(253_402_300_799_999)

    /// The nearest point that the wire can say.
    public init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, Timestamp.range.lowerBound), Timestamp.range.upperBound)
    }

    /// The millisecond that a date lies in; one that is missed by the dust of binary fractions, under half a microsecond
    /// in our time, counts as reached.
    public init(_ date: Date) {
        let elapsed = min(max(date.timeIntervalSinceReferenceDate, -1e11), 1e12) * 1000
        let nearest = elapsed.rounded()
        let whole = abs(elapsed - nearest) <= 2 * elapsed.ulp + 0.0004 ? nearest : elapsed.rounded(.down)
        self.init(milliseconds: (elapsed.isNaN ? 0 : Int64(whole)) + Timestamp.reference)
    }

    /// The same point as a `Date`.
    public var date: Date {
        Date(timeIntervalSinceReferenceDate: Double(milliseconds - Timestamp.reference) / 1000)
    }

    /// What `Date` counts from: 2001.
    private static let reference: Int64 = 978_307_200_000

    /// Reads RFC 3339, with or without fractions of a second; `nil` if it is anything else.
    public init?(_ text: String) {
        var reader = Reader(bytes: Array(text.utf8.prefix(41)))
        guard let milliseconds = reader.timestamp(), Timestamp.range.contains(milliseconds) else { return nil }
        self.milliseconds = milliseconds
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let timestamp = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a time as in RFC 3339")
        }
        self = timestamp
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// `2026-12-01T08:30:00.000Z`.
    public var description: String {
        let time = (milliseconds % Timestamp.day + Timestamp.day) % Timestamp.day
        let (year, month, day) = Timestamp.date(ofDay: (milliseconds - time) / Timestamp.day)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int64, digits: Int, then end: Unicode.Scalar) {
            var divisor: Int64 = digits == 4 ? 1000 : digits == 3 ? 100 : 10
            while divisor > 0 {
                text.append(UInt8(0x30 + value / divisor % 10))
                divisor /= 10
            }
            text.append(UInt8(ascii: end))
        }
        append(year, digits: 4, then: "-")
        append(month, digits: 2, then: "-")
        append(day, digits: 2, then: "T")
        append(time / 3_600_000, digits: 2, then: ":")
        append(time / 60_000 % 60, digits: 2, then: ":")
        append(time / 1000 % 60, digits: 2, then: ".")
        append(time % 1000, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Earlier before later.
    public static func < (one: Timestamp, other: Timestamp) -> Bool {
        one.milliseconds < other.milliseconds
    }

    private static let day: Int64 = 86_400_000

    /// Days since 1970 of a date in the proleptic Gregorian calendar, from year 0 on; years begin in March, so that the
    /// leap day is the last.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = (month <= 2 ? year - 1 : year) + 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468 - 146_097
    }

    private static func date(ofDay number: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = number + 719_468 + 146_097
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = (marchMonth + 2) % 12 + 1
        return (yearOfEra + era * 400 - 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// Reads a text byte by byte; each step is `nil` where the text is not what it should be.
    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        mutating func take(_ letters: String) -> UInt8? {
            guard index < bytes.count, letters.utf8.contains(bytes[index]) else { return nil }
            defer { index += 1 }
            return bytes[index]
        }

        mutating func number(digits: Int, in range: ClosedRange<Int64>) -> Int64? {
            var value: Int64 = 0
            for _ in 0..<digits {
                guard let digit = take("0123456789") else { return nil }
                value = value * 10 + Int64(digit - 0x30)
            }
            return range.contains(value) ? value : nil
        }

        mutating func timestamp() -> Int64? {
            guard let day = day(), take("Tt") != nil, let time = time(), let offset = offset() else { return nil }
            return index == bytes.count ? day * Timestamp.day + time - offset * 60_000 : nil
        }

        private mutating func day() -> Int64? {
            guard let year = number(digits: 4, in: 0...9999), take("-") != nil,
                let month = number(digits: 2, in: 1...12), take("-") != nil, let day = number(digits: 2, in: 1...31)
            else { return nil }
            let number = Timestamp.dayNumber(year, month, day)
            // 30 February would come back as 2 March.
            return Timestamp.date(ofDay: number) == (year, month, day) ? number : nil
        }

        /// The time of day in milliseconds; second 60 is a leap second, and the first of the next minute to us.
        private mutating func time() -> Int64? {
            guard let hour = number(digits: 2, in: 0...23), take(":") != nil,
                let minute = number(digits: 2, in: 0...59), take(":") != nil, let second = number(digits: 2, in: 0...60)
            else { return nil }
            var milliseconds = ((hour * 60 + minute) * 60 + second) * 1000
            if take(".") != nil {
                guard let first = take("0123456789") else { return nil }
                milliseconds += Int64(first - 0x30) * 100
                milliseconds += Int64((take("0123456789") ?? 0x30) - 0x30) * 10
                milliseconds += Int64((take("0123456789") ?? 0x30) - 0x30)
                while take("0123456789") != nil {}
            }
            return milliseconds
        }

        /// Minutes east of UTC.
        private mutating func offset() -> Int64? {
            if take("Zz") != nil { return 0 }
            guard let sign = take("+-"), let hour = number(digits: 2, in: 0...23), take(":") != nil,
                let minute = number(digits: 2, in: 0...59)
            else { return nil }
            return (sign == UInt8(ascii: "-") ? -1 : 1) * (hour * 60 + minute)
        }
    }
}
