import Contracts
import FoundationEssentials
import Testing

/// A type that stands on the wire, by the name of its golden file.
struct WireType: CustomTestStringConvertible, Sendable {
    let name: String
    let type: any (Codable & Sendable).Type
    var testDescription: String { name }

    /// Every message of the catalogue, every answer, and the problem.
    static let all: [WireType] =
        ServiceName.allCases.flatMap { service in
            Catalogue.requests(of: service).flatMap { both($0.request) }
                + Catalogue.events(of: service).map { WireType(name: $0.type.description, type: $0) }
        } + [WireType(name: "problem", type: Problem.self)]

    private static func both<Asked: Request>(_ request: Asked.Type) -> [WireType] {
        [
            WireType(name: request.type.description, type: request),
            WireType(name: request.type.reply, type: Asked.Reply.self),
        ]
    }
}

/// A message type never changes its meaning: these files are messages as they were sent once, and must stay readable.
@Suite struct GoldenTests {
    @Test(arguments: WireType.all)
    func everyMessageIsReadAndWrittenAsInItsFile(wire: WireType) throws {
        let golden = try JSON(text: Golden.text(wire.name))
        try compare(wire.type, with: golden)
    }

    private func compare<Value: Codable & Sendable>(_ type: Value.Type, with golden: JSON) throws {
        let value = try golden.decoded(as: type)
        #expect(try JSON(encoding: value) == golden)
        // A property that the file does not hold would be free to change.
        for child in Mirror(reflecting: value).children {
            #expect(golden.keys.contains(child.label ?? ""), "the file lacks \(child.label ?? "?")")
        }
    }

    @Test(arguments: WireType.all)
    func aFieldThatIsNewToUsIsIgnored(wire: WireType) throws {
        let newer = try JSON(text: Golden.text(wire.name)).replacing("addedLater", with: .text("x"))
        try decode(wire.type, newer)
    }

    @Test(arguments: WireType.all)
    func onlyOptionalFieldsMayBeAbsent(wire: WireType) throws {
        let golden = try JSON(text: Golden.text(wire.name))
        try dropEachField(wire.type, golden)
    }

    private func dropEachField<Value: Codable & Sendable>(_ type: Value.Type, _ golden: JSON) throws {
        let value = try golden.decoded(as: type)
        let optional = Set(
            Mirror(reflecting: value).children.filter { Mirror(reflecting: $0.value).displayStyle == .optional }
                .compactMap(\.label))
        for key in golden.keys {
            let without = golden.replacing(key, with: nil)
            if optional.contains(key) {
                // Absent stays absent: no `null` for readers who tell the two apart.
                #expect(try JSON(encoding: without.decoded(as: type)) == without)
            } else {
                #expect(throws: DecodingError.self, "\(key) is required") { try without.decoded(as: type) }
            }
        }
    }

    @Test func noFileIsLeftOver() throws {
        // A removed message would leave its file behind.
        #expect(Set(try Golden.names()) == Set(WireType.all.map(\.name) + ["topology"]))
    }

    @Test(arguments: WireType.all)
    func rubbishIsRefusedAndNeverTraps(wire: WireType) throws {
        let golden = try JSON(text: Golden.text(wire.name))
        for key in golden.keys {
            for rubbish: JSON in [.number(-1e300), .text(""), .array([.null]), .object(["": .null])] {
                // A text may be any text; whatever is accepted must be written again without a trap.
                refuseOrWrite(wire.type, golden.replacing(key, with: rubbish))
            }
        }
        for text in ["", "{", "[]", "null", "\"x\"", "{\"a\":", String(repeating: "[", count: 5000)] {
            #expect(throws: (any Error).self) { try decode(wire.type, text: text, isEmpty: golden.keys.isEmpty) }
        }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, text: String, isEmpty: Bool) throws {
        _ = try JSONDecoder().decode(type, from: Data(text.utf8))
        // A message without fields is any object, and an array or a null is none.
        if isEmpty, text != "{}" { throw CancellationError() }
    }

    private func refuseOrWrite<Value: Codable & Sendable>(_ type: Value.Type, _ json: JSON) {
        guard let value = try? json.decoded(as: type) else { return }
        #expect(throws: Never.self) { try JSONEncoder().encode(value) }
        if let message = value as? any Message { try? message.validate() }
    }

    private func decode<Value: Decodable>(_ type: Value.Type, _ json: JSON) throws {
        _ = try json.decoded(as: type)
    }

    @Test(arguments: WireType.all)
    func goldenMessagesKeepTheirOwnContract(wire: WireType) throws {
        try validate(wire.type, JSON(text: Golden.text(wire.name)))
    }

    private func validate<Value: Codable & Sendable>(_ type: Value.Type, _ golden: JSON) throws {
        // Some files name two fields that exclude one another, so that they fix the names of both.
        let excluded = [
            GetCity.type.description: "slug", FindCities.type.description: "after",
            FindCitiesGeoJSON.type.description: "after", ActivateStock.type.description: "code",
        ]
        let name = (type as? any Message.Type)?.type.description
        let json = name.flatMap { excluded[$0] }.map { golden.replacing($0, with: nil) } ?? golden
        if let message = try json.decoded(as: type) as? any Message { try message.validate() }
    }

    @Test func theTopologyIsAsInItsFile() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(Topology.suite), as: UTF8.self) + "\n"
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil {
            try Data(text.utf8).write(to: Golden.folder.appending(path: "topology.json"))
        }
        #expect(try Golden.text("topology") == text, "CITYCOOP_WRITE_GOLDEN=1 writes the file anew")
        #expect(try JSONDecoder().decode(Topology.self, from: Data(text.utf8)) == Topology.suite)
    }
}
