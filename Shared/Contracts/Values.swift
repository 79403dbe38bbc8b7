/// An amount of money in minor units of its currency: `{"amount": 1250, "currency": "EUR"}` is EUR 12.50.
public struct Money: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Minor units: cents, fillér.
    public var amount: Int64
    /// ISO 4217.
    public var currency: String

    /// Makes an amount.
    public init(_ amount: Int64, _ currency: String) {
        self.amount = amount
        self.currency = currency
    }

    /// `12.50 EUR`; every currency of the suite has two decimal places in ISO 4217.
    public var description: String {
        let sign = amount < 0 ? "-" : ""
        let cents = amount.magnitude % 100
        return "\(sign)\(amount.magnitude / 100).\(cents < 10 ? "0" : "")\(cents) \(currency)"
    }
}

/// A text in several languages (BCP 47): `{"de": "…", "sl": "…"}`.
public struct LocalizedText: Codable, Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// The texts by language.
    public var texts: [String: String]

    /// Wraps texts by language.
    public init(_ texts: [String: String]) {
        self.texts = texts
    }

    /// Makes a text from a literal.
    public init(dictionaryLiteral elements: (String, String)...) {
        texts = Dictionary(elements) { first, _ in first }
    }

    /// Reads an object of strings.
    public init(from decoder: any Decoder) throws {
        texts = try decoder.singleValueContainer().decode([String: String].self)
    }

    /// Writes an object of strings.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(texts)
    }

    /// The languages that stand in for a missing one, in this order.
    public static let fallbacks = ["de", "en", "sl", "hu"]

    /// The text in `language`, or in the first language that there is, with the language it is in; `nil` if there is none.
    public func text(in language: String) -> (text: String, language: String)? {
        for candidate in [language] + LocalizedText.fallbacks + texts.keys.sorted() {
            if let text = texts[candidate], !text.isEmpty { return (text, candidate) }
        }
        return nil
    }
}

/// A point on the earth in degrees (WGS 84).
public struct Position: Codable, Hashable, Sendable {
    /// Degrees north.
    public var latitude: Double
    /// Degrees east.
    public var longitude: Double

    /// Makes a point.
    public init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }
}
