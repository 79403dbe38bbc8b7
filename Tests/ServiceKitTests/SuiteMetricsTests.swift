import CoreMetrics
import FoundationEssentials
import Messaging
import TestKit
import Testing

@testable import ServiceKit

/// The metrics of the suite, as the operator's files and Prometheus see them.
@Suite("The suite's metrics")
struct SuiteMetricsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    @Test("every metric has one name, labels that Prometheus takes, and a sentence")
    func catalogue() {
        #expect(Set(Metric.all.map(\.prometheusName)).count == Metric.all.count)
        for metric in Metric.all {
            #expect(
                metric.name.hasPrefix("messaging.") || metric.name.hasPrefix("db.client.")
                    || metric.name.hasPrefix("citycoop."))
            // These are Prometheus's own: a label of the same name would be pushed aside.
            #expect(
                Set(metric.labels.map(PrometheusName.label)).isDisjoint(with: ["job", "instance", "service", "le"]))
            #expect(metric.help.hasSuffix("."), "\(metric.name)")
        }
    }

    @Test("each is shown with its meaning, its kind and its buckets")
    func described() {
        let registry = MetricsRegistry()
        registry.describeSuite()
        for metric in Metric.all {
            let dimensions = metric.labels.map { ($0, "x") }
            switch metric.kind {
            case .counter: Counter(label: metric.name, dimensions: dimensions, factory: registry).increment()
            case .gauge: Meter(label: metric.name, dimensions: dimensions, factory: registry).set(1)
            case .sizes:
                Recorder(label: metric.name, dimensions: dimensions, aggregate: true, factory: registry).record(1)
            case .durations, .ages:
                Timer(label: metric.name, dimensions: dimensions, factory: registry).recordSeconds(1)
            }
        }
        let shown = registry.prometheusText()
        for metric in Metric.all {
            let help = "# HELP \(metric.prometheusName) \(PrometheusName.escaped(metric.help, quotes: false))\n"
            #expect(shown.contains(help), "\(metric.name)")
            let le = #"le="86400"} "#
            let ages = shown.split(separator: "\n").filter { $0.hasPrefix("\(metric.prometheusName)_bucket") }
            #expect(ages.contains { $0.contains(le) } == (metric.kind == .ages), "\(metric.name)")
        }
        #expect(shown.contains("\ncitycoop_release_info{version=\""))
    }

    @Test("the README lists every metric, as it is, and no other")
    func readme() throws {
        let rows = try text("infra/monitoring/README.md").split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `citycoop_") || $0.hasPrefix("| `messaging_") || $0.hasPrefix("| `db_") }
        let expected = Metric.all.map(\.readmeRow)
        #expect(rows == expected, "\(expected.joined(separator: "\n"))")
    }

    @Test("alerts and dashboard ask for what the suite shows, and alerts say where it is told what to do")
    func files() throws {
        let shown = Set(Metric.all.flatMap(\.seriesNames)).union(ProcessMetrics.read().texts.map(\.metricName))
        for file in ["infra/monitoring/alerts.yml", "infra/monitoring/grafana/citycoop.json"] {
            let asked = Set(
                try text(file).matches(of: /\b(?:citycoop|messaging|db_client|process)_[a-z_]+\b/).map {
                    String($0.output)
                })
            let labels = Set(Metric.all.flatMap(\.labels).map(PrometheusName.label))
            let unknown = asked.subtracting(shown).subtracting(labels)
            #expect(asked.count > 15 && unknown.isEmpty, "\(file): \(unknown.sorted())")
        }
        let alerts = try text("infra/monitoring/alerts.yml")
        let runbooks = alerts.matches(of: /runbook: (\S+)#(\S+)/)
        #expect(runbooks.count == alerts.matches(of: #/- alert: /#).count)
        for runbook in runbooks
        where FileManager.default.fileExists(atPath: Self.root.appending(path: "\(runbook.1)").path) {
            let headings = try text("\(runbook.1)").split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased().filter {
                    $0.isLetter || $0.isNumber || $0 == " " || $0 == "-"
                }
                .replacing(" ", with: "-")
            }
            #expect(headings.contains("\(runbook.2)"), "\(runbook.0)")
        }
    }
}

extension Metric {
    /// As it is in what a service shows.
    fileprivate var prometheusName: String {
        switch kind {
        case .counter: PrometheusName.metric(name, suffix: "total")
        case .gauge, .sizes: PrometheusName.metric(name, suffix: nil)
        case .durations, .ages: PrometheusName.metric(name, suffix: "seconds")
        }
    }

    fileprivate var seriesNames: [String] {
        switch kind {
        case .counter, .gauge: [prometheusName]
        case .sizes, .durations, .ages: ["", "_bucket", "_sum", "_count"].map { prometheusName + $0 }
        }
    }

    fileprivate var readmeRow: String {
        let labels = labels.map { "`\(PrometheusName.label($0))`" }.joined(separator: ", ")
        let kind =
            switch kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .sizes: "histogram"
            case .durations, .ages: "histogram, s"
            }
        return "| `\(prometheusName)` | \(kind) | \(labels) | \(help) |"
    }
}

extension String {
    /// The name in `# HELP name …`.
    fileprivate var metricName: String { split(separator: " ").dropFirst(2).first.map(String.init) ?? "" }
}
