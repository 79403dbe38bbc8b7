public import HealthHTTP
public import Logging
public import ServiceLifecycle

/// Serves `/health/live`, `/health/ready` and `/metrics` over HTTP, and nothing else.
///
/// A failure of the server after it has begun to listen never brings the service down: it is logged, and the server
/// listens again.
public struct HealthServer: Service {
    private let address: ListenAddress
    private let portSetting: String
    private let logger: Logger
    private let handler: HealthHandler
    /// Told the port each time the server begins to listen.
    private let listening: @Sendable (Int) -> Void

    /// Makes the server; it listens when it runs.
    ///
    /// - Parameters:
    ///   - portSetting: The name of the variable that sets the port, for the error text when the port is taken.
    ///   - listening: Told the port once the server listens, which the system has chosen if the address has port 0.
    public init(
        address: ListenAddress, portSetting: String, readiness: Readiness, metrics: MetricsRegistry, logger: Logger,
        listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.address = address
        self.portSetting = portSetting
        self.logger = logger
        self.listening = listening
        handler = HealthHandler(readiness: readiness, metrics: metrics)
    }

    /// Listens until the service is told to stop.
    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let server = try HTTPServer(at: address)
                    listening(server.port)
                    try await server.run { await handler.answer($0) }
                } catch let error as HTTPServerError where error.code == .broken {
                    logger.error("The health server failed and listens again.", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: ServiceLimits.httpRestartDuration)
                } catch let error as HTTPServerError {
                    throw HealthServerError(address: address, portSetting: portSetting, error)
                }
            }
        }
    }
}
