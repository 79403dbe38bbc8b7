import FoundationEssentials
public import Postgres

/// Creates a database of its own for `body`, with a random name, and drops it afterwards.
///
/// The server is the one of `CITYCOOP_TEST_DATABASE_URL`, whose role must be allowed to create databases.
///
/// - Parameter migrations: Applied before `body` runs.
public func withScratchDatabase<Value>(
    migrations: [MigrationSet] = [],
    _ body: (DatabaseAddress) async throws -> Value
) async throws -> Value {
    let server = try scratchServer()
    let name = "citycoop_test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try await onServer(server, "CREATE DATABASE \(name)")
    do {
        let address = server.naming(database: name)
        if !migrations.isEmpty {
            try await Migrator(address, sets: migrations).migrate()
        }
        let value = try await body(address)
        try await onServer(server, "DROP DATABASE \(name) WITH (FORCE)")
        return value
    } catch {
        // The test's own error is the one worth reading.
        try? await onServer(server, "DROP DATABASE \(name) WITH (FORCE)")
        throw error
    }
}

/// The address of the server for tests.
public func scratchServer() throws -> DatabaseAddress {
    try DatabaseAddress(url: try environment("CITYCOOP_TEST_DATABASE_URL"))
}

private func onServer(_ server: DatabaseAddress, _ sql: String) async throws {
    // Creating a database copies files: slow while other tests do the same.
    let connection = try await Connection.connect(to: server, name: "scratch database", limits: .migrating)
    do {
        try await connection.runScript(sql, within: .seconds(60))
        await connection.close()
    } catch {
        await connection.close()
        throw error
    }
}

/// A variable of the environment that the tests cannot do without.
struct MissingEnvironment: Error, CustomStringConvertible {
    let name: String

    var description: String { "\(name) is not set: run the tests through infra/test" }
}

func environment(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else { throw MissingEnvironment(name: name) }
    return value
}
