internal import Logging
internal import Postgres
internal import ServiceLifecycle

/// Lets a part run as soon as the database has the schema that it needs.
///
/// A database that is not there yet is waited for, like a broker: after a power cut everything starts at once, in any order.
/// One that is there with another schema ends the service.
struct SchemaGate: Service {
    let name: String
    let migrator: Migrator
    let part: any Service
    let logger: Logger

    func run() async throws {
        guard try await cancelWhenGracefulShutdown({ try await schemaFits() }) else { return }
        try await part.run()
    }

    /// Returns once the schema is known to fit; `false` if the service is told to stop before.
    private func schemaFits() async throws -> Bool {
        var pause = ServiceLimits.databasePauseFirst
        while !Task.isCancelled {
            do {
                let missing = try await migrator.check()
                if !missing.isEmpty { throw SchemaBehind(name: name, missing: missing.count) }
                return true
            } catch {
                guard let trouble = error as? PostgresError, trouble.isConnectionTrouble else { throw error }
                logger.warning("the database is not there yet", metadata: ["error": "\(trouble)"])
            }
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
            pause = min(pause * 2, ServiceLimits.databasePauseMax)
        }
        return false
    }
}
