import AMQP
import Foundation
import ManagementAPI
import Postgres
import Testing

/// A broker and a database of the system tests' own, because they are stopped and killed.
struct PrivateServers: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case broker, database
    }

    /// The servers of the running tests.
    @TaskLocal static var current: PrivateServers?

    let script: String
    /// The folder of this pair.
    let state: String
    let amqp: BrokerAddress
    let management: ManagementAPI
    let database: DatabaseAddress
    let databasePort: Int

    /// Starts a pair in a folder below `CITYCOOP_TEST_STATE`, through the script in `CITYCOOP_TEST_SERVERS`.
    static func start() async throws -> PrivateServers {
        let script = try Surroundings.value("CITYCOOP_TEST_SERVERS")
        let state = try Surroundings.value("CITYCOOP_TEST_STATE") + "/system"
        _ = try await Program.output(script, ["start", "--state", state])
        let lines = try await Program.output(script, ["env", "--state", state]).split(separator: "\n")
        var values: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        func value(_ name: String) throws -> String {
            guard let value = values[name] else {
                throw Program.Failed(description: "\(script) env says nothing of \(name)")
            }
            return value
        }
        return PrivateServers(
            script: script, state: state, amqp: try BrokerAddress(url: try value("AMQP_URL")),
            management: try ManagementAPI(url: try value("MANAGEMENT_URL")),
            database: try DatabaseAddress(url: try value("DATABASE_URL")),
            databasePort: Int(try value("DATABASE_PORT")) ?? 0)
    }

    static var required: PrivateServers {
        get throws {
            guard let current else { throw Program.Failed(description: "no private servers: the trait is missing") }
            return current
        }
    }

    /// Starts what is not running and waits until it answers, on the port it had.
    func start(_ kind: Kind) async throws { try await tell("start", kind) }
    /// Ends a server in good order and starts it again.
    func restart(_ kind: Kind) async throws { try await tell("restart", kind) }
    /// Ends a server as a crash would.
    func kill(_ kind: Kind) async throws { try await tell("kill", kind) }

    private func tell(_ action: String, _ kind: Kind) async throws {
        _ = try await Program.output(script, [action, kind.rawValue, "--state", state])
    }

    /// Ends both and deletes their folder.
    func remove() async throws {
        _ = try await Program.output(script, ["remove", "--state", state])
    }
}

/// Starts the servers before the first test of a suite and removes them after its last.
struct WithPrivateServers: SuiteTrait, TestScoping {
    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let servers = try await PrivateServers.start()
        do {
            try await PrivateServers.$current.withValue(servers) { try await function() }
        } catch {
            try? await servers.remove()
            throw error
        }
        try await servers.remove()
    }
}

extension Trait where Self == WithPrivateServers {
    /// A broker and a database of the suite's own.
    static var privateServers: WithPrivateServers { WithPrivateServers() }
}
