/// Finds what is missing in texts: for the tests, so that a text which is forgotten in one language is noticed before a
/// reader does.
enum TextReport {
    /// Every gap, as a sentence.
    static func gaps(in languages: [Language: LanguageTexts]) -> [String] {
        Language.allCases.flatMap { language in
            guard let texts = languages[language] else { return ["\(language): has no texts"] }
            return gaps(in: texts).map { "\(language): \($0)" }
        }
    }

    private static func gaps(in texts: LanguageTexts) -> [String] {
        var gaps = compare("greeting", texts.greeting, with: [.name])
        gaps += compare("closing", texts.closing, with: [])
        gaps += compare("the note about another language", texts.notes.otherLanguage, with: [.language])
        gaps += compare("the note about a title", texts.notes.otherTitle, with: [.language])
        gaps += compare("the note about a missing fact", texts.notes.missingFact, with: [.key])
        gaps += Language.allCases.filter { texts.notes.languages[$0] == nil }.map { "has no word for \($0)" }
        for template in Template.allCases {
            guard let text = texts.texts[template] else {
                gaps.append("\(template.rawValue) is missing")
                continue
            }
            gaps += compare(template.rawValue, text.body, with: template.facts)
            let inSubject = text.subject.facts.subtracting(template.facts)
            gaps += unknown(inSubject, in: "the subject of \(template.rawValue)")
        }
        return gaps
    }

    private static func compare(_ name: String, _ text: Wording, with expected: Set<FactName>) -> [String] {
        expected.subtracting(text.facts).sorted().map { "\(name) does not say \($0)" }
            + unknown(text.facts.subtracting(expected), in: name)
    }

    private static func unknown(_ facts: Set<FactName>, in name: String) -> [String] {
        facts.sorted().map { "\(name) asks for \($0), which there is not" }
    }
}
