import AMQP
import Logging
import Metrics

/// Logs and counts what happens to connections.
struct ConnectionReport: Sendable {
    let logger: Logger

    func of(_ part: String) -> @Sendable (ConnectionEvent) -> Void {
        let (connected, blocked) = (Metric.connected.gauge(part), Metric.blocked.gauge(part))
        let disconnects = Metric.disconnects.counter(part)
        connected.set(0)
        blocked.set(0)
        return { event in
            let metadata: Logger.Metadata = ["connection": "\(part)"]
            switch event {
            case .connected:
                connected.set(1)
                logger.debug("connected to the broker", metadata: metadata)
            case .disconnected(let error, let delay):
                connected.set(0)
                blocked.set(0)
                disconnects.increment()
                logger.warning(
                    "no connection to the broker",
                    metadata: metadata.merging(["error": "\(error)", "retry_after": "\(delay)"]) { $1 })
            case .blocked(let reason):
                blocked.set(1)
                logger.warning(
                    "the broker blocks publishers", metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
            case .unblocked:
                blocked.set(0)
                logger.notice("the broker takes messages again", metadata: metadata)
            case .consumerCancelled(let queue):
                logger.warning(
                    "the broker cancelled a consumer", metadata: metadata.merging(["queue": "\(queue)"]) { $1 })
            }
        }
    }
}
