import Postgres
import TestKit
import Testing

/// Lends a connection to the server's own database, for what needs no tables.
func withConnection<Value>(
    limits: PostgresLimits = .init(), _ body: (Connection) async throws -> Value
) async throws -> Value {
    try await withConnection(to: try scratchServer(), limits: limits, body)
}

/// Lends a connection and closes it afterwards.
func withConnection<Value>(
    to address: DatabaseAddress, limits: PostgresLimits = .init(), _ body: (Connection) async throws -> Value
) async throws -> Value {
    let connection = try await Connection.connect(to: address, name: "test", limits: limits)
    do {
        let value = try await body(connection)
        await connection.close()
        return value
    } catch {
        await connection.close()
        throw error
    }
}

/// Lends a scratch database that has a table of numbered items.
func withItems<Value>(_ body: (DatabaseAddress) async throws -> Value) async throws -> Value {
    try await withScratchDatabase { address in
        try await withConnection(to: address) {
            try await $0.runScript(
                """
                CREATE TABLE owner (id bigint PRIMARY KEY);
                CREATE TABLE item (
                    id bigint PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> 'forbidden'),
                    owner bigint REFERENCES owner
                )
                """)
        }
        return try await body(address)
    }
}

/// The error of `body`, which must throw one of this module's.
func failure<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async throws -> PostgresError {
    do {
        _ = try await body()
    } catch let error as PostgresError {
        return error
    }
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    throw PostgresExpectation()
}

struct PostgresExpectation: Error {}

/// Gives back what it was given.
struct Echo<Value: PostgresValue>: Statement {
    static var sql: String { "SELECT $1" }
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(value)
    }

    static func row(_ columns: inout Columns) throws -> Value {
        try columns.next()
    }
}

/// What the server makes of a value.
struct Text<Value: PostgresValue>: Statement {
    static var sql: String { "SELECT $1::text" }
    let value: Value

    func bind(_ parameters: inout Parameters) {
        parameters.add(value)
    }

    static func row(_ columns: inout Columns) throws -> String {
        try columns.next()
    }
}

struct InsertItems: Statement {
    static let sql = "INSERT INTO item (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])"
    let ids: [Int]
    let names: [String]

    init(_ ids: [Int], names: [String]? = nil) {
        self.ids = ids
        self.names = names ?? ids.map { "item \($0)" }
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(names)
    }
}

struct InsertOwnedItem: Statement {
    static let sql = "INSERT INTO item (id, name, owner) VALUES ($1, $2, $3)"
    var id = 1
    var name: String?
    var owner: Int?

    func bind(_ parameters: inout Parameters) {
        parameters.add(id)
        parameters.add(name)
        parameters.add(owner)
    }
}

struct ReadItems: Statement {
    static let sql = "SELECT id FROM item ORDER BY id"

    static func row(_ columns: inout Columns) throws -> Int {
        try columns.next()
    }
}

struct LockItem: Statement {
    static let sql = "SELECT id FROM item WHERE id = $1 FOR UPDATE"
    let id: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(id)
    }

    static func row(_ columns: inout Columns) throws -> Int {
        try columns.next()
    }
}

struct Divide: Statement {
    static let sql = "SELECT 1 / $1"
    let divisor: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(divisor)
    }

    static func row(_ columns: inout Columns) throws -> Int {
        try columns.next()
    }
}

struct Pause: Statement {
    static let sql = "SELECT pg_sleep($1)"
    let seconds: Double

    func bind(_ parameters: inout Parameters) {
        parameters.add(seconds)
    }
}

struct ReadProcess: Statement {
    static let sql = "SELECT pg_backend_pid()"

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

struct CancelStatement: Statement {
    static let sql = "SELECT pg_cancel_backend($1)"
    let process: Int32

    func bind(_ parameters: inout Parameters) {
        parameters.add(process)
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

struct Terminate: Statement {
    static let sql = "SELECT pg_terminate_backend($1)"
    let process: Int32

    func bind(_ parameters: inout Parameters) {
        parameters.add(process)
    }

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

/// What a session is waiting for; nil if it waits for nothing.
struct ReadWait: Statement {
    static let sql = "SELECT wait_event FROM pg_stat_activity WHERE pid = $1"
    let process: Int32

    func bind(_ parameters: inout Parameters) {
        parameters.add(process)
    }

    static func row(_ columns: inout Columns) throws -> String? {
        try columns.next()
    }
}

extension Connection {
    /// The number of the server's process for this session.
    nonisolated func process() async throws -> Int32 {
        try #require(try await execute(ReadProcess()).first)
    }

    /// Waits until the session of `process` waits for `event`.
    nonisolated func waitUntil(_ process: Int32, waitsFor event: String) async throws {
        try await eventually("process \(process) waiting for \(event)") {
            let waits = try await execute(ReadWait(process: process))
            return waits == [event]
        }
    }
}
