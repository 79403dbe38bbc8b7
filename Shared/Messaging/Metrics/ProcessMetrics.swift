import FoundationEssentials
import Glibc

/// What the kernel knows about this process, under the names that Prometheus's own libraries use.
public struct ProcessMetrics: Equatable, Sendable {
    /// Memory in use.
    public private(set) var residentBytes: Int?
    /// Time on a processor.
    public private(set) var cpuSeconds: Double?
    /// How many threads there are.
    public private(set) var threads: Int?
    /// When the process began, in Unix time.
    public private(set) var startSeconds: Double?
    /// How many file descriptors are open.
    public private(set) var openDescriptors: Int?

    /// Reads `/proc/self`; what cannot be read is left out.
    public static func read() -> ProcessMetrics {
        let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        // The listing itself has one open.
        return ProcessMetrics(
            stat: text("/proc/self/stat"), bootStat: text("/proc/stat"), openDescriptors: descriptors.map { $0 - 1 })
    }

    /// Takes the content of `/proc/self/stat` and `/proc/stat`.
    ///
    /// The second field of the first is the program's name in parentheses, and the name may hold spaces and parentheses:
    /// what is counted begins after the last one.
    public init(stat: String, bootStat: String, openDescriptors: Int?) {
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

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
