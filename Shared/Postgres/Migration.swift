/// One step of a schema: numbered SQL that is applied once and never changed.
public struct Migration: Sendable {
    /// Its place in the set; numbers rise.
    public let number: Int
    /// What it is called in the journal.
    public let name: String
    /// One statement or several; without BEGIN and COMMIT.
    public let sql: String

    /// A migration from its text.
    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// A migration from a file that is embedded in the binary.
    public init(number: Int, name: String, sql: [UInt8]) {
        self.init(number: number, name: name, sql: String(decoding: sql, as: UTF8.self))
    }

    /// Whether it runs in one transaction with its entry in the journal.
    ///
    /// `CREATE INDEX CONCURRENTLY` and its like cannot: the first line `-- citycoop: non-transactional` says so. Such a
    /// migration is a single statement, and one that may be run again (`IF NOT EXISTS`), since a crash may come between it
    /// and the journal.
    public var isTransactional: Bool {
        sql.prefix { !$0.isNewline } != "-- citycoop: non-transactional"
    }
}

/// The migrations of one owner of tables in a database: a service's own, or the runtime's.
public struct MigrationSet: Sendable {
    /// The name in the journal.
    public let name: String
    /// The version of the schema this binary knows: the highest number of its migrations.
    public let version: Int
    /// The lowest version that can still work with this schema; older binaries refuse to start.
    public let minCompatible: Int
    /// The steps, in order.
    public let migrations: [Migration]

    /// A set of migrations whose numbers rise up to `version`.
    public init(name: String, version: Int, minCompatible: Int, migrations: [Migration]) {
        precondition(
            zip(migrations, migrations.dropFirst()).allSatisfy { $0.number < $1.number },
            "the migrations of \(name) are not in order")
        precondition(migrations.last.map { $0.number <= version } ?? true, "\(name) has a migration above its version")
        self.name = name
        self.version = version
        self.minCompatible = minCompatible
        self.migrations = migrations
    }
}
