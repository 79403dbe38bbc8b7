internal import CoreMetrics
internal import Synchronization

/// One number or histogram under one name and one label set.
protocol MetricSeries: AnyObject, Sendable {
    /// Its lines in Prometheus's text format.
    func lines(name: String, labels: String) -> [String]
}

/// Counts up in whole steps.
final class CounterSeries: MetricSeries, CounterHandler {
    private let count = Atomic<Int64>(0)

    /// A counter does not go down: a negative step is left out.
    func increment(by amount: Int64) {
        if amount > 0 { count.wrappingAdd(amount, ordering: .relaxed) }
    }

    func reset() {
        count.store(0, ordering: .relaxed)
    }

    func lines(name: String, labels: String) -> [String] {
        ["\(name)\(labels) \(count.load(ordering: .relaxed))"]
    }
}

/// Counts up in any steps.
final class FloatingPointCounterSeries: MetricSeries, FloatingPointCounterHandler {
    private let sum = Mutex(0.0)

    func increment(by amount: Double) {
        if amount > 0 && amount.isFinite { sum.withLock { $0 += amount } }
    }

    func reset() {
        sum.withLock { $0 = 0 }
    }

    func lines(name: String, labels: String) -> [String] {
        ["\(name)\(labels) \(PrometheusName.number(sum.withLock { $0 }))"]
    }
}

/// Shows the last value: a meter, or a recorder that does not aggregate.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }

    func lines(name: String, labels: String) -> [String] {
        ["\(name)\(labels) \(PrometheusName.number(value.withLock { $0 }))"]
    }
}

/// Counts values in buckets, and adds them up.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let buckets: HistogramBuckets
    private let state: Mutex<State>

    init(_ buckets: HistogramBuckets) {
        self.buckets = buckets
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.bounds.count + 1)))
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    /// A value that is infinite or not a number would spoil the sum for ever: it is left out.
    func record(_ value: Double) {
        guard value.isFinite else { return }
        let index = buckets.index(of: value)
        state.withLock {
            $0.counts[index] += 1
            $0.sum += value
        }
    }

    /// A time measured across a step of the clock may be negative: it counts as none.
    func recordNanoseconds(_ duration: Int64) {
        record(Double(max(0, duration)) / 1_000_000_000)
    }

    func lines(name: String, labels: String) -> [String] {
        let state = state.withLock { $0 }
        let opening = labels.isEmpty ? "{" : labels.dropLast() + ","
        let bounds = buckets.bounds.map(PrometheusName.number) + ["+Inf"]
        var lines: [String] = []
        var total: UInt64 = 0
        for (bound, count) in zip(bounds, state.counts) {
            total += count
            lines.append("\(name)_bucket\(opening)le=\"\(bound)\"} \(total)")
        }
        lines.append("\(name)_sum\(labels) \(PrometheusName.number(state.sum))")
        lines.append("\(name)_count\(labels) \(total)")
        return lines
    }
}
