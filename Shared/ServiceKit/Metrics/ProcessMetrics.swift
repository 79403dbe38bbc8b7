internal import FoundationEssentials
internal import Glibc

/// What the kernel knows about this process, under the names that Prometheus's own libraries use.
struct ProcessMetrics: Equatable {
    var residentBytes: Int?
    var cpuSeconds: Double?
    var threads: Int?
    var startSeconds: Double?
    var openDescriptors: Int?

    /// Reads `/proc/self`; what cannot be read is left out.
    static func read() -> ProcessMetrics {
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        // The listing itself has one open.
        return ProcessMetrics(
            stat: text("/proc/self/stat"), bootStat: text("/proc/stat"), openDescriptors: descriptors.map { $0 - 1 })
    }

    /// Takes the content of `/proc/self/stat` and `/proc/stat`.
    ///
    /// The second field of the first is the program's name in parentheses, and the name may hold spaces and parentheses:
    /// what is counted begins after the last one.
    init(stat: String, bootStat: String, openDescriptors: Int?) {
        self.openDescriptors = openDescriptors
        guard let nameEnd = stat.lastIndex(of: ")") else { return }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        // proc(5) counts from 1 and the first field here is its third.
        func field(_ number: Int) -> Double? { fields.count > number - 3 ? Double(fields[number - 3]) : nil }

        let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        if let user = field(14), let system = field(15) { cpuSeconds = (user + system) / ticksPerSecond }
        threads = field(20).flatMap { Int(exactly: $0) }
        residentBytes = field(24).flatMap { Int(exactly: $0) }.map { $0 * Int(getpagesize()) }
        let bootLine = bootStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        if let boot = bootLine.flatMap({ Double($0.dropFirst("btime ".count)) }), let start = field(22) {
            startSeconds = boot + start / ticksPerSecond
        }
    }

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

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
