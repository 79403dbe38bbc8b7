internal import Messaging

extension ProcessMetrics {
    /// One text a figure.
    var texts: [String] {
        [
            text("process_cpu_seconds_total", "Time on a processor, in seconds.", "counter", cpuSeconds),
            text("process_open_fds", "Open file descriptors.", "gauge", openDescriptors.map(Double.init)),
            text("process_resident_memory_bytes", "Memory in use, in bytes.", "gauge", residentBytes.map(Double.init)),
            text("process_start_time_seconds", "When the process began, in Unix time.", "gauge", startSeconds),
            text("process_threads", "Threads.", "gauge", threads.map(Double.init)),
        ]
        .compactMap(\.self)
    }

    private func text(_ name: String, _ help: String, _ type: String, _ value: Double?) -> String? {
        value.map {
            MetricsRegistry.text(name, help: help, type: type, lines: ["\(name) \(PrometheusName.number($0))"])
        }
    }
}
