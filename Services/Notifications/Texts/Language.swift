import Contracts

/// A language that readers can choose.
enum Language: String, CaseIterable, Codable, Sendable {
    case de, sl, hu, en

    /// This language, and then those that stand in for it, in order.
    var chain: [Language] {
        [self] + LocalizedText.fallbacks.compactMap(Language.init).filter { $0 != self }
    }
}
