/// Collects what is wrong with the fields of a message, so that one answer names every mistake.
public struct Checks {
    private var mistakes: [String: String] = [:]

    /// Starts with no mistakes.
    public init() {}

    /// Notes `mistake` for `field` unless `holds`; the first mistake of a field is kept.
    public mutating func require(_ holds: Bool, _ field: String, _ mistake: String) {
        if !holds && mistakes[field] == nil { mistakes[field] = mistake }
    }

    /// Requires a text of 1 to `max` characters without control characters.
    public mutating func text(_ value: String, _ field: String, max: Int = 200) {
        require(!value.isEmpty && value.count <= max, field, "must have 1 to \(max) characters")
        require(
            !value.unicodeScalars.contains { $0.properties.generalCategory == .control }, field,
            "has a control character")
    }

    /// Requires an amount within `range` in a currency that the suite knows.
    public mutating func money(_ value: Money, _ field: String, in range: ClosedRange<Int64>) {
        require(["EUR", "HUF"].contains(value.currency), field, "currency must be EUR or HUF")
        require(
            range.contains(value.amount), field, "amount must be \(range.lowerBound) to \(range.upperBound) minor units"
        )
    }

    /// Requires a language of the suite.
    public mutating func language(_ value: String, _ field: String) {
        require(["de", "sl", "hu", "en"].contains(value), field, "must be de, sl, hu or en")
    }

    /// Requires at least one text, all in languages of the suite.
    public mutating func localized(_ value: LocalizedText, _ field: String, max: Int = 200) {
        require(!value.texts.isEmpty, field, "must have a text in at least one language")
        for (language, content) in value.texts {
            self.language(language, field)
            text(content, field, max: max)
        }
    }

    /// Throws what was collected, if anything was.
    public func finish() throws(Problem) {
        if !mistakes.isEmpty { throw Problem.invalid(mistakes) }
    }
}
