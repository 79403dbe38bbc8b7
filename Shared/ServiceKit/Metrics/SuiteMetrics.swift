internal import Contracts
internal import CoreMetrics
internal import Messaging

extension MetricsRegistry {
    /// Says what each metric of the suite means, and which release this is.
    func describeSuite() {
        for metric in Metric.all {
            describe(metric.name, metric.help, buckets: metric.kind == .ages ? .ages : nil)
        }
        Meter(label: Metric.release.name, dimensions: [("version", Release.current)], factory: self).set(1)
    }
}
