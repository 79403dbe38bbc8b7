import Contracts
import FoundationEssentials
import TestKit
import ServiceKit
import Testing

@testable import Messaging
@testable import cities
@testable import events
@testable import notifications
@testable import vouchers

/// Who may send what: every command and query of the suite by everybody who may ask, decided by the handlers' own rules on
/// the messages of the golden files.
@Suite struct AccessTableTests {
    /// A request of the suite, with the rule of its handler.
    private struct Row {
        let type: String
        let owner: ServiceName
        let isAllowed: (Speaker) -> Bool
        /// The cities and the merchant that its golden message names.
        let cities: [UUID]
        let merchant: UUID?
    }

    /// Somebody who asks, with what they were granted in view of the message.
    private struct Column {
        let name: String
        let speaker: (Row) -> Speaker

        /// Somebody with grants, as the runtime sees them.
        init(_ name: String, _ grants: @escaping (Row) -> [Grant]) {
            self.name = name
            speaker = { AccessPolicy(administrator: "first").speaker("x", holding: grants($0), at: Date()) }
        }

        /// Somebody whom everybody knows by name, or who has none.
        init(_ name: String, named user: @escaping (Row) -> String?) {
            self.name = name
            speaker = { AccessPolicy(administrator: "first").speaker(user($0), holding: [], at: Date()) }
        }
    }

    private static func grant(
        _ role: Role, city: UUID? = nil, merchant: UUID? = nil, types: [String]? = nil
    ) -> Grant {
        Grant(
            grantId: UUID(), userId: "x", role: role, cityId: city, merchantId: merchant, messageTypes: types)
    }

    private static let everyType = ServiceName.allCases.flatMap(Catalogue.requests).map(\.type.description)

    private static var columns: [Column] {
        [
            Column("nobody", named: { _ in nil }),
            Column("stranger") { _ in [] },
            Column("first", named: { _ in "first" }),
            Column("administrator") { _ in [grant(.administrator)] },
            Column("owner", named: \.owner.rawValue),
            Column("service", named: { row in ServiceName.allCases.first { $0 != row.owner }?.rawValue }),
            Column("service-grant") { _ in [grant(.service)] },
            Column("editor") { row in row.cities.map { grant(.cityEditor, city: $0) } },
            Column("editor-elsewhere") { _ in [grant(.cityEditor, city: UUID())] },
            Column("merchant") { row in [grant(.merchant, merchant: row.merchant ?? UUID())] },
            Column("merchant-elsewhere") { _ in [grant(.merchant, merchant: UUID())] },
            Column("terminal") { row in [grant(.terminal, merchant: row.merchant ?? UUID())] },
            Column("terminal-elsewhere") { _ in [grant(.terminal, merchant: UUID())] },
            Column("integrator") { row in [grant(.integrator, types: [row.type])] },
            Column("integrator-of-others") { row in [grant(.integrator, types: everyType.filter { $0 != row.type })] },
            Column("integrator-there") { row in
                let city = Set(row.cities).count == 1 ? row.cities.first : nil
                return [
                    grant(.integrator, city: city ?? UUID(), types: [row.type]),
                    grant(.integrator, merchant: row.merchant ?? UUID(), types: [row.type]),
                ]
            },
            Column("integrator-elsewhere") { row in
                [
                    grant(.integrator, city: UUID(), types: [row.type]),
                    grant(.integrator, merchant: UUID(), types: [row.type]),
                ]
            },
        ]
    }

    @Test func theTableIsThatOfTheGoldenFile() throws {
        let rows = try Self.rows()
        #expect(rows.map(\.type) == Self.everyType.sorted())
        let width = rows.map(\.type.count).max() ?? 0
        var lines = [
            String(repeating: " ", count: width) + " " + Self.columns.map(\.name).joined(separator: " ")
        ]
        for row in rows {
            let cells = Self.columns.map { column in
                let mark = row.isAllowed(column.speaker(row)) ? "yes" : "-"
                return mark + String(repeating: " ", count: column.name.count - mark.count)
            }
            lines.append(
                (row.type + String(repeating: " ", count: width - row.type.count + 1)
                    + cells.joined(separator: " ")).trimmedEnd)
        }
        try expectGolden("access.txt", lines.joined(separator: "\n") + "\n")
    }

