import Contracts
import JSON
import FoundationEssentials
import TestKit
import Testing

@testable import ManagementAPI
@testable import citycoop

@Suite struct DefinitionsTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "infra/rabbitmq/definitions.json")

    /// The file that brokers load is what the services are built with; `CITYCOOP_WRITE_GOLDEN=1` writes it.
    @Test func theFileIsWhatTheCodeSays() throws {
        let definitions = Definitions(.suite, virtualHost: Definitions.virtualHost)
        let now = definitions.text + "\n"
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil {
            try Data(now.utf8).write(to: Self.file)
        }
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(text == now, "citycoop topology export > infra/rabbitmq/definitions.json")
        // A line for each thing is the same JSON.
        let whole = try JSONDecoder().decode(JSONValue.self, from: Data(JSONText.line(definitions).utf8))
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) == whole)
    }

    @Test func aBrokerThatImportsTheDefinitionsIsAsItShouldBe() async throws {
        try await withScratchVhost { vhost in
            var topology = Topology.suite
            topology.users = topology.users.map { user in
                var user = user
                user.name = "\(vhost.name)-\(user.name)"
                return user
            }
            for user in topology.users { try await vhost.management.putUser(user.name, password: "secret") }
            let definitions = Definitions(topology, virtualHost: vhost.name)
            // Twice, as a broker does that loads them at each start.
            for _ in 1...2 {
                try await vhost.management.post(["definitions"], definitions)
                try await eventually("no drift is left") {
                    try await LiveTopology.read(vhost.management, virtualHost: vhost.name)
                        .drift(from: topology).isEmpty
                }
            }
        }
    }
}
