import Contracts
import Mustache

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
    /// The parts of one language, ready to be filled in.
    private struct Compiled: Sendable {
        var greeting, closing, otherLanguage, otherTitle, missingFact: MustacheTemplate
        var subjects: [Template: MustacheTemplate] = [:]
        var bodies: [Template: MustacheTemplate] = [:]
        var languages: [Language: String]

        init(_ texts: LanguageTexts) throws {
            func compile(_ text: String) throws -> MustacheTemplate {
                // Mustache is made for HTML: without this it would write `&amp;`.
                try MustacheTemplate(string: "{{% CONTENT_TYPE: TEXT}}" + text)
            }
            greeting = try compile(texts.greeting)
            closing = try compile(texts.closing)
            otherLanguage = try compile(texts.notes.otherLanguage)
            otherTitle = try compile(texts.notes.otherTitle)
            missingFact = try compile(texts.notes.missingFact)
            subjects = try texts.texts.mapValues { try compile($0.subject) }
            bodies = try texts.texts.mapValues { try compile($0.body) }
            languages = texts.notes.languages
        }
    }

    private let languages: [Language: Compiled]

    /// Compiles the texts; throws where one is no Mustache.
    init(_ texts: [Language: LanguageTexts]) throws {
        languages = try texts.mapValues(Compiled.init)
    }

    /// The texts that the suite is delivered with.
    static let shipped: Renderer = {
        do {
            return try Renderer(LanguageTexts.shipped)
        } catch {
            preconditionFailure("a shipped text is no Mustache: \(error)")
        }
    }()

    /// Renders one text.
    ///
    /// A template that exists in no language at all is our own mistake; `TextReport` finds it in the tests.
    func render(_ template: Template, in language: Language, for name: String, _ facts: Facts) -> RenderedText {
        let present = language.chain.first { languages[$0]?.bodies[template] != nil }
        guard let actual = present, let texts = languages[actual], let subject = texts.subjects[template],
            let body = texts.bodies[template]
        else { preconditionFailure("there is no text for \(template.rawValue)") }
        let notes = languages[language] ?? texts
        var lines: [String] = []
        if actual != language { lines.append(notes.otherLanguage.render(["language": notes.languages[actual] ?? ""])) }
        var values: [String: Any] = ["name": LineText.clean(name)]
        for (key, fact) in facts { values[key] = value(of: fact, in: actual, notes, &lines) }
        for key in template.keys.sorted() where facts[key] == nil {
            values[key] = "[\(key)]"
            lines.append(notes.missingFact.render(["key": key]))
        }
        let parts = lines.map { "(\($0))" } + [texts.greeting, body, texts.closing].map { $0.render(values) }
        return RenderedText(
            subject: subject.render(values), body: parts.joined(separator: "\n\n") + "\n", language: actual)
    }

    private func value(of fact: Fact, in language: Language, _ notes: Compiled, _ lines: inout [String]) -> Any {
        switch fact {
        case .money(let money): return language.text(of: money)
        case .moment(let moment, let zone): return language.text(of: moment, in: TimeZoneRules(named: zone))
        case .day(let moment, let zone): return language.text(ofDay: moment, in: TimeZoneRules(named: zone))
        case .seats(let count): return language.text(ofSeats: count)
        case .flag(let isSet): return isSet
        case .text(let text):
            guard let found = text.text(in: language.rawValue) else { return "[–]" }
            if found.language != language.rawValue {
                let name = Language(rawValue: found.language).flatMap { notes.languages[$0] } ?? found.language
                lines.append(notes.otherTitle.render(["language": name]))
            }
            return LineText.clean(found.text)
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
