import Contracts
import FoundationEssentials
import Testing

/// The README of cities, which integrators read instead of the code.
@Suite struct ReadmeTests {
    private let text: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "Services/Cities/README.md"), encoding: .utf8)
    }

    /// Every message that cities answers to or says.
    private var messages: Set<String> {
        Set(
            Catalogue.requests(of: .cities).map(\.type.description)
                + Catalogue.events(of: .cities).map { $0.type.description })
    }

    private func named(in text: some StringProtocol) -> Set<String> {
        Set(String(text).matches(of: /`(cities\.[a-z-]+\.v\d+)`/).map { String($0.1) })
    }

    @Test func everyMessageIsListed() throws {
        let end = try #require(text.firstRange(of: "\n## Invariants"))
        #expect(named(in: text[..<end.lowerBound]) == messages)
    }

    @Test func everyMessageHasAnExample() {
        // What stands between the end of the last example, or of a paragraph, and the beginning of the next example.
        let headings = text.components(separatedBy: "```json").dropLast().compactMap { before in
            before.components(separatedBy: "```\n").last?.components(separatedBy: "\n\n").last
        }
        let shown = headings.reduce(into: Set<String>()) { $0.formUnion(named(in: $1)) }
        #expect(messages.subtracting(shown).isEmpty)
    }
}

extension String {
    /// The parts between a text; Foundation has this, and is not here for it.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
