import Contracts
import FoundationEssentials
import ManagementAPI
import Processes

/// The processes of the services that were started with one state folder.
///
/// `run/<service>.pid` holds a process id and the tick at which that process was started, so that another process under the
/// same number is never taken for the service.
struct ServiceProcesses: Sendable {
    /// How often a condition is looked at that nobody tells us of.
    private static let pollInterval = Duration.milliseconds(100)
    /// Lines of a log that are shown when a service does not start.
    private static let logLinesShown = 12

    /// The state folder.
    let folder: String
    /// What each executable is called with.
    var arguments = ["run"]

    /// Where the service logs.
    func log(of service: ServiceName) -> String { "\(folder)/log/\(service.rawValue).log" }

    private func note(of service: ServiceName) -> String { "\(folder)/run/\(service.rawValue).pid" }

    /// Makes the folders.
    func prepare() throws {
        for name in ["log", "run"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// The service's process, if it runs.
    func process(of service: ServiceName) -> ProcessID? {
        guard let text = try? String(contentsOf: URL(filePath: note(of: service)), encoding: .utf8),
            let noted = ProcessNote(text)
        else { return nil }
        let process = ProcessID(number: noted.number)
        guard process.executable?.hasSuffix("/\(service.rawValue)") == true else { return nil }
        if let ticks = noted.startTicks, ticks != process.startTicks { return nil }
        return process
    }

    /// Starts the service and notes its process.
    func start(_ service: ServiceName, executables: String) throws -> ProcessID {
        let program = Program("\(executables)/\(service.rawValue)", arguments)
        let process = try program.startInBackground(log: log(of: service))
        let text = ProcessNote(number: process.number, startTicks: process.startTicks).text
        try Data(text.utf8).write(to: URL(filePath: note(of: service)), options: .atomic)
        return process
    }

    /// Forgets the service's process.
    func forget(_ service: ServiceName) {
        try? FileManager.default.removeItem(atPath: note(of: service))
    }

    /// Waits until the process has ended; false if it has not in time.
    static func waitUntilEnded(_ process: ProcessID, within limit: Duration) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while process.executable != nil {
            guard ContinuousClock.now < deadline else { return false }
            try await Task.sleep(for: pollInterval)
        }
        process.collect()
        return true
    }

    /// How long the service's log is, in bytes.
    func logLength(of service: ServiceName) -> Int {
        // Mapped, not read: a log may be long.
        (try? Data(contentsOf: URL(filePath: log(of: service)), options: .mappedIfSafe))?.count ?? 0
    }

    /// Waits until the service says that it is ready; throws with the end of its log if it ends or takes too long.
    ///
    /// - Parameter start: Where in the log the run of this process begins.
    func waitUntilReady(
        _ service: ServiceName, at url: String, logFrom start: Int, within limit: Duration
    ) async throws {
        let probe = HTTPProbe()
        let deadline = ContinuousClock.now + limit
        var last = "no answer at \(url)"
        while ContinuousClock.now < deadline {
            do {
                let answer = try await probe.get(url)
                if answer.status == 200 { return }
                last = String(decoding: answer.body.prefix(500), as: UTF8.self).trimmed
            } catch {
                last = error.text
            }
            guard process(of: service) != nil else {
                throw CommandFailure(
                    .refused, "\(service.rawValue) has ended.", hint: lastLines(of: service, from: start))
            }
            try await Task.sleep(for: Self.pollInterval)
        }
        throw CommandFailure(
            .deadline, "\(service.rawValue) is not ready after \(limit.components.seconds) s: \(last)",
            hint: lastLines(of: service, from: start))
    }

    private func lastLines(of service: ServiceName, from start: Int) -> String {
        let path = log(of: service)
        let bytes = (try? Data(contentsOf: URL(filePath: path), options: .mappedIfSafe)) ?? Data()
        let text = String(decoding: bytes.dropFirst(start), as: UTF8.self)
        let lines = text.split(separator: "\n").suffix(Self.logLinesShown)
        return "the end of \(path):\n" + lines.map { "    \($0)" }.joined(separator: "\n")
    }

    /// The folder of our own executable, where those of the services are.
    static func executablesFolder(_ given: String?) throws(CommandFailure) -> String {
        if let given { return given }
        guard let path = ProcessID.current.executable, let slash = path.lastIndex(of: "/") else {
            throw CommandFailure(.usage, "The folder of citycoop cannot be found out.", hint: "give --executables")
        }
        return String(path[..<slash])
    }
}

/// What a file in `run/` says.
struct ProcessNote: Equatable {
    /// The process id.
    var number: Int32
    /// When the process was started, in ticks since the machine was; absent where another tool wrote the file.
    var startTicks: UInt64?

    init(number: Int32, startTicks: UInt64?) {
        self.number = number
        self.startTicks = startTicks
    }

    /// Reads `number ticks`; nil if it is anything else.
    init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let first = words.first, let number = Int32(first), number > 1, words.count <= 2 else { return nil }
        self.number = number
        if words.count == 2 {
            guard let ticks = UInt64(words[1]) else { return nil }
            startTicks = ticks
        }
    }

    /// What is written.
    var text: String { "\(number)\(startTicks.map { " \($0)" } ?? "")\n" }
}
