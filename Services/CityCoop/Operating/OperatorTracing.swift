import Contracts
import Instrumentation
import Logging
import OTLP
import PlainHTTP
import Synchronization

/// The spans of what the operator asks, where `CITYCOOP_OTLP_URL` names a collector: the beginning of the trace.
enum OperatorTracing {
    /// Sends them; made once, before whoever asks looks for a tracer.
    static func exporter() throws(CommandFailure) -> OTLPExporter? {
        guard let url = try Surroundings.ours.value("CITYCOOP_OTLP_URL") else { return nil }
        guard let collector = PlainAddress(url: url) else {
            throw CommandFailure(.usage, "CITYCOOP_OTLP_URL is not as http://host:4318/v1/traces, in the clear.")
        }
        return shared(collector)
    }

    /// A process has one tracer, and a watch many sessions.
    private static let made = Mutex<OTLPExporter?>(nil)

    private static func shared(_ collector: PlainAddress) -> OTLPExporter {
        made.withLock { made in
            if let made { return made }
            let exporter = OTLPExporter(
                to: collector,
                resource: [
                    ("service.name", OperatorSession.source), ("service.namespace", "citycoop"),
                    ("service.version", Release.current),
                ], logger: Logger(label: OperatorSession.source) { _ in SwiftLogNoOpLogHandler() }
            ) { outcome, count in
                if outcome == .failed { Terminal.tell("citycoop: the collector did not take \(count) spans") }
            }
            InstrumentationSystem.bootstrap(OTLPTracer(exporter: exporter, ratio: 1))
            made = exporter
            return exporter
        }
    }
}
