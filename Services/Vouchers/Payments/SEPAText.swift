/// Texts in the letters that every bank of SEPA takes (EPC217-08): Latin letters without marks, digits, some signs.
///
/// German umlauts become two letters for parties in Austria and Germany, as their banks and people write them, and one letter
/// elsewhere, where ö and ü are Hungarian or Slovenian names.
enum SEPAText {
    /// What a name may have.
    static let nameMax = 70
    /// What may be said with a payment.
    static let remittanceMax = 140

    private static let signs = Set<Unicode.Scalar>("/-?:().,'+ ".unicodeScalars)
    private static let umlauts: [Unicode.Scalar: String] = [
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue",
    ]
    /// What else Latin letters with marks, and signs that people put into names, become.
    private static let others: [Unicode.Scalar: String] = {
        let rows: [(String, String)] = [
            ("a", "áàâãäåāăą"), ("A", "ÁÀÂÃÄÅĀĂĄ"), ("c", "čćçĉċ"), ("C", "ČĆÇĈĊ"), ("d", "ďđð"), ("D", "ĎĐÐ"),
            ("e", "éèêëēėęě"), ("E", "ÉÈÊËĒĖĘĚ"), ("g", "ĝğġģ"), ("G", "ĜĞĠĢ"), ("h", "ĥħ"), ("H", "ĤĦ"),
            ("i", "íìîïĩīįı"), ("I", "ÍÌÎÏĨĪĮİ"), ("j", "ĵ"), ("J", "Ĵ"), ("k", "ķ"), ("K", "Ķ"), ("l", "ĺļľŀł"),
            ("L", "ĹĻĽĿŁ"), ("n", "ñńņň"), ("N", "ÑŃŅŇ"), ("o", "óòôõöøōŏő"), ("O", "ÓÒÔÕÖØŌŎŐ"), ("r", "ŕŗř"),
            ("R", "ŔŖŘ"), ("s", "šśŝşș"), ("S", "ŠŚŜŞȘ"), ("t", "ťţțŧ"), ("T", "ŤŢȚŦ"), ("u", "úùûüũūŭůűų"),
            ("U", "ÚÙÛÜŨŪŬŮŰŲ"), ("w", "ŵ"), ("W", "Ŵ"), ("y", "ýÿŷ"), ("Y", "ÝŸŶ"), ("z", "žźż"), ("Z", "ŽŹŻ"),
            ("ss", "ß"), ("SS", "ẞ"), ("ae", "æ"), ("AE", "Æ"), ("oe", "œ"), ("OE", "Œ"), ("th", "þ"), ("TH", "Þ"),
            ("+", "&"), ("-", "_–—‐‑"), ("'", "’‘‚`´\"“”„«»"), (" ", "\u{A0}\t"),
        ]
        var table: [Unicode.Scalar: String] = [:]
        for (plain, marked) in rows {
            for scalar in marked.unicodeScalars { table[scalar] = plain }
        }
        return table
    }()

    /// A text of at most `max` letters, for a party in `country`: never empty, and never with slashes that banks refuse.
    static func plain(_ text: String, country: String, max: Int) -> String {
        let isGerman = country == "AT" || country == "DE"
        var letters = String.UnicodeScalarView()
        var last: Unicode.Scalar = " "
        for scalar in text.unicodeScalars {
            for plain in replaced(scalar, isGerman: isGerman).unicodeScalars {
                // Neither blanks in front and in rows, nor two slashes.
                if (plain == " " || plain == "/") && plain == last { continue }
                letters.append(plain)
                last = plain
            }
        }
        var cut = letters.prefix(max)
        while let first = cut.first, first == " " || first == "/" { cut.removeFirst() }
        while let end = cut.last, end == " " || end == "/" { cut.removeLast() }
        return cut.isEmpty ? "NOTPROVIDED" : String(String.UnicodeScalarView(cut))
    }

    private static func replaced(_ scalar: Unicode.Scalar, isGerman: Bool) -> String {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": return String(scalar)
        // A mark on its own belongs to the letter in front of it: a decomposed text loses its marks.
        case "\u{300}"..."\u{36F}": return ""
        default: break
        }
        if signs.contains(scalar) { return String(scalar) }
        if isGerman, let pair = umlauts[scalar] { return pair }
        return others[scalar] ?? "."
    }
}
