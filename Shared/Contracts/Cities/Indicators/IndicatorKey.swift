public import FoundationEssentials

/// Which value is meant: the city, the indicator and the period; `<cityId>/<indicator>/<period>` on the wire.
public struct IndicatorKey: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The city.
    public var cityId: UUID
    /// The indicator.
    public var indicator: String
    /// The period.
    public var period: IndicatorPeriod

    /// Makes a key.
    public init(cityId: UUID, indicator: String, period: IndicatorPeriod) {
        self.cityId = cityId
        self.indicator = indicator
        self.period = period
    }

    /// Reads a key; `nil` if one of the three is missing or is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let cityId = UUID(text: parts[0]), IndicatorKey.isCode(parts[1]),
            let period = IndicatorPeriod(parts[2])
        else { return nil }
        self.init(cityId: cityId, indicator: parts[1], period: period)
    }

    /// As it is read.
    public var description: String { "\(cityId.text)/\(indicator)/\(period)" }

    /// By city, then by indicator, then by period.
    public static func < (one: IndicatorKey, other: IndicatorKey) -> Bool {
        (one.cityId, one.indicator, one.period) < (other.cityId, other.indicator, other.period)
    }

    /// Reads a string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let key = IndicatorKey(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not the key of a value")
        }
        self = key
    }

    /// Writes a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    /// Whether a text can name an indicator: small letters and digits with hyphens between, at most 64.
    public static func isCode(_ text: String) -> Bool {
        let letters = text.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "-")
        }
        return letters && (1...64).contains(text.utf8.count) && !text.hasPrefix("-") && !text.hasSuffix("-")
    }
}

extension Checks {
    /// Requires the code of an indicator.
    mutating func indicator(_ value: String, _ field: String) {
        require(IndicatorKey.isCode(value), field, "must be small letters and digits with hyphens between")
    }
}
