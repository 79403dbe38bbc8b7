/// Collects what is wrong with the fields of a message, so that one answer names every mistake.
public struct Checks {
    private var mistakes: [String: String] = [:]

    /// Starts with no mistakes.
    public init() {}

    /// Notes `mistake` for `field` unless `holds`; the first mistake of a field is kept.
    public mutating func require(_ holds: Bool, _ field: String, _ mistake: String) {
        if !holds && mistakes[field] == nil { mistakes[field] = mistake }
    }

    /// Requires one line of 1 to `max` characters that is not blank.
    ///
    /// Characters are Unicode scalars here: what a reader sees as one may be a letter under a megabyte of accents.
    public mutating func text(_ value: String, _ field: String, max: Int = 200) {
        let scalars = value.unicodeScalars
        require((1...max).contains(scalars.count), field, "must have 1 to \(max) characters")
        require(!scalars.allSatisfy { $0.properties.isWhitespace }, field, "is blank")
        require(
            !scalars.contains { Checks.breaksLine($0.properties.generalCategory) }, field,
            "has a control character or a line break")
    }

    private static func breaksLine(_ category: Unicode.GeneralCategory) -> Bool {
        category == .control || category == .lineSeparator || category == .paragraphSeparator
    }

    /// Requires a plain mail address: dot-separated words of ASCII before the `@`, a host name behind it.
    ///
    /// Quoted local parts and comments are refused, so that an address can stand in a header as it is.
    public mutating func email(_ value: String, _ field: String) {
        let parts = value.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        let local = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~".utf8)
        let host = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8)
        func words(_ part: Substring.UTF8View, of letters: Set<UInt8>) -> Bool {
            part.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .allSatisfy { !$0.isEmpty && $0.allSatisfy(letters.contains) }
        }
        let plain = parts.count == 2 && words(parts[0], of: local) && words(parts[1], of: host)
        require(plain && value.utf8.count <= 254 && parts[0].count <= 64, field, "is not an address")
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
