internal import Contracts
internal import CoreMetrics
internal import FoundationEssentials
internal import Glibc
internal import Instrumentation
internal import Logging
internal import Messaging
internal import OTLP
internal import PlainHTTP

/// Where a service sends its spans, if anywhere, and of how many traces.
struct TracingSettings: Sendable {
    let collector: PlainAddress?
    let ratio: Double

    init(_ settings: inout Settings) {
        collector = settings.value(
            "CITYCOOP_OTLP_URL", "The collector of traces; without it nothing is traced",
            expected: "http://host:4318/v1/traces, in the clear: a collector on this machine or a network of one's own",
            default: (nil, "none"), standIn: nil
        ) { PlainAddress(url: $0) }
        ratio = settings.value(
            "CITYCOOP_TRACE_RATIO", "How many of the traces that begin here are sent", expected: "a number from 0 to 1",
            default: (1, "1"), standIn: 1
        ) { Double($0).flatMap { (0...1).contains($0) ? $0 : nil } }
    }

    /// Makes spans of the whole process go to the collector, once a process; nil where there is none.
    func begin(service: String, logger: Logger) -> OTLPExporter? {
        guard let collector else { return nil }
        let counters = OTLPExporter.Outcome.allCases.map { outcome in
            (outcome, Counter(label: Metric.spans.name, dimensions: [(Metric.spans.labels[0], outcome.rawValue)]))
        }
        let exporter = OTLPExporter(
            to: collector,
            resource: [
                ("service.name", service), ("service.namespace", "citycoop"), ("service.version", Release.current),
                ("service.instance.id", "\(Self.hostName):\(getpid())"),
            ], logger: logger
        ) { outcome, count in
            counters.first { $0.0 == outcome }?.1.increment(by: count)
        }
        InstrumentationSystem.bootstrap(OTLPTracer(exporter: exporter, ratio: ratio))
        return exporter
    }

    private static var hostName: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8))?.split(separator: "\n").first
            .map(String.init) ?? "localhost"
    }
}
