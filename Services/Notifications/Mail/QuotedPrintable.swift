/// Text as lines of printable ASCII (RFC 2045, section 6.7).
enum QuotedPrintable {
    /// The longest line, without its end.
    private static let lineMax = 76

    /// Encodes text whose lines end with a line feed; theirs end with CR LF.
    static func encode(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .map { encode(line: Array($0.utf8)) }.joined(separator: "\r\n")
    }

    static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0\(digits)" : digits
    }

    private static func encode(line: [UInt8]) -> String {
        var encoded = ""
        var column = 0
        for (index, byte) in line.enumerated() {
            let piece = piece(of: byte, isFirst: column == 0, isLast: index == line.count - 1)
            // Room for the sign that the line goes on.
            if column + piece.utf8.count > lineMax - 1 {
                encoded += "=\r\n"
                column = 0
            }
            encoded += piece
            column += piece.utf8.count
        }
        return encoded
    }

    private static func piece(of byte: UInt8, isFirst: Bool, isLast: Bool) -> String {
        switch byte {
        // A dot alone in a line ends a mail in SMTP; "From " begins the next one in a mailbox.
        case UInt8(ascii: "."), UInt8(ascii: "F"): isFirst ? "=" + hexadecimal(byte) : String(UnicodeScalar(byte))
        // Blanks at the end of a line get lost on the way.
        case 0x20, 0x09: isLast ? "=" + hexadecimal(byte) : String(UnicodeScalar(byte))
        case 0x21...0x3C, 0x3E...0x7E: String(UnicodeScalar(byte))
        default: "=" + hexadecimal(byte)
        }
    }
}
