import CoreMetrics
import FoundationEssentials
import Messaging
import Metrics
import TestKit
import Testing

@testable import ServiceKit

@Suite("Metrics")
struct MetricsTests {
    @Test("the text format, letter by letter")
    func golden() {
        let registry = MetricsRegistry()
        registry.describe("messaging.process.duration", "Time from delivery to commit.\nIn \\ seconds.")
        Counter(label: "messaging.client.sent.messages", dimensions: [("type", "shop.sold.v1")], factory: registry)
            .increment(by: 3)
        Counter(
            label: "messaging.client.sent.messages", dimensions: [("type", "a\"b\\c\nd"), ("le.x-1", "y")],
            factory: registry
        ).increment()
        FloatingPointCounter(label: "shop.turnover", factory: registry).increment(by: 0.1)
        Meter(label: "2nd.queue depth", factory: registry).set(7)
        Gauge(label: "shop.temperature", factory: registry).record(-2.5)
        let timer = Timer(label: "messaging.process.duration", dimensions: [("le", "x")], factory: registry)
        for milliseconds in [1, 5, 20_000] { timer.recordMilliseconds(milliseconds) }
        #expect(registry.familyTexts().joined() == MetricsTests.goldenText)
    }

    private static let goldenText = #"""
        # HELP _2nd_queue_depth 2nd.queue depth
        # TYPE _2nd_queue_depth gauge
        _2nd_queue_depth 7
        # HELP messaging_client_sent_messages_total messaging.client.sent.messages
        # TYPE messaging_client_sent_messages_total counter
        messaging_client_sent_messages_total{le_x_1="y",type="a\"b\\c\nd"} 1
        messaging_client_sent_messages_total{type="shop.sold.v1"} 3
        # HELP messaging_process_duration_seconds Time from delivery to commit.\nIn \\ seconds.
        # TYPE messaging_process_duration_seconds histogram
        messaging_process_duration_seconds_bucket{label_le="x",le="0.0005"} 0
        messaging_process_duration_seconds_bucket{label_le="x",le="0.001"} 1
        messaging_process_duration_seconds_bucket{label_le="x",le="0.0025"} 1
        messaging_process_duration_seconds_bucket{label_le="x",le="0.005"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.01"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.025"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.05"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.075"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.1"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.25"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.5"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="0.75"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="1"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="2.5"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="5"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="7.5"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="10"} 2
        messaging_process_duration_seconds_bucket{label_le="x",le="+Inf"} 3
        messaging_process_duration_seconds_sum{label_le="x"} 20.006
        messaging_process_duration_seconds_count{label_le="x"} 3
        # HELP shop_temperature shop.temperature
        # TYPE shop_temperature gauge
        shop_temperature -2.5
        # HELP shop_turnover_total shop.turnover
        # TYPE shop_turnover_total counter
        shop_turnover_total 0.1

        """#

    @Test("a histogram counts what a simple model counts", arguments: 0..<40)
    func histogramModel(_ round: UInt64) {
        var generator = SeededGenerator(seed: 0xB0C5 + round)
        let buckets: HistogramBuckets = round.isMultiple(of: 2) ? .seconds : .counts
        let histogram = HistogramSeries(buckets)
        var values: [Double] = []
        for _ in 0..<Int.random(in: 0...300, using: &generator) {
            let value =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: buckets.bounds.randomElement(using: &generator) ?? 0
                case 1: Double.random(in: -1...0.01, using: &generator)
                case 2: Double(Int.random(in: 0...2_000_000, using: &generator))
                default: Double.random(in: 0...20, using: &generator)
                }
            values.append(value)
            histogram.record(value)
        }
        for nonsense in [Double.nan, .infinity, -.infinity] { histogram.record(nonsense) }

        var expected = buckets.bounds.map { bound in
            "h_bucket{le=\"\(PrometheusName.number(bound))\"} \(values.filter { $0 <= bound }.count)"
        }
        expected.append("h_bucket{le=\"+Inf\"} \(values.count)")
        expected.append("h_sum \(PrometheusName.number(values.reduce(0, +)))")
        expected.append("h_count \(values.count)")
        #expect(histogram.lines(name: "h", labels: "") == expected)
    }

    @Test("what is counted at once by many is counted")
    func concurrent() async {
        let registry = MetricsRegistry()
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for step in 0..<1_000 {
                        Counter(label: "c", factory: registry).increment()
                        FloatingPointCounter(label: "f", factory: registry).increment(by: 0.5)
                        Timer(label: "t", factory: registry).recordNanoseconds(Int64(step))
                        Meter(label: "g", dimensions: [("task", "\(task)")], factory: registry).increment(by: 2)
                    }
                }
            }
        }
        let text = registry.familyTexts().joined()
        #expect(text.contains("\nc_total 8000\n"))
        #expect(text.contains("\nf_total 4000\n"))
        #expect(text.contains("\nt_seconds_count 8000\n"))
        #expect(text.contains("\ng{task=\"7\"} 2000\n"))
    }

    @Test("a label with too many values is counted under other")
    func boundedLabels() {
        let registry = MetricsRegistry()
        for number in 0..<1_000 {
            Counter(label: "c", dimensions: [("id", "\(number)")], factory: registry).increment()
        }
        // One that was there before the bound was reached is still itself.
        Counter(label: "c", dimensions: [("id", "7")], factory: registry).increment()
        let lines = registry.familyTexts().joined().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == ServiceLimits.seriesPerNameMax + 1)
        #expect(lines.contains("c_total{other=\"true\"} 800"))
        #expect(lines.contains("c_total{id=\"7\"} 2"))
    }

    @Test("names are bounded, and a name belongs to one kind")
    func boundedNames() {
        let registry = MetricsRegistry()
        Counter(label: "a.b", factory: registry).increment()
        Meter(label: "a.b.total", factory: registry).set(5)
        FloatingPointCounter(label: "a.b", factory: registry).increment(by: 5)
        #expect(registry.familyTexts().joined().hasSuffix("\na_b_total 1\n"))
        for number in 0..<2_000 { Counter(label: "n\(number)", factory: registry).increment() }
        #expect(registry.familyTexts().count == ServiceLimits.metricNamesMax)
    }

    @Test("a counter goes up only")
    func countersGoUp() {
        let registry = MetricsRegistry()
        let whole = registry.makeCounter(label: "w", dimensions: [])
        let parts = registry.makeFloatingPointCounter(label: "p", dimensions: [])
        for amount in [5, -3, 0] { whole.increment(by: Int64(amount)) }
        for amount in [5, -3, .nan, .infinity, 0.5] { parts.increment(by: amount) }
        #expect(registry.familyTexts().joined().contains("w_total 5\n"))
        #expect(registry.familyTexts().joined().contains("p_total 5.5\n"))
    }

    @Test("numbers are written as Prometheus reads them")
    func numbers() {
        let texts = [0.0, 1, -1, 0.1, 1e-7, 1e21, .infinity, -.infinity, .nan].map(PrometheusName.number)
        #expect(texts == ["0", "1", "-1", "0.1", "1e-07", "1e+21", "+Inf", "-Inf", "NaN"])
    }

    @Test("names and label names take only what Prometheus allows")
    func names() {
        #expect(PrometheusName.metric("messaging.process.duration", suffix: "seconds").hasSuffix("_duration_seconds"))
        #expect(PrometheusName.metric("up.total", suffix: "total") == "up_total")
        #expect(PrometheusName.metric("größe", suffix: nil) == "gr__e")
        #expect(PrometheusName.metric("", suffix: nil) == "_")
        #expect(PrometheusName.label("__name__") == "label__name__")
        #expect(PrometheusName.labels([("a.b", "1"), ("a-b", "2")]) == "{a_b=\"2\"}")
    }
}

@Suite("The process's own metrics")
struct ProcessMetricsTests {
    @Test("the kernel's files are read past a name with spaces and parentheses")
    func parsed() {
        let stat =
            "42 (a) b ( c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 7 0 1000 123456 256 "
            + "18446744073709551615 1"
        let metrics = ProcessMetrics(
            stat: stat, bootStat: "cpu 1 2 3\nbtime 1700000000\nprocesses 5\n", openDescriptors: 12)
        #expect(metrics.cpuSeconds == 2)
        #expect(metrics.threads == 7)
        #expect(metrics.startSeconds == 1_700_000_010)
        #expect(metrics.residentBytes == 256 * 4_096)
        #expect(metrics.openDescriptors == 12)
    }

    @Test(
        "rubbish is left out", arguments: ["", ")", "1 (x) S", "1 (x) S a b c d e f g h i j k l m n o p q r s t u v"])
    func rubbish(_ stat: String) {
        let metrics = ProcessMetrics(stat: stat, bootStat: "btime x", openDescriptors: nil)
        #expect(metrics.texts.isEmpty)
    }

    @Test("this process is seen as it is")
    func live() throws {
        let metrics = ProcessMetrics.read()
        #expect(try #require(metrics.residentBytes) > 1 << 20)
        #expect(try #require(metrics.threads) >= 1)
        #expect(try #require(metrics.openDescriptors) >= 3)
        #expect(try #require(metrics.cpuSeconds) > 0)
        let started = Date(timeIntervalSince1970: try #require(metrics.startSeconds))
        #expect(started < Date() && started > Date(timeIntervalSinceNow: -86_400))
        #expect(metrics.texts.count == 5)
    }
}
