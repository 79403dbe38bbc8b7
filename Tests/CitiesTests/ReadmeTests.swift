import Contracts
import TestKit
import Testing

/// The README of cities against the catalogue.
@Suite struct ReadmeTests {
    private let readme: ServiceReadme

    init() throws { readme = try ServiceReadme(of: .cities) }

    /// Every message that cities answers to or says.
    private var messages: Set<String> { readme.requests.union(readme.events) }

    @Test func everyMessageIsListed() throws {
        let end = try #require(readme.text.firstRange(of: "\n## Invariants"))
        let named = readme.named(in: readme.text[..<end.lowerBound]).filter { $0.hasPrefix("cities.") }
        #expect(Set(named) == messages)
    }

    @Test func everyMessageHasAnExample() {
        #expect(messages.subtracting(readme.shownInJSON).isEmpty)
    }
}
