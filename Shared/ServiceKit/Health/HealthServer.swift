internal import FlyingFox
internal import FlyingSocks
internal import FoundationEssentials
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
    private let server: HTTPServer

    /// Makes the server; it listens when it runs.
    ///
    /// - Parameters:
    ///   - portSetting: The name of the variable that sets the port, for the error text when the port is taken.
    public init(
        address: ListenAddress, portSetting: String, readiness: Readiness, metrics: MetricsRegistry, logger: Logger
    ) {
        self.address = address
        self.portSetting = portSetting
        self.logger = logger
        server = HTTPServer(
            config: address.serverConfiguration,
            handler: HealthHandler(readiness: readiness, metrics: metrics))
    }

    /// Listens until the service is told to stop.
    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await server.run()
                } catch let error as SocketError {
                    if let refusal = refusal(error) { throw refusal }
                    if Task.isCancelled { return }
                    logger.error("The health server failed and listens again.", metadata: ["error": "\(error)"])
                } catch {
                    if Task.isCancelled { return }
                    logger.error("The health server failed and listens again.", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: ServiceLimits.httpRestartDuration)
            }
        }
    }

    /// The port on which the server listens, once it does.
    public func listeningPort() async throws -> Int? {
        try await server.waitUntilListening()
        return switch await server.listeningAddress {
        case .ip4(_, let port), .ip6(_, let port): Int(port)
        case .unix, nil: nil
        }
    }

    private func refusal(_ error: SocketError) -> HealthServerError? {
        guard case .failed("Bind", let number, let message) = error else { return nil }
        return HealthServerError(address: address, portSetting: portSetting, errorNumber: number, message: message)
    }
}
