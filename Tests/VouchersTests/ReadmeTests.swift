import Contracts
import FoundationEssentials
import ServiceKit
import TestKit
import Testing

@testable import vouchers

/// The README of vouchers against the catalogue, the contracts and the settings.
@Suite struct ReadmeTests {
    private let readme: ServiceReadme

    init() throws { readme = try ServiceReadme(of: .vouchers) }

    @Test func everyRequestIsListedOnce() {
        let named = readme.named(in: readme.section("Listens to")).sorted()
        let heard = Catalogue.subscriptions(of: .vouchers).map(\.description)
        #expect(named == (readme.requests.sorted() + heard).sorted())
    }

    @Test func everyEventIsListedOnce() {
        let named = readme.named(in: readme.section("Says")).sorted()
        let sent = Catalogue.calls(of: .vouchers).map(\.description)
        #expect(named == (readme.events.sorted() + sent).sorted())
    }

    @Test func everyRequestHasAnExample() {
        #expect(readme.requests.subtracting(readme.calls.map(\.type)).isEmpty)
    }

    /// With an id where the reader puts one, each is a message that its contract takes.
    @Test func examplesCanBeSent() throws {
        let requests = Dictionary(
            Catalogue.requests(of: .vouchers).map { ($0.type.description, $0.request) }
        ) { first, _ in first }
        for call in readme.calls where call.type.hasPrefix("vouchers.") {
            let request = try #require(requests[call.type], "\(call.type) is no request")
            let body = call.body.replacing("\"…\"", with: "\"01943c1e-0000-7000-8000-0000000000ff\"")
            #expect(throws: Never.self, "\(call.type): \(body)") { try request.check(body) }
        }
    }

    /// An id stands for one thing: the examples can be sent one after the other.
    @Test func idsOfExamplesAreDistinct() {
        var things: [Substring: Set<Substring>] = [:]
        for call in readme.calls {
            for match in call.body.matches(of: /"(\w+)": "([0-9a-f-]{36})"/) {
                things[match.2, default: []].insert(match.1)
            }
        }
        #expect(things.count > 10)
        #expect(things.filter { $0.value.count > 1 }.isEmpty)
        let made = readme.calls.compactMap { $0.body.firstMatch(of: /^\{"(\w+Id)": "([0-9a-f-]{36})"/) }
            .filter { !["runId", "orderId", "programmeId", "holdId"].contains($0.1) }.map(\.2)
        #expect(made.count == Set(made).count)
    }

    @Test func everySettingIsListed() {
        var settings = Settings([:], prefix: "VOUCHERS")
        _ = VouchersOptions(&settings)
        let rows = settings.documentation.text.split(separator: "\n").dropFirst().map {
            $0.split(separator: " ").prefix(2)
        }
        #expect(rows.count > 5)
        for row in rows {
            let standard = row[1] == "(required)" ? "required" : row[1]
            let isListed = readme.section("Settings").contains("\n| `\(row[0])` | \(standard)")
            #expect(isListed, "\(row[0]), by default \(standard)")
        }
    }
}

extension Request {
    /// Decodes and validates, as the service does.
    fileprivate static func check(_ body: String) throws {
        try JSONDecoder().decode(Self.self, from: Data(body.utf8)).validate()
    }
}
