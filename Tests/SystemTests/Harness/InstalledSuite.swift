import AMQP
import Contracts
import Foundation
import Postgres

/// A suite as the scripts of `infra` install it for an operator, in a folder of its own.
struct InstalledSuite: Sendable {
    private static let exportWord = "export "

    /// The folder.
    let state: String
    private let infra: String
    private let programs: String

    /// Names a folder below `CITYCOOP_TEST_STATE`; nothing is started.
    init(_ name: String) throws {
        state = try Surroundings.value("CITYCOOP_TEST_STATE") + "/" + name
        infra = URL(filePath: try Surroundings.value("CITYCOOP_TEST_SERVERS")).deletingLastPathComponent().path
        programs = try Surroundings.programs()
    }

    // MARK: Scripts

    /// Starts servers and services.
    func up() async throws {
        let result = try await script("up", ["--no-demo", "--programs", programs])
        try require(result)
    }

    /// Ends everything and deletes it.
    func wipe() async throws {
        try require(try await script("down", ["--purge"]))
    }

    /// Backs up into a folder.
    func backup(_ arguments: String...) async throws -> Program.Result {
        try await script("backup", ["--programs", programs] + arguments)
    }

    /// Restores from a folder.
    func restore(_ arguments: String...) async throws -> Program.Result {
        try await script("restore", ["--programs", programs] + arguments)
    }

    private func script(_ name: String, _ arguments: [String]) async throws -> Program.Result {
        try await Program.run("\(infra)/\(name)", ["--state", state] + arguments, within: .seconds(300))
    }

    private func require(_ result: Program.Result) throws {
        guard result.status == 0 else { throw Program.Failed(description: result.output) }
    }

    /// Runs the operator's tool.
    func tool(_ arguments: [String], input: [UInt8] = []) async throws -> Program.Result {
        try await Program.run("\(programs)/citycoop", arguments, environment: try environment(), input: input)
    }

    // MARK: Addresses

    /// What `infra/up` has written for a shell; its values need no quoting.
    func environment() throws -> [String: String] {
        let text = try String(contentsOf: URL(filePath: "\(state)/env"), encoding: .utf8)
        let pairs = text.split(separator: "\n").filter { $0.hasPrefix(Self.exportWord) }.map { line in
            line.dropFirst(Self.exportWord.count).split(separator: "=", maxSplits: 1).map(String.init)
        }
        return Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { $1 }
    }

    /// The broker as the operator.
    func broker() throws -> BrokerAddress {
        try BrokerAddress(url: try value("CITYCOOP_AMQP_URL"))
    }

    /// The rows of a statement on a service's database.
    func rows<S: Statement>(_ statement: S, of service: ServiceName) async throws -> [S.Row] {
        let address = try DatabaseAddress(url: try value("\(service.rawValue.uppercased())_DATABASE_URL"))
        let connection = try await Connection.connect(to: address, name: "system tests")
        do {
            let rows = try await connection.execute(statement)
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    private func value(_ name: String) throws -> String {
        guard let value = try environment()[name] else {
            throw Program.Failed(description: "\(state)/env says nothing of \(name)")
        }
        return value
    }

    // MARK: Keys

    /// Copies the keys to another suite, as an operator does who has kept them apart from the backup.
    func giveKeys(to other: InstalledSuite) throws {
        let folder = "\(other.state)/secrets"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["seal-key", "vouchers-code-key", "cities-bank-key"] {
            try FileManager.default.copyItem(atPath: "\(state)/secrets/\(name)", toPath: "\(folder)/\(name)")
        }
    }
}
