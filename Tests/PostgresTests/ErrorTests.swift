import Postgres
import TestKit
import Testing

@Suite("Errors")
struct ErrorTests {
    /// What must never appear in a text.
    private let secret = "s3cret-voucher-code"

    @Test("A unique violation names table and constraint, counts as serialisation, and hides the key")
    func unique() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                _ = try await connection.execute(InsertItems([1], names: [secret]))
                let error = try await failure { try await connection.execute(InsertItems([2], names: [secret])) }
                #expect(error.sqlState == "23505")
                #expect(error.constraint == "item_name_key")
                #expect(error.table == "item")
                #expect(error.severity == "ERROR")
                #expect(error.isSerialization && !error.isConnectionTrouble)
                #expect(!"\(error)".contains(secret))
            }
        }
    }

    @Test("Foreign keys, checks and missing values are neither trouble nor serialisation")
    func integrity() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let foreign = try await failure {
                    try await connection.execute(InsertOwnedItem(name: secret, owner: 4711))
                }
                #expect(foreign.sqlState == "23503")
                #expect(!"\(foreign)".contains("4711"))
                let check = try await failure { try await connection.execute(InsertOwnedItem(name: "forbidden")) }
                #expect(check.sqlState == "23514")
                let missing = try await failure { try await connection.execute(InsertOwnedItem()) }
                #expect(missing.sqlState == "23502")
                #expect(missing.column == "name")
                for error in [foreign, check, missing] {
                    #expect(!error.isSerialization && !error.isConnectionTrouble)
                }
            }
        }
    }

    @Test("Messages in which the server quotes its input are withheld")
    func quotedInput() async throws {
        struct Cast: Statement {
            static let sql = "SELECT $1::text::bigint"
            let text: String

            func bind(_ parameters: inout Parameters) {
                parameters.add(text)
            }
        }
        struct CastDocument: Statement {
            static let sql = "SELECT $1::text::jsonb"
            let text: String

            func bind(_ parameters: inout Parameters) {
                parameters.add(text)
            }
        }
        try await withScratchDatabase { address in
            try await withConnection(to: address) { connection in
                try await connection.runScript(
                    """
                    CREATE FUNCTION complain(value text) RETURNS text LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'I do not like %', value; END $$
                    """)
                struct Complain: Statement {
                    static let sql = "SELECT complain($1)"
                    let text: String

                    func bind(_ parameters: inout Parameters) {
                        parameters.add(text)
                    }
                }
                let errors = [
                    try await failure { try await connection.execute(Cast(text: secret)) },
                    try await failure { try await connection.execute(CastDocument(text: secret)) },
                    try await failure { try await connection.execute(Complain(text: secret)) },
                    try await failure { try await connection.execute(Echo("\(secret)\0")) },
                ]
                #expect(errors.map(\.sqlState) == ["22P02", "22P02", "P0001", "22021"])
                for error in errors { #expect(!"\(error)".contains(secret)) }
                #expect(connection.isUsable)
            }
        }
    }

    @Test("A lock that is not to be had in time")
    func lockTimeout() async throws {
        var limits = PostgresLimits()
        limits.lockTimeout = .milliseconds(50)
        try await withItems { address in
            try await withConnection(to: address, limits: limits) { waiting in
                try await withConnection(to: address) { holding in
                    _ = try await holding.execute(InsertItems([1]))
                    let error = try await failure {
                        try await holding.withTransaction { transaction in
                            _ = try await transaction.execute(LockItem(id: 1))
                            _ = try await waiting.execute(LockItem(id: 1))
                        }
                    }
                    #expect(error.sqlState == "55P03")
                    #expect(error.isSerialization)
                }
            }
        }
    }

    @Test("Two transactions that lock in different order: one is told that it was a deadlock")
    func deadlock() async throws {
        try await withItems { address in
            try await withConnection(to: address) { left in
                try await withConnection(to: address) { right in
                    _ = try await left.execute(InsertItems([1, 2]))
                    let leftProcess = try await left.process()
                    @Sendable func lock(_ first: Int, _ second: Int, on own: Connection) async -> PostgresError? {
                        do {
                            try await own.withTransaction { transaction in
                                _ = try await transaction.execute(LockItem(id: first))
                                _ = try await transaction.execute(LockItem(id: second))
                            }
                            return nil
                        } catch {
                            return error as? PostgresError
                        }
                    }
                    var held = Transaction(on: right)
                    _ = try await held.execute(LockItem(id: 2))
                    async let leftError = lock(1, 2, on: left)
                    try await withConnection(to: address) {
                        try await $0.waitUntil(leftProcess, waitsFor: "transactionid")
                    }
                    var rightError: PostgresError?
                    do throws(PostgresError) {
                        _ = try await held.execute(LockItem(id: 1))
                    } catch {
                        rightError = error
                    }
                    await held.rollback()
                    let errors = [await leftError, rightError].compactMap { $0 }
                    #expect(errors.map(\.sqlState) == ["40P01"])
                    #expect(
                        errors.allSatisfy { $0.isSerialization && $0.detail?.contains("blocked by process") == true })
                }
            }
        }
    }

    @Test("A server that is not there, a wrong password, a database that is missing")
    func connecting() async throws {
        let server = try scratchServer()
        let absent = try await failure {
            try await Connection.connect(to: try DatabaseAddress(url: "postgresql://x:y@127.0.0.1:1/z"), name: "test")
        }
        #expect(absent.isConnectionTrouble)
        let missing = try await failure {
            try await Connection.connect(to: server.naming(database: "citycoop_no_such_database"), name: "test")
        }
        #expect(missing.code == .noConnection)
        var limits = PostgresLimits()
        limits.connectTimeout = .zero
        let late = try await failure { try await Connection.connect(to: server, name: "test", limits: limits) }
        #expect(late.code == .noConnection)
    }

    @Test("An address shows everything but its password")
    func address() throws {
        let address = try DatabaseAddress(url: "postgresql://till:\(secret)@db.example:5433/vouchers?sslmode=require")
        #expect("\(address)" == "postgresql://till:***@db.example:5433/vouchers")
        #expect(address.database == "vouchers" && address.user == "till")
        #expect("\(address.naming(database: "other"))" == "postgresql://till:***@db.example:5433/other")
        #expect(!String(reflecting: address).contains(secret))
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!dumped.contains(secret))
        for url in ["http://\(secret)@x/y", "postgresql://u:\(secret)@[x/y", "postgresql://u:\(secret)%zz@x/y", ""] {
            let error = #expect(throws: PostgresError.self) { try DatabaseAddress(url: url) }
            #expect(error?.code == .badAddress)
            #expect(!"\(String(describing: error))".contains(secret))
        }
    }
}
