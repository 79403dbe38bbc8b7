/// Brings a database's schema up to date, or says why this binary must not work with it.
///
/// Several migrators may start at once: one works, the others ask for its lock again and again.
public struct Migrator: Sendable {
    /// A migration by its set and number.
    public struct Step: Sendable, Hashable {
        /// The name of the set.
        public let set: String
        /// The number of the migration.
        public let number: Int
    }

    private let address: DatabaseAddress
    private let sets: [MigrationSet]
    private let limits: PostgresLimits

    /// A migrator for sets that are applied in the order given.
    public init(_ address: DatabaseAddress, sets: [MigrationSet], limits: PostgresLimits = .migrating) {
        self.address = address
        self.sets = sets
        self.limits = limits
    }

    /// Applies what is missing and returns it; throws, before applying anything, if the schema is not ours to change.
    @discardableResult
    public func migrate() async throws(PostgresError) -> [Step] {
        let connection = try await Connection.connect(to: address, name: "migrator", limits: limits)
        do {
            try await takeLock(connection)
            try await connection.runScript(Journal.creation)
            let missing = try await missingSteps(connection)
            for (set, migration) in missing { try await apply(migration, of: set, connection) }
            try await recordVersions(connection)
            await connection.close()
            return missing.map { Step(set: $0.0.name, number: $0.1.number) }
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Returns what is not applied yet, changing nothing; throws if this binary must not work with the schema.
    public func check() async throws(PostgresError) -> [Step] {
        let connection = try await Connection.connect(to: address, name: "migrator", limits: limits)
        do {
            var missing = sets.flatMap { set in set.migrations.map { (set, $0) } }
            let isThere = try await connection.execute(FindJournal())
            if isThere.first == true {
                missing = try await missingSteps(connection)
            }
            await connection.close()
            return missing.map { Step(set: $0.0.name, number: $0.1.number) }
        } catch {
            await connection.close()
            throw error
        }
    }

    private func takeLock(_ connection: Connection) async throws(PostgresError) {
        let end = ContinuousClock.now + limits.migrationLockWait
        while true {
            let isOurs = try await connection.execute(TryMigrationLock())
            if isOurs.first == true { return }
            guard ContinuousClock.now < end else {
                throw PostgresError(.schema, "another migrator has held the lock for \(limits.migrationLockWait)")
            }
            do {
                try await Task.sleep(for: limits.migrationLockPoll)
            } catch {
                throw PostgresError(.schema, "cancelled while another migrator was at work", underlying: error)
            }
        }
    }

    /// What is not in the journal, once the journal agrees with this binary about everything that is.
    private func missingSteps(_ connection: Connection) async throws(PostgresError) -> [(MigrationSet, Migration)] {
        let (versions, applied) = try await connection.execute(ReadVersions(), ReadJournal(sets: sets))
        for set in sets {
            if let schema = versions.first(where: { $0.set == set.name }), schema.minCompatible > set.version {
                throw PostgresError(
                    .schema,
                    "the schema of \(set.name) needs version \(schema.minCompatible) or later, this is \(set.version)")
            }
        }
        if let changed = applied.first(where: { $0.isSame == false }) {
            throw PostgresError(
                .schema, "migration \(changed.number) of \(changed.set) has been changed since it was applied")
        }
        var missing: [(MigrationSet, Migration)] = []
        for set in sets {
            let numbers = Set(applied.lazy.filter { $0.set == set.name }.map(\.number))
            let new = set.migrations.filter { !numbers.contains($0.number) }
            if let first = new.first, let last = numbers.max(), first.number < last {
                throw PostgresError(
                    .schema, "migration \(first.number) of \(set.name) is missing below \(last), which is applied")
            }
            missing += new.map { (set, $0) }
        }
        return missing
    }

    private func apply(
        _ migration: Migration, of set: MigrationSet, _ connection: Connection
    ) async throws(PostgresError) {
        let entry = WriteJournal(set: set.name, migration: migration)
        do throws(PostgresError) {
            guard migration.isTransactional else {
                try await connection.runScript(migration.sql)
                _ = try await connection.execute(entry)
                return
            }
            var transaction = Transaction(on: connection)
            do throws(PostgresError) {
                try await transaction.runScript(migration.sql)
            } catch {
                await transaction.rollback()
                throw error
            }
            transaction.write(entry)
            try await transaction.commit()
        } catch {
            var error = error
            error.message = "migration \(migration.number) (\(migration.name)) of \(set.name): \(error.message)"
            throw error
        }
    }

    private func recordVersions(_ connection: Connection) async throws(PostgresError) {
        var flight = Flight()
        for set in sets { flight.add(WriteVersion(set: set)) }
        _ = try await connection.run(flight)
    }
}
