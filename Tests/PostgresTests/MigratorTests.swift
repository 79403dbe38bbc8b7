import Postgres
import TestKit
import Testing

@Suite("Migrator")
struct MigratorTests {
    private struct CountMigrations: Statement {
        static let sql = "SELECT count(*) FROM schema_migration"

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    private struct CountTables: Statement {
        static let sql = "SELECT count(*) FROM pg_tables WHERE tablename = ANY($1)"
        let names: [String]

        func bind(_ parameters: inout Parameters) {
            parameters.add(names)
        }

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    private let create = Migration(
        number: 1, name: "create",
        sql: "CREATE TABLE a (id bigint); CREATE TABLE b (id bigint); INSERT INTO a VALUES (1)")
    private let index = Migration(
        number: 2, name: "index",
        sql: "-- citycoop: non-transactional\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_id ON a (id)")

    private func set(_ migrations: Migration..., version: Int? = nil, minCompatible: Int = 1) -> MigrationSet {
        MigrationSet(
            name: "test", version: version ?? migrations.last?.number ?? 1, minCompatible: minCompatible,
            migrations: migrations)
    }

    @Test("Sets are applied in order, once")
    func twice() async throws {
        let runtime = MigrationSet(
            name: "runtime", version: 1, minCompatible: 1,
            migrations: [Migration(number: 1, name: "inbox", sql: Array("CREATE TABLE inbox (id bigint)".utf8))])
        try await withScratchDatabase { address in
            let migrator = Migrator(address, sets: [runtime, set(create, index)])
            let pending = try await migrator.check()
            let applied = try await migrator.migrate()
            #expect(applied.map(\.set) == ["runtime", "test", "test"])
            #expect(applied.map(\.number) == [1, 1, 2])
            #expect(pending == applied)
            let again = try await migrator.migrate()
            let left = try await migrator.check()
            #expect(again == [] && left == [])
            try await withConnection(to: address) { connection in
                let (tables, entries) = try await connection.execute(
                    CountTables(names: ["a", "b", "inbox"]), CountMigrations())
                #expect(tables == [3] && entries == [3])
            }
        }
    }

    @Test("Eight migrators at once: one works, the others find it done")
    func concurrent() async throws {
        let sets = [set(create, index)]
        try await withScratchDatabase { address in
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await Migrator(address, sets: sets).migrate().count }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, 0, 0, 0, 0, 2])
            try await withConnection(to: address) { connection in
                let entries = try await connection.execute(CountMigrations())
                #expect(entries == [2])
            }
        }
    }

    @Test("A migration that was changed after it was applied is refused")
    func drift() async throws {
        try await withScratchDatabase(migrations: [set(create)]) { address in
            let changed = Migration(number: 1, name: "create", sql: create.sql + " ")
            let migrator = Migrator(address, sets: [set(changed, index)])
            for error in [
                try await failure { try await migrator.check() }, try await failure { try await migrator.migrate() },
            ] {
                #expect(error.code == .schema)
                #expect(error.message == "migration 1 of test has been changed since it was applied")
            }
        }
    }

    @Test("An older binary works with a newer schema, up to its min_compatible")
    func compatibility() async throws {
        try await withScratchDatabase { address in
            try await Migrator(address, sets: [set(create, index, minCompatible: 1)]).migrate()
            let older = Migrator(address, sets: [set(create)])
            let missing = try await older.check()
            #expect(missing == [])
            try await older.migrate()
            let contract = Migration(number: 3, name: "contract", sql: "DROP TABLE b")
            try await Migrator(address, sets: [set(create, index, contract, minCompatible: 2)]).migrate()
            let error = try await failure { try await older.check() }
            #expect(error.code == .schema)
            #expect(error.message == "the schema of test needs version 2 or later, this is 1")
            let fits = try await Migrator(address, sets: [set(create, index)]).check()
            #expect(fits == [])
        }
    }

    @Test("A migration that fails leaves nothing of itself, and everything before it")
    func failing() async throws {
        let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE c (id bigint); SELECT 1 / 0; SELECT 1")
        try await withScratchDatabase { address in
            let error = try await failure { try await Migrator(address, sets: [set(create, broken)]).migrate() }
            #expect(error.sqlState == "22012")
            #expect(error.message.hasPrefix("migration 2 (broken) of test"))
            try await withConnection(to: address) { connection in
                let (tables, entries) = try await connection.execute(
                    CountTables(names: ["a", "b", "c"]), CountMigrations())
                #expect(tables == [2] && entries == [1])
            }
            let repaired = Migration(number: 2, name: "broken", sql: "CREATE TABLE c (id bigint)")
            let applied = try await Migrator(address, sets: [set(create, repaired)]).migrate()
            #expect(applied.map(\.number) == [2])
        }
    }

    @Test("A number that appears below one that is applied is refused")
    func gap() async throws {
        let third = Migration(number: 3, name: "third", sql: "CREATE TABLE c (id bigint)")
        try await withScratchDatabase(migrations: [set(create, third)]) { address in
            let error = try await failure { try await Migrator(address, sets: [set(create, index, third)]).migrate() }
            #expect(error.code == .schema)
        }
    }

    @Test("A lock that is held too long ends the wait")
    func held() async throws {
        struct HoldLock: Statement {
            static let sql = "SELECT pg_advisory_lock(hashtextextended('citycoop.schema_migration', 0))"
        }
        var limits = PostgresLimits.migrating
        limits.migrationLockWait = .milliseconds(100)
        try await withScratchDatabase { address in
            try await withConnection(to: address) { connection in
                _ = try await connection.execute(HoldLock())
                let error = try await failure {
                    try await Migrator(address, sets: [set(create)], limits: limits).migrate()
                }
                #expect(error.code == .schema)
            }
        }
    }
}
