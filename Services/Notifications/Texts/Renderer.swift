import Contracts

/// What a reader gets to read.
struct RenderedText: Equatable, Sendable {
    var subject: String
    /// Plain text; lines end with a line feed.
    var body: String
    /// The language of the text, which is not the reader's where a text is missing.
    var language: Language
}

/// Makes texts of facts, in a reader's language.
///
/// A text that does not exist in that language is taken from the next that has it, and a first line says so in the reader's
/// language; so it is with titles, and with facts that are missing. Nothing is left out silently.
struct Renderer: Sendable {
    private let languages: [Language: LanguageTexts]

    init(_ languages: [Language: LanguageTexts]) {
        self.languages = languages
    }

    /// The texts that the suite is delivered with.
    static let shipped = Renderer(LanguageTexts.shipped)

    /// Renders one text.
    ///
    /// A template that exists in no language at all is our own mistake; `TextReport` finds it in the tests.
    func render(_ template: Template, in language: Language, for name: String, _ facts: Facts) -> RenderedText {
        let present = language.chain.first { languages[$0]?.texts[template] != nil }
        guard let actual = present, let texts = languages[actual], let text = texts.texts[template]
        else { preconditionFailure("there is no text for \(template.rawValue)") }
        let notes = (languages[language] ?? texts).notes
        var lines: [String] = []
        if actual != language {
            lines.append(notes.otherLanguage.text([.language: .words(notes.languages[actual] ?? "")]))
        }
        var values: [FactName: FactText] = [.name: .words(LineText.clean(name))]
        for fact in template.facts.sorted() {
            if let known = facts[fact.rawValue] {
                values[fact] = value(of: known, in: actual, notes, &lines)
            } else {
                lines.append(notes.missingFact.text([.key: .words(fact.rawValue)]))
            }
        }
        let parts = lines.map { "(\($0))" } + [texts.greeting, text.body, texts.closing].map { $0.text(values) }
        return RenderedText(
            subject: text.subject.text(values), body: parts.joined(separator: "\n\n") + "\n", language: actual)
    }

    private func value(
        of fact: Fact, in language: Language, _ notes: LanguageTexts.Notes, _ lines: inout [String]
    ) -> FactText {
        switch fact {
        case .money(let money): return .words(language.text(of: money))
        case .moment(let moment, let zone): return .words(language.text(of: moment, in: TimeZoneRules(named: zone)))
        case .day(let moment, let zone): return .words(language.text(ofDay: moment, in: TimeZoneRules(named: zone)))
        case .seats(let count): return .words(language.text(ofSeats: count))
        case .flag(let isSet): return .flag(isSet)
        case .text(let text):
            guard let found = text.text(in: language.rawValue) else { return .words("[–]") }
            if found.language != language.rawValue {
                let name = Language(rawValue: found.language).flatMap { notes.languages[$0] } ?? found.language
                lines.append(notes.otherTitle.text([.language: .words(name)]))
            }
            return .words(LineText.clean(found.text))
        }
    }
}

/// Text that stands in one line.
enum LineText {
    /// Puts a blank for everything that would break the line or do more than be read.
    static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .lineSeparator, .paragraphSeparator: " "
                    default: scalar
                    }
                }))
    }
}
