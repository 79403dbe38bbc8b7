import Contracts
import Mustache

/// Something that a text names; how it is written depends on the language of the text.
enum TextValue: Equatable, Sendable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case money(Money)
    case moment(Timestamp, timeZone: String)
    case localized(LocalizedText)
}

/// A text as it is stored and sent: rendered once, so that a retry sends the same.
struct RenderedText: Equatable, Sendable {
    /// What was not there.
    enum Missing: Hashable, Sendable {
        /// The text in the reader's language.
        case text(wanted: String, used: String)
        /// A value in the reader's language: the title of an event.
        case translation(key: String, wanted: String, used: String)
        /// A value that the text names and nobody gave; its key stands in brackets where it should be.
        case value(key: String)
    }

    let template: Template
    let subject: String
    let body: String
    /// The language that the text is in.
    let language: String
    let missing: Set<Missing>
}

/// Renders texts: the same for the same template, language and values.
struct Renderer: Sendable {
    /// A catalogue that cannot be rendered from: a text that is not Mustache, or a template without any text.
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    private struct Compiled: Sendable {
        let subject: MustacheTemplate
        let body: MustacheTemplate
    }

    private var compiled: [String: [Template: Compiled]] = [:]

    /// Compiles every text, so that no mistake in one waits for its first reader.
    init(_ catalogue: TextCatalogue = .suite) throws(Mistake) {
        for template in Template.allCases {
            let languages = catalogue.texts.keys.filter { catalogue.texts[$0]?[template] != nil }
            if languages.isEmpty { throw Mistake(description: "there is no text for \(template.rawValue)") }
            for language in languages {
                guard let text = catalogue.texts[language]?[template] else { continue }
                compiled[language, default: [:]][template] = try Renderer.compile(text, template, language)
            }
        }
    }

    private static func compile(
        _ text: TemplateText, _ template: Template, _ language: String
    ) throws(Mistake) -> Compiled {
        // Mustache escapes for HTML unless it is told otherwise; in a plain text "Müller & Söhne" is what it is.
        let plain = "{{% CONTENT_TYPE:TEXT}}"
        do {
            return Compiled(
                subject: try MustacheTemplate(string: plain + text.subject),
                body: try MustacheTemplate(string: plain + text.body))
        } catch {
            throw Mistake(description: "\(template.rawValue) in \(language): \(error)")
        }
    }

    /// Renders a text in the reader's language, or in the first that there is, with a line that says so.
    func render(_ template: Template, in language: String, _ values: [String: TextValue]) -> RenderedText {
        let candidates = [language] + LocalizedText.fallbacks + compiled.keys.sorted()
        guard let used = candidates.first(where: { compiled[$0]?[template] != nil }),
            let text = compiled[used]?[template]
        else { preconditionFailure("init saw a text for every template") }
        let lookup = Lookup(values, textLanguage: used, readerLanguage: language)
        let subject = text.subject.render(lookup).map { $0.isNewline ? " " : $0 }
        var body = text.body.render(lookup)
        var notes = lookup.notes
        if used != language {
            lookup.missing.insert(.text(wanted: language, used: used))
            notes.append(Notes.text(wanted: language, used: used))
        }
        if !notes.isEmpty { body += "\n" + notes.joined(separator: "\n") + "\n" }
        return RenderedText(
            template: template, subject: String(subject), body: body, language: used, missing: lookup.missing)
    }

    /// Hands values to Mustache, and notes what was not there.
    private final class Lookup: MustacheParent {
        private let values: [String: TextValue]
        private let textLanguage: String
        private let readerLanguage: String
        var missing: Set<RenderedText.Missing> = []

        init(_ values: [String: TextValue], textLanguage: String, readerLanguage: String) {
            self.values = values
            self.textLanguage = textLanguage
            self.readerLanguage = readerLanguage
        }

        func child(named key: String) -> Any? {
            switch values[key] {
            case .text(let text): text
            case .number(let number): String(number)
            case .flag(let flag): flag
            case .money(let money): Formats.money(money, in: textLanguage)
            case .moment(let time, let timeZone): Formats.moment(time, timeZone: timeZone, in: textLanguage)
            case .localized(let text): translation(of: key, text)
            case nil: absent(key)
            }
        }

        private func translation(of key: String, _ text: LocalizedText) -> String {
            guard let (content, language) = text.text(in: readerLanguage) else { return absent(key) }
            if language != readerLanguage {
                missing.insert(.translation(key: key, wanted: readerLanguage, used: language))
            }
            return content
        }

        private func absent(_ key: String) -> String {
            missing.insert(.value(key: key))
            return "[\(key)]"
        }

        /// The lines about values in another language.
        var notes: [String] {
            missing.compactMap {
                if case .translation(_, let wanted, let used) = $0 {
                    Notes.title(wanted: wanted, used: used)
                } else {
                    nil
                }
            }.sorted()
        }
    }
}
