/// The lines that say which language was missing, in the language that the reader asked for.
enum Notes {
    /// Languages as they stand in such a line, by the language of the line.
    private static let names: [String: [String: String]] = [
        "de": ["de": "auf Deutsch", "sl": "auf Slowenisch", "hu": "auf Ungarisch", "en": "auf Englisch"],
        "sl": ["de": "v nemščini", "sl": "v slovenščini", "hu": "v madžarščini", "en": "v angleščini"],
        "hu": ["de": "németül", "sl": "szlovénül", "hu": "magyarul", "en": "angolul"],
        "en": ["de": "in German", "sl": "in Slovenian", "hu": "in Hungarian", "en": "in English"],
    ]

    private static func name(_ language: String, in line: String) -> String {
        names[line]?[language] ?? "(\(language))"
    }

    /// The text of the message is in another language than the reader's.
    static func text(wanted: String, used: String) -> String {
        let line = names[wanted] == nil ? used : wanted
        let (missing, shown) = (name(wanted, in: line), name(used, in: line))
        return switch line {
        case "de": "Hinweis: Diesen Text gibt es noch nicht \(missing); Sie lesen ihn \(shown)."
        case "sl": "Opomba: To besedilo še ni na voljo \(missing); prikazano je \(shown)."
        case "hu": "Megjegyzés: Ez a szöveg még nem érhető el \(missing); itt \(shown) olvasható."
        default: "Note: This text is not yet available \(missing); it is shown \(shown)."
        }
    }

    /// The title of an event is in another language than the reader's.
    static func title(wanted: String, used: String) -> String {
        let line = names[wanted] == nil ? used : wanted
        let (missing, shown) = (name(wanted, in: line), name(used, in: line))
        return switch line {
        case "de": "Hinweis: Den Titel der Veranstaltung gibt es nicht \(missing); er steht hier \(shown)."
        case "sl": "Opomba: Naslov dogodka ni na voljo \(missing); prikazan je \(shown)."
        case "hu": "Megjegyzés: Az esemény címe nem érhető el \(missing); itt \(shown) szerepel."
        default: "Note: The title of the event is not available \(missing); it is shown \(shown)."
        }
    }
}
