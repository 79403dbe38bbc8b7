import Contracts
import Foundation
import Synchronization
import TestKit

/// One instance of a service: started, frozen, killed and told to stop as a test wants it.
final class ServiceProcess: Sendable {
    /// An instance ended that nobody had ended.
    struct EndedByItself: Error, CustomStringConvertible {
        let description: String
    }

    let service: ServiceName
    /// The name in logs and messages: `vouchers-2`.
    let label: String
    let httpPort: Int
    private let program: String
    private let environment: [String: String]
    private let logFile: String
    private let running = Mutex<Process?>(nil)

    /// Describes an instance; nothing runs before ``start()``.
    ///
    /// - Parameters:
    ///   - brokerPort: Where it finds the broker, if something stands between.
    ///   - databasePort: The same for the database.
    init(
        _ service: ServiceName, number: Int = 1, of system: System, brokerPort: Int? = nil, databasePort: Int? = nil
    ) throws {
        self.service = service
        label = "\(service.rawValue)-\(number)"
        httpPort = try Loopback.freePort()
        program = system.program(service)
        environment = system.environment(
            of: service, httpPort: httpPort, brokerPort: brokerPort, databasePort: databasePort)
        logFile = "\(system.servers.state)/log/\(system.name)-\(label).log"
    }

    /// Starts the executable; what it logs is added to the instance's file.
    func start() throws {
        if !FileManager.default.fileExists(atPath: logFile) { try Data().write(to: URL(filePath: logFile)) }
        let writing = try FileHandle(forWritingTo: URL(filePath: logFile))
        try writing.seekToEnd()
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = ["run"]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = writing
        process.standardError = writing
        try process.runUnblocked()
        try writing.close()
        running.withLock { $0 = process }
    }

    /// The process, while there should be one.
    var processID: Int32? { running.withLock { $0?.processIdentifier } }

    /// The memory that the process has in use, in megabytes.
    var residentMegabytes: Int? {
        guard let processID, let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1_024 }
    }

    /// Throws if the process has ended by itself.
    func requireRunning() throws {
        guard let process = running.withLock({ $0 }), !process.isRunning else { return }
        throw EndedByItself(
            description: "\(label) ended by itself with \(process.terminationStatus):\n\(lastLines)")
    }

    /// What the instance has logged, over its starts.
    var log: String { (try? String(contentsOfFile: logFile, encoding: .utf8)) ?? "" }

    /// The end of the instance's log.
    var lastLines: String {
        log.split(separator: "\n").suffix(25).joined(separator: "\n")
    }

    /// Waits until `/health/ready` says so; returns how long it took.
    @discardableResult
    func waitUntilReady(within limit: Duration = .seconds(60)) async throws -> Duration {
        let start = ContinuousClock.now
        do {
            try await eventually(within: limit, "\(label) to be ready") {
                try requireRunning()
                return await isReady
            }
        } catch let error as NotInTime {
            throw NotReady(description: "\(error): \(await health)\n\(lastLines)")
        }
        return ContinuousClock.now - start
    }

    /// An instance is not ready in time.
    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether it says that it is ready at this moment.
    var isReady: Bool {
        get async { await health.status == 200 }
    }

    /// What `/health/ready` answers; status 0 if nothing does.
    var health: HTTPResponse {
        get async { (try? await HTTPResponse.to("GET", "/health/ready", port: httpPort)) ?? HTTPResponse([]) }
    }

    // MARK: Ends

    /// `kill -9`, and waits until it is gone.
    func kill() async throws {
        guard let process = running.withLock({ $0 }) else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        try await waitForEnd(of: process, within: .seconds(30))
        running.withLock { $0 = nil }
    }

    /// SIGTERM; returns the exit status and how long it took.
    func stop(within limit: Duration = .seconds(40)) async throws -> (status: Int32, duration: Duration) {
        guard let process = running.withLock({ $0 }) else { return (0, .zero) }
        let start = ContinuousClock.now
        Foundation.kill(process.processIdentifier, SIGTERM)
        try await waitForEnd(of: process, within: limit)
        running.withLock { $0 = nil }
        let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        return (status, ContinuousClock.now - start)
    }

    /// Stops it from running for a while, as a machine does that pauses it.
    func freeze(for duration: Duration) async throws {
        freeze()
        defer { thaw() }
        try await Task.sleep(for: duration)
    }

    /// SIGSTOP.
    func freeze() {
        if let processID { Foundation.kill(processID, SIGSTOP) }
    }

    /// SIGCONT.
    func thaw() {
        if let processID { Foundation.kill(processID, SIGCONT) }
    }

    private func waitForEnd(of process: Process, within limit: Duration) async throws {
        try await eventually(within: limit, "the end of \(label)") { !process.isRunning }
    }
}
