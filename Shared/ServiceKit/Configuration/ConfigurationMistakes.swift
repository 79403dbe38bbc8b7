/// Everything that is wrong with the configuration, so that it is put right in one go.
public struct ConfigurationMistakes: Error, Sendable, Equatable, CustomStringConvertible {
    /// One variable, and what is wrong with it.
    public struct Mistake: Sendable, Equatable {
        /// The variable's name.
        public let name: String
        /// What was found and what is expected, as the rest of a sentence that begins with the name.
        public let text: String
    }

    /// In the order in which the settings are read; unknown variables last.
    public let mistakes: [Mistake]

    /// A headline and one line for each mistake.
    public var description: String {
        let headline = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
        return (["\(headline) in the configuration:"] + mistakes.map { "  \($0.name) \($0.text)" })
            .joined(separator: "\n")
    }
}
