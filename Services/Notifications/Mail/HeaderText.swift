/// Text in the headers of a mail (RFC 5322, RFC 2047).
///
/// Whatever the text is, what comes out is printable ASCII in lines of at most 78 characters with the header's name,
/// each but the first beginning with a blank: no text can begin a header of its own.
enum HeaderText {
    /// Ends a line within a header.
    static let fold = "\r\n "

    /// Text that stands as it is may have this length, so that the line holds the header's name as well.
    static let plainMax = 60
    /// Characters between the frame of an encoded word; the whole word may have 75.
    private static let wordMax = 50

    /// The text of a subject.
    static func unstructured(_ text: String) -> String {
        let text = LineText.clean(text)
        return isPlain(text) ? text : encoded(text)
    }

    /// The name in front of an address.
    static func phrase(_ text: String) -> String {
        let text = LineText.clean(text)
        return isPlain(text) && !text.contains { $0 == "\"" || $0 == "\\" } ? "\"\(text)\"" : encoded(text)
    }

    /// Whether a text may stand as it is: `=?` could be taken for an encoded word, a blank at an end gets lost.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.count <= plainMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !text.contains("=?")
            && text.first != " " && text.last != " "
    }

    /// Encoded words, one in each line; readers drop the line ends between them.
    private static func encoded(_ text: String) -> String {
        var words: [String] = []
        var word = ""
        // A word must hold whole characters: RFC 2047, section 5.
        for scalar in text.unicodeScalars {
            let piece = encoded(scalar)
            if word.utf8.count + piece.utf8.count > wordMax {
                words.append(word)
                word = ""
            }
            word += piece
        }
        if !word.isEmpty { words.append(word) }
        return words.map { "=?UTF-8?Q?\($0)?=" }.joined(separator: fold)
    }

    private static func encoded(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "!", "*", "+", "-", "/": String(scalar)
        case " ": "_"
        default: String(scalar).utf8.map { "=" + QuotedPrintable.hexadecimal($0) }.joined()
        }
    }
}