    @Test func nobodyGivesThemselvesAccess() throws {
        for row in try Self.rows() where ["cities.grant-access.v1", "cities.revoke-access.v1"].contains(row.type) {
            for column in Self.columns where !["first", "administrator", "owner", "integrator"].contains(column.name) {
                #expect(!row.isAllowed(column.speaker(row)), "\(column.name)")
            }
            // The rule would let an integrator, but no such grant can be given.
            let command = GrantAccess(Self.grant(.integrator, types: [row.type]))
            #expect(throws: Problem.self) { try command.validate() }
        }
    }

    @Test func anEventIsItsOwnersWhateverWasGranted() throws {
        for service in ServiceName.allCases {
            for event in Catalogue.events(of: service) {
                for user in ServiceName.allCases.map(\.rawValue) + ["first", "x", nil] {
                    let refusal = AccessPolicy(administrator: "first").refusal(of: user, sending: event.type)
                    #expect((refusal == nil) == (user == service.rawValue), "\(event.type) by \(user ?? "nobody")")
                }
            }
        }
    }

    // MARK: The rows

    private static func rows() throws -> [Row] {
        let seal = Seal(keys: [("a", [UInt8](repeating: 7, count: 32))])
        let keys = try CodeKeys([(1, [UInt8](repeating: 7, count: 32))])
        let bankKeys = try #require(Keyring(Data([UInt8](repeating: 7, count: 32)).base64EncodedString()))
        let options = Notifications.Options(mailFolder: "/tmp", mailFrom: nil)
        return try
            (rows(CitiesDefinition.handlers(bankKeys, seal: seal), seal)
            + rows(EventsDefinition.handlers((), seal: seal), seal)
            + rows(VouchersDefinition.handlers(VouchersOptions(keys: keys, fileFolder: "/tmp"), seal: seal), seal)
            + rows(Notifications.handlers(options, seal: seal), seal)).sorted { $0.type < $1.type }
    }

    private static func rows<Owner>(_ handlers: HandlerSet<Owner>, _ seal: Seal) throws -> [Row] {
        let all = handlers.complete(seal: seal, limits: MessagingLimits())
        return try Catalogue.requests(of: Owner.name).map { entry in
            let type = entry.type.description
            let body = try golden(entry.type)
            let message = try read(entry.request, body)
            if let route = all.routes[type] { return try row(entry.type, body) { route.allows(message, from: $0) } }
            let route = try #require(all.queries[type])
            return try row(entry.type, body) { route.allows(message, from: $0) }
        }
    }

    /// Reads without checking: a golden file has every field, even such as exclude each other.
    private static func read<M: Message>(_ type: M.Type, _ body: [UInt8]) throws -> any Message {
        try JSONDecoder().decode(type, from: Data(body))
    }

    private static func row(
        _ type: MessageType, _ body: [UInt8], _ isAllowed: @escaping (Speaker) -> Bool
    ) throws -> Row {
        let named = try JSONDecoder().decode(NamedIDs.self, from: Data(body)).ids
        return Row(
            type: type.description, owner: type.owner, isAllowed: isAllowed,
            cities: ["cityId", "issuerCityId", "cityIds"].flatMap { named[$0] ?? [] },
            merchant: named["merchantId"]?.first)
    }

    // MARK: Files

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// A message as the contracts' golden file has it.
    private static func golden(_ type: MessageType) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: tests.appending(path: "ContractsTests/Golden/\(type).json")))
    }

    /// Compares with a golden file, or writes it where `CITYCOOP_WRITE_GOLDEN` is set.
    private func expectGolden(_ name: String, _ text: String) throws {
        let file = Self.tests.appending(path: "AccessTests/Golden/\(name)")
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
        #expect(String(decoding: try Data(contentsOf: file), as: UTF8.self) == text)
    }
}

/// Every id in the first two levels of a message, by the name of its field.
private struct NamedIDs: Decodable {
    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var ids: [String: [UUID]] = [:]

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Name.self)
        for name in fields.allKeys {
            if let text = try? fields.decode(String.self, forKey: name) {
                if let id = UUID(text: text) { ids[name.stringValue, default: []].append(id) }
            } else if let texts = try? fields.decode([String].self, forKey: name) {
                ids[name.stringValue, default: []] += texts.compactMap { UUID(text: $0) }
            } else if let inner = try? fields.decode(NamedIDs.self, forKey: name) {
                ids.merge(inner.ids) { $0 + $1 }
            }
        }
    }
}

extension String {
    /// Without the blanks at its end.
    fileprivate var trimmedEnd: String {
        String(prefix(upTo: lastIndex { $0 != " " }.map(index(after:)) ?? startIndex))
    }
}
