public import AMQP
public import Contracts
internal import Logging
public import Messaging
public import Postgres
public import ServiceLifecycle

/// A service of the suite: its handlers, its schema and its settings.
///
/// Everything else is the same for all of them.
///
/// ```swift
/// // main.swift
/// await ServiceCommand<Vouchers>.main()
/// ```
public protocol SuiteService: ServiceDefinition where Configuration == SuiteConfiguration<Options> {
    /// The service as the contracts know it.
    associatedtype Owner: ServiceOwner
    /// What this service reads from its environment beyond what all of them read.
    associatedtype Options: Sendable

    /// The schema of the service's own tables.
    static var schema: MigrationSet { get }

    /// Reads the service's own settings.
    static func options(_ settings: inout Settings) -> Options

    /// The handlers of everything that the contracts promise of this service.
    static func handlers(_ options: Options, seal: Seal) -> HandlerSet<Owner>
}

/// The settings of a service of the suite.
public struct SuiteConfiguration<Options: Sendable>: Sendable {
    /// The broker, with the user of this service.
    public let broker: BrokerAddress?
    /// The service's database.
    public let database: DatabaseAddress?
    /// The broker user who is an administrator without a grant.
    public let administrator: String?
    /// The keys of stored secrets.
    public let sealKeys: Keyring
    /// How long messages that were handled and failures that are settled are kept.
    public let retention: Retention
    /// What is this service's alone.
    public let options: Options
}

extension SuiteService {
    /// The name of the owner.
    public static var name: String { Owner.name.rawValue }

    /// Reads the settings of every service, then the service's own.
    public static func configuration(_ settings: inout Settings) -> SuiteConfiguration<Options> {
        let prefix = name.uppercased()
        return SuiteConfiguration(
            broker: settings.value(
                "\(prefix)_AMQP_URL", "The broker, with the user \(name)",
                expected: "amqp://user:password@host:port/vhost",
                isSecret: true, standIn: nil
            ) { try BrokerAddress(url: $0) },
            database: settings.value(
                "\(prefix)_DATABASE_URL", "The service's database",
                expected: "postgresql://user:password@host:port/database", isSecret: true, standIn: nil
            ) { try DatabaseAddress(url: $0) },
            administrator: settings.value(
                "CITYCOOP_ADMINISTRATOR",
                "The broker user who may do everything without a grant, to give the first one",
                expected: "the name of a broker user", default: (nil, "nobody"), standIn: nil
            ) { $0 },
            sealKeys: settings.key("CITYCOOP_SEAL_KEY", "Keys that encrypt stored messages which may hold a secret"),
            retention: Retention(&settings),
            options: options(&settings))
    }

    /// Applies what is missing of the runtime's schema and of the service's.
    public static func migrate(
        _ configuration: SuiteConfiguration<Options>, _ context: ServiceContext
    ) async throws -> [String] {
        let steps = try await migrator(configuration).migrate()
        return steps.isEmpty
            ? ["\(name): the schema is up to date"] : steps.map { "\(name): applied \($0.set) \($0.number)" }
    }

    /// Asks the broker for the service's queues and the database for its schema.
    public static func check(
        _ configuration: SuiteConfiguration<Options>, _ context: ServiceContext
    ) async -> [CheckResult] {
        [
            await result("broker") {
                guard let broker = configuration.broker else { throw NotConfigured() }
                return try await Administration.with(broker) { channel in
                    let queues = QueueName.allCases.map { Topology.Names.queue(Owner.name, $0) }
                    let waiting = try queues.map { try channel.messageCount($0) }.reduce(0, +)
                    return "\(queues.count) queues, \(waiting) messages wait"
                }
            },
            await result("database") {
                let missing = try await migrator(configuration).check()
                if !missing.isEmpty { throw SchemaBehind(name: name, missing: missing.count) }
                return "the schema fits"
            },
        ]
    }

    /// The messaging runtime with the service's handlers; it waits for its database, and refuses a schema that does not fit.
    public static func run(
        _ configuration: SuiteConfiguration<Options>, _ context: ServiceContext
    ) async throws -> [any Service] {
        guard let broker = configuration.broker, let database = configuration.database else { throw NotConfigured() }
        context.metrics.describeSuite()
        let seal = Seal(keys: configuration.sealKeys.keys.map { ($0.id, $0.bytes) })
        let runtime = MessagingRuntime(
            handlers(configuration.options, seal: seal), broker: broker, database: database, seal: seal,
            access: AccessPolicy(administrator: configuration.administrator),
            limits: configuration.retention.limits, logger: context.logger)
        context.readiness.add("broker") { try runtime.checkBroker() }
        context.readiness.add("database") { try await runtime.checkDatabase() }
        context.readiness.add("copies") { try await runtime.checkCopies() }
        return [SchemaGate(name: name, migrator: try migrator(configuration), part: runtime, logger: context.logger)]
    }

    private static func migrator(_ configuration: SuiteConfiguration<Options>) throws -> Migrator {
        guard let database = configuration.database else { throw NotConfigured() }
        return Migrator(database, sets: [MessagingSchema.migrations, schema])
    }

    private static func result(_ name: String, _ question: () async throws -> String) async -> CheckResult {
        do {
            return CheckResult(name: name, isOK: true, detail: try await question())
        } catch {
            return CheckResult(name: name, isOK: false, detail: "\(error)")
        }
    }
}

/// The tables of this database are older than the binary.
struct SchemaBehind: Error, CustomStringConvertible {
    let name: String
    let missing: Int

    var description: String { "\(missing) migrations are missing: run `\(name) migrate` first" }
}

/// A setting was mistaken; it has been named before.
struct NotConfigured: Error {}
