import Contracts

/// The forms under which a name is found: small letters and digits alone, in every way that people write without the
/// marks of de, sl and hu.
///
/// A search is a substring of a form, so `%` and `_` can never stand in one.
enum CityNames {
    /// The form of what somebody types, `nil` where nothing of it is a letter or a digit.
    ///
    /// Marks are dropped, and runs of one letter count once: `Felsőregede`, `felsoregede` and `Felsooregede` are one.
    static func searchKey(_ text: String) -> String? {
        let key = fold(text, expanding: [:])
        return key.isEmpty ? nil : key
    }

    /// Every form of a name: without marks, and with German umlauts written out.
    static func searchForms(_ name: String) -> [String] {
        let forms = [fold(name, expanding: [:]), fold(name, expanding: umlauts)]
        return forms[0] == forms[1] ? [forms[0]] : forms
    }

    /// All forms of all names of a city, its slug among them, one a line: a text that ``searchKey(_:)`` is looked for in.
    static func searchText(_ city: CityFacts) -> String {
        let forms = (city.names.map(\.name) + [city.slug]).flatMap(searchForms).filter { !$0.isEmpty }
        return Set(forms).sorted().joined(separator: "\n")
    }

    /// As German is written without umlauts; Hungarian shares the letters ö and ü.
    private static let umlauts: [Character: String] = ["ä": "ae", "ö": "oe", "ü": "ue", "ő": "oe", "ű": "ue"]

    /// Letters that lose more than a mark.
    private static let letters: [Character: String] = [
        "ß": "ss", "đ": "d", "ð": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i",
    ]

    /// The letters with marks of the four languages and their neighbours, by the letter without.
    private static let marked: [Character: Character] = {
        let families: [Character: String] = [
            "a": "áàâäãåāăą", "c": "çćĉċč", "d": "ď", "e": "éèêëēĕėęě", "g": "ĝğġģ", "h": "ĥħ", "i": "íìîïĩīĭį",
            "j": "ĵ", "k": "ķ", "l": "ĺļľ", "n": "ñńņň", "o": "óòôöõōŏő", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťŧț",
            "u": "úùûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
        ]
        return Dictionary(
            families.flatMap { plain, marked in marked.map { ($0, plain) } }, uniquingKeysWith: { first, _ in first })
    }()

    /// A `Character` equals its canonical equivalents, so "ž" is found here as one scalar and as two.
    private static func fold(_ text: String, expanding: [Character: String]) -> String {
        var folded = ""
        for character in text.lowercased() {
            for letter in plain(character, expanding) where letter != folded.last { folded.append(letter) }
        }
        return folded
    }

    private static func plain(_ character: Character, _ expanding: [Character: String]) -> String {
        if let expanded = expanding[character] ?? letters[character] { return expanded }
        if let letter = marked[character] { return String(letter) }
        // A letter of another script, or one with a rare mark: what is left of it without marks.
        guard let base = character.unicodeScalars.first else { return "" }
        let isLetterOrDigit = base.properties.isAlphabetic || base.properties.numericType != nil
        return isLetterOrDigit ? String(Character(base)) : ""
    }
}
