/// A decimal number exactly as it was published: `"10474"`, `"-0.5"`, `"12.50"`.
///
/// It is a text on the wire, because most readers turn a JSON number into a binary fraction, and 0.1 is none. Its zeros
/// behind the point are kept: they say how precise the figure is, and "12.50" is another figure than "12.5".
public struct DecimalNumber: RawRepresentable, Codable, Hashable, Sendable {
    /// The most digits, those behind the point among them.
    public static let digitsMax = 18
    /// The most digits behind the point.
    public static let fractionDigitsMax = 9

    /// Digits, a point between them if there is a fraction, a minus in front if it is below zero.
    public let rawValue: String

    /// Reads a number; `nil` with a plus, an exponent, a leading zero, a minus before zero, or too many digits.
    public init?(_ text: String) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        // What is longer than this has too many digits.
        let unsigned = text.utf8.dropFirst(isNegative ? 1 : 0).prefix(DecimalNumber.digitsMax + 2)
        let parts = unsigned.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.count <= DecimalNumber.digitsMax,
            parts[0].count == 1 || parts[0].first != UInt8(ascii: "0"),
            parts.count == 1 || parts[1].count <= DecimalNumber.fractionDigitsMax,
            !isNegative || digits.contains(where: { $0 != UInt8(ascii: "0") })
        else { return nil }
        rawValue = text
    }

    /// Reads a number.
    public init?(rawValue: String) {
        self.init(rawValue)
    }
}
