extension Unicode.Scalar {
    /// C0, DEL and C1: what moves a cursor, ends a line or begins an escape sequence.
    var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value)
    }
}

extension [UInt8] {
    /// Appends a JSON string with all control characters escaped, C1 included: a log is read in terminals.
    ///
    /// - Parameter bytesMax: Where the text is cut, at a character's border, and ended with `…`.
    mutating func appendJSON(_ text: some StringProtocol, bytesMax: Int = .max) {
        append(UInt8(ascii: "\""))
        appendEscaped(text, bytesMax: bytesMax)
        append(UInt8(ascii: "\""))
    }

    /// Appends a text as it stands between the quotation marks of a JSON string.
    mutating func appendEscaped(_ text: some StringProtocol, bytesMax: Int = .max) {
        let end = bytesMax == .max ? Int.max : count + bytesMax
        for scalar in text.unicodeScalars {
            guard count < end else { return append(contentsOf: "…".utf8) }
            switch scalar {
            case "\"": append(contentsOf: #"\""#.utf8)
            case "\\": append(contentsOf: #"\\"#.utf8)
            case "\n": append(contentsOf: #"\n"#.utf8)
            case "\r": append(contentsOf: #"\r"#.utf8)
            case "\t": append(contentsOf: #"\t"#.utf8)
            case _ where scalar.isControl: appendHexEscape(scalar.value)
            case _ where scalar.isASCII: append(UInt8(truncatingIfNeeded: scalar.value))
            default: append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private mutating func appendHexEscape(_ value: UInt32) {
        let digits = String(value, radix: 16)
        append(contentsOf: #"\u"#.utf8)
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count))
        append(contentsOf: digits.utf8)
    }
}
