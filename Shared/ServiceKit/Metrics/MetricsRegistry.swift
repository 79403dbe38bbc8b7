public import CoreMetrics
internal import Messaging
internal import Synchronization

/// Keeps the process's metrics and writes them in Prometheus's text format 0.0.4.
///
/// It is the factory behind swift-metrics: `Counter`, `FloatingPointCounter`, `Meter`, `Gauge`, `Recorder` and `Timer` find
/// their series here. A series stays as long as the process: a counter that vanishes and comes back at zero would read as
/// a restart. Making one takes a lock and a look-up, so a hot path keeps the counter it has made.
public final class MetricsRegistry: MetricsFactory, Sendable {
    private enum Kind: String {
        case counter, gauge, histogram
    }

    private struct Family {
        let kind: Kind
        let help: String
        var series: [String: any MetricSeries] = [:]
    }

    private struct State {
        var families: [String: Family] = [:]
        var helps: [String: String] = [:]
        var buckets: [String: HistogramBuckets] = [:]
    }

    /// The labels of what is counted beyond the bound on label sets.
    private static let otherLabels = PrometheusName.labels([("other", "true")])

    private let state = Mutex(State())

    /// Makes an empty registry.
    public init() {}

    /// Makes this what swift-metrics writes to, in the whole process; once a process.
    public func bootstrap() {
        MetricsSystem.bootstrap(self)
    }

    /// Says what a metric means, and how finely a histogram tells values apart; heard if said before the metric is first used.
    public func describe(_ name: String, _ help: String, buckets: HistogramBuckets? = nil) {
        state.withLock { state in
            state.helps[name] = help
            state.buckets[name] = buckets
        }
    }

    private func buckets(of name: String) -> HistogramBuckets? {
        state.withLock { $0.buckets[name] }
    }

    /// Everything counted so far, and the process's own figures.
    public func prometheusText() -> String {
        (familyTexts() + ProcessMetrics.read().texts).joined()
    }

    /// Everything counted so far: names in order, label sets in order.
    func familyTexts() -> [String] {
        let families = state.withLock { $0.families }
        return families.sorted { $0.key < $1.key }.map { name, family in
            let lines = family.series.sorted { $0.key < $1.key }
                .flatMap { $0.value.lines(name: name, labels: $0.key) }
            return MetricsRegistry.text(name, help: family.help, type: family.kind.rawValue, lines: lines)
        }
    }

    static func text(_ name: String, help: String, type: String, lines: [String]) -> String {
        """
        # HELP \(name) \(PrometheusName.escaped(help, quotes: false))
        # TYPE \(name) \(type)
        \(lines.joined(separator: "\n"))

        """
    }

    /// The series of a name and its labels: found, made, or the one for all others when there are too many.
    ///
    /// Nil if the name is taken by a metric of another kind, or if there are too many names: such a metric is not shown.
    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: Kind, suffix: String?, make: () -> Series
    ) -> Series? {
        let name = PrometheusName.metric(label, suffix: suffix)
        let labels = PrometheusName.labels(dimensions)
        return state.withLock { state in
            if state.families[name] == nil {
                guard state.families.count < ServiceLimits.metricNamesMax else { return nil }
                state.families[name] = Family(kind: kind, help: state.helps[label] ?? label)
            }
            guard let family = state.families[name], family.kind == kind else { return nil }
            let isFull = family.series.count >= ServiceLimits.seriesPerNameMax && family.series[labels] == nil
            let key = isFull ? MetricsRegistry.otherLabels : labels
            if let known = family.series[key] { return known as? Series }
            let made = make()
            state.families[name]?.series[key] = made
            return made
        }
    }
}

extension MetricsRegistry {
    /// A counter, shown with `_total` at the end of its name.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter, suffix: "total", make: CounterSeries.init) ?? NOOPMetricsHandler.instance
    }

    /// A counter that takes fractions, shown with `_total` at the end of its name.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, dimensions, .counter, suffix: "total", make: FloatingPointCounterSeries.init)
            ?? NOOPMetricsHandler.instance
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge, suffix: nil, make: GaugeSeries.init) ?? NOOPMetricsHandler.instance
    }

    /// A histogram if it aggregates, otherwise a gauge.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard aggregate else {
            return series(label, dimensions, .gauge, suffix: nil, make: GaugeSeries.init)
                ?? NOOPMetricsHandler.instance
        }
        let buckets = buckets(of: label) ?? .counts
        return series(label, dimensions, .histogram, suffix: nil) { HistogramSeries(buckets) }
            ?? NOOPMetricsHandler.instance
    }

    /// A histogram of seconds, shown with `_seconds` at the end of its name.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let buckets = buckets(of: label) ?? .seconds
        return series(label, dimensions, .histogram, suffix: "seconds") { HistogramSeries(buckets) }
            ?? NOOPMetricsHandler.instance
    }

    /// Nothing: a series stays.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Nothing: a series stays.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Nothing: a series stays.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Nothing: a series stays.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Nothing: a series stays.
    public func destroyTimer(_ handler: any TimerHandler) {}
}
