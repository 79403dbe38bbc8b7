/// The two tables by which a database knows its schema.
enum Journal {
    static let creation = """
        CREATE TABLE IF NOT EXISTS schema_migration (
            set        text NOT NULL,
            number     bigint NOT NULL,
            name       text NOT NULL,
            checksum   bytea NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (set, number)
        );
        CREATE TABLE IF NOT EXISTS schema_version (
            set            text PRIMARY KEY,
            version        bigint NOT NULL,
            min_compatible bigint NOT NULL
        );
        """
}

/// Takes the lock of migrators, if it is free; the session's end gives it back.
struct TryMigrationLock: Statement {
    static let sql = "SELECT pg_try_advisory_lock(hashtextextended('citycoop.schema_migration', 0))"

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

struct FindJournal: Statement {
    static let sql = "SELECT to_regclass('schema_migration') IS NOT NULL"

    static func row(_ columns: inout Columns) throws -> Bool {
        try columns.next()
    }
}

/// Reads which version each set of migrations has brought the schema to.
public struct ReadVersions: Statement {
    /// A set of migrations.
    public struct Row: Sendable {
        /// Its name.
        public let set: String
        /// The number of its last migration.
        public let version: Int
        /// The lowest version that can still work with the schema.
        public let minCompatible: Int
    }

    /// All sets.
    public static let sql = "SELECT set, version, min_compatible FROM schema_version"

    /// Makes the statement.
    public init() {}

    /// Reads a row.
    public static func row(_ columns: inout Columns) throws -> Row {
        Row(set: try columns.next(), version: try columns.next(), minCompatible: try columns.next())
    }
}

/// What is applied, and whether this binary has the same text for it; nil if it does not know the migration.
struct ReadJournal: Statement {
    struct Row {
        let set: String
        let number: Int
        let isSame: Bool?
    }

    static let sql = """
        SELECT journal.set, journal.number, journal.checksum = sha256(known.sql)
        FROM schema_migration AS journal
        LEFT JOIN unnest($1::text[], $2::bigint[], $3::bytea[]) AS known (set, number, sql)
          ON known.set = journal.set AND known.number = journal.number
        ORDER BY journal.set, journal.number
        """
    let sets: [MigrationSet]

    func bind(_ parameters: inout Parameters) {
        let known = sets.flatMap { set in set.migrations.map { (set.name, $0) } }
        parameters.add(known.map(\.0))
        parameters.add(known.map(\.1.number))
        parameters.add(known.map { Array($0.1.sql.utf8) })
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(set: try columns.next(), number: try columns.next(), isSame: try columns.next())
    }
}

struct WriteJournal: Statement {
    static let sql = "INSERT INTO schema_migration (set, number, name, checksum) VALUES ($1, $2, $3, sha256($4))"
    let set: String
    let migration: Migration

    func bind(_ parameters: inout Parameters) {
        parameters.add(set)
        parameters.add(migration.number)
        parameters.add(migration.name)
        parameters.add(Array(migration.sql.utf8))
    }
}

/// Raises a set's version; an older binary beside a newer one does not lower it again.
struct WriteVersion: Statement {
    static let sql = """
        INSERT INTO schema_version AS schema (set, version, min_compatible) VALUES ($1, $2, $3)
        ON CONFLICT (set) DO UPDATE SET
            version = greatest(schema.version, excluded.version),
            min_compatible = greatest(schema.min_compatible, excluded.min_compatible)
        """
    let set: MigrationSet

    func bind(_ parameters: inout Parameters) {
        parameters.add(set.name)
        parameters.add(set.version)
        parameters.add(set.minCompatible)
    }
}
