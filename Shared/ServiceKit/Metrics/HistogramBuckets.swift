/// The upper bounds of a histogram's buckets; one more bucket takes what is above the last.
public struct HistogramBuckets: Sendable, Equatable {
    /// Growing, finite.
    public let bounds: [Double]

    /// For times in seconds: OpenTelemetry's bounds for messaging, and below them, because a batch that takes 5 ms here is
    /// a slow one.
    public static let seconds = HistogramBuckets([
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ])

    /// For counts and sizes: powers of two up to the largest batch (256), then of four up to the largest message (1 MiB).
    public static let counts = HistogramBuckets([
        1, 2, 4, 8, 16, 32, 64, 128, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576,
    ])

    /// For times that may be days: of what waits in a queue.
    public static let ages = HistogramBuckets([
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400,
    ])

    private init(_ bounds: [Double]) {
        self.bounds = bounds
    }

    /// The bucket a value belongs to: the first whose bound is not below it.
    func index(of value: Double) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
