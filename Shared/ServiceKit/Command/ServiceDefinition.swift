public import Logging
public import ServiceLifecycle

/// What makes one executable the service it is; ServiceKit gives it its command line: `run`, `migrate`, `check`, `settings`.
///
/// ```swift
/// // main.swift
/// await Vouchers.main()
/// ```
public protocol ServiceDefinition {
    /// What the service reads from its environment.
    associatedtype Configuration: Sendable

    /// The name in commands, logs and queues: lower case, one word. Its settings begin with it in upper case.
    static var name: String { get }
    /// One sentence for `--help`.
    static var summary: String { get }
    /// Where health and metrics are served unless `<NAME>_HTTP_PORT` says otherwise.
    static var httpPort: Int { get }

    /// Reads every setting. Nothing may be opened here: mistakes are thrown afterwards, all at once.
    static func configuration(_ settings: inout Settings) -> Configuration

    /// Brings the database's schema up to this binary, and returns a line for each thing done.
    static func migrate(_ configuration: Configuration, _ context: ServiceContext) async throws -> [String]

    /// Asks broker, database and schema whether they are reachable and fit.
    static func check(_ configuration: Configuration, _ context: ServiceContext) async -> [CheckResult]

    /// Makes the parts that run until the service is told to stop; dependencies first, they are stopped in reverse.
    ///
    /// Readiness checks are registered here.
    static func run(_ configuration: Configuration, _ context: ServiceContext) async throws -> [any Service]
}

/// What every part of a running service may use.
public struct ServiceContext: Sendable {
    /// The service's name.
    public let name: String
    /// The service's log.
    public let logger: Logger
    /// Where the service says what it needs in order to be ready.
    public let readiness: Readiness
    /// What `/metrics` shows; swift-metrics' `Counter`, `Timer` and their like write to it as well.
    public let metrics: MetricsRegistry
    /// How long the parts together may take to stop.
    public let shutdownDuration: Duration
}

/// The answer to one question about health.
public struct CheckResult: Sendable, Equatable {
    /// What was asked for, for instance `database`.
    public let name: String
    /// Whether it is as it should be.
    public let isOK: Bool
    /// What was found; for people, without secrets.
    public let detail: String

    /// Makes an answer.
    public init(name: String, isOK: Bool, detail: String) {
        self.name = name
        self.isOK = isOK
        self.detail = detail
    }
}
