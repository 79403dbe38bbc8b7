public import Contracts
import FoundationEssentials

/// The README of a service, which integrators read instead of the code.
///
/// Messages are named in it as `` `cities.find-cities.v1` ``; headings of sections are of the second level.
public struct ServiceReadme: Sendable {
    /// An example for the shell: a request and what is sent.
    public struct Call: Sendable {
        /// As it stands behind `citycoop call`.
        public let type: String
        /// As it stands between the quotes.
        public let body: String
    }

    /// The whole text.
    public let text: String
    private let service: ServiceName

    /// Reads it from its folder below `Services`.
    public init(of service: ServiceName) throws {
        self.service = service
        let name = service.rawValue
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = "Services/\(name.prefix(1).uppercased())\(name.dropFirst())/README.md"
        text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// What the service answers to, as the catalogue has it.
    public var requests: Set<String> { Set(Catalogue.requests(of: service).map(\.type.description)) }

    /// What the service says, as the catalogue has it.
    public var events: Set<String> { Set(Catalogue.events(of: service).map { $0.type.description }) }

    /// A section without its heading; empty if there is none.
    public func section(_ heading: String) -> Substring {
        guard let start = text.firstRange(of: "\n## \(heading)\n")?.upperBound else { return "" }
        return text[start...].prefix(upTo: text[start...].firstRange(of: "\n## ")?.lowerBound ?? text.endIndex)
    }

    /// The messages, of any service, that a part of the text names, as often as it does.
    public func named(in part: some StringProtocol) -> [String] {
        String(part).matches(of: /`([a-z]+\.[a-z-]+\.v\d+)`/).map { String($0.1) }
    }

    /// The messages that have an example in JSON: what is named between the end of the last example, or of a paragraph, and
    /// the beginning of the next.
    public var shownInJSON: Set<String> {
        let headings = text.components(separatedBy: "```json").dropLast().compactMap { before in
            before.components(separatedBy: "```\n").last?.components(separatedBy: "\n\n").last
        }
        return headings.reduce(into: []) { $0.formUnion(named(in: $1)) }
    }

    /// The examples for the shell.
    public var calls: [Call] {
        text.matches(of: /citycoop call ([a-z]+\.[a-z-]+\.v\d+) '([^']*)'/).map {
            Call(type: String($0.1), body: String($0.2))
        }
    }
}

extension String {
    /// The parts between a text; Foundation has this, and is not here for it.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
