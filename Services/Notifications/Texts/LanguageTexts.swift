/// Everything that is written in one language.
struct LanguageTexts: Sendable {
    /// The subject and the text of one template.
    struct Text: Sendable {
        var subject: Wording
        var body: Wording

        init(subject: Wording, _ body: Wording) {
            self.subject = subject
            self.body = body
        }
    }

    /// What the text says of itself where it is not quite what it should be.
    struct Notes: Sendable {
        /// The text does not exist in this language; `language` is the one it is in.
        var otherLanguage: Wording
        /// A text of somebody else, such as the title of an event, does not exist in this language.
        var otherTitle: Wording
        /// A fact is missing; `key` is its name.
        var missingFact: Wording
        /// How these sentences call each language.
        var languages: [Language: String]
    }

    /// Above the text.
    var greeting: Wording
    /// Below it.
    var closing: Wording
    var notes: Notes
    var texts: [Template: Text]

    /// What the suite is delivered with.
    static let shipped: [Language: LanguageTexts] = [.de: german, .sl: slovenian, .hu: hungarian, .en: english]
}
