import Metrics

/// A metric of the suite: its name, what tells its series apart, what it means.
///
/// Names follow OpenTelemetry's conventions for messaging and for clients of databases where those have one, and begin with
/// `citycoop` otherwise. Whatever a service counts is one of ``all``: nowhere else is a metric named.
public struct Metric: Sendable {
    /// What kind of figure it is.
    public enum Kind: Sendable {
        /// Counts up.
        case counter
        /// The latest value.
        case gauge
        /// How large things are: a histogram.
        case sizes
        /// How long things take: a histogram of seconds.
        case durations
        /// How long things have waited, which may be days: a histogram of seconds.
        case ages
    }

    /// The name, with dots.
    public let name: String
    /// The kind.
    public let kind: Kind
    /// The names of its labels.
    public let labels: [String]
    /// What it tells, in a sentence.
    public let help: String

    init(_ name: String, _ kind: Kind, by labels: [String] = [], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

/// Making one takes a lock, a look-up and a few strings: whoever counts more than now and then keeps what it has made.
extension Metric {
    /// The counter of these values of the labels; labels at the end may be left out.
    func counter(_ values: String...) -> Counter {
        Counter(label: name, dimensions: dimensions(values, of: [.counter]))
    }

    /// The gauge of these values of the labels.
    func gauge(_ values: String...) -> Meter {
        Meter(label: name, dimensions: dimensions(values, of: [.gauge]))
    }

    /// The histogram of sizes of these values of the labels.
    func sizes(_ values: String...) -> Recorder {
        Recorder(label: name, dimensions: dimensions(values, of: [.sizes]))
    }

    /// The histogram of durations or ages of these values of the labels.
    func times(_ values: String...) -> Metrics.Timer {
        Metrics.Timer(label: name, dimensions: dimensions(values, of: [.durations, .ages]))
    }

    private func dimensions(_ values: [String], of kinds: Set<Kind>) -> [(String, String)] {
        precondition(kinds.contains(kind) && values.count <= labels.count, "\(name) is of another kind")
        return Array(zip(labels, values))
    }
}
