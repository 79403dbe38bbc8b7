import Contracts
import FoundationEssentials

/// How the suite is at one moment.
struct SuiteReport: Codable, Equatable, Sendable {
    /// How a service is.
    struct Service: Codable, Equatable, Sendable {
        var name: ServiceName
        /// How many instances read its queries; absent where the queue is missing.
        var instances: Int?
        /// Whether it says over HTTP that it is ready; absent where its port is not known here.
        var ready: Bool?
        /// What it says, or why it says nothing.
        var readiness: String
        /// What it answers to `get-status`; absent if it does not answer.
        var status: ServiceStatus?
        /// Why it does not answer.
        var silence: String?
    }

    /// How the broker is.
    struct Broker: Codable, Equatable, Sendable {
        var version: String
        /// What keeps it from taking messages.
        var alarms: [String] = []
        /// The clients' connections to the virtual host.
        var connections: Int
        /// Those that may not publish at the moment.
        var blocked: Int
        /// What is free on the fullest disk.
        var diskFreeBytes: Int64?
        /// What all nodes use.
        var memoryBytes: Int64?
    }

    /// How a queue is.
    struct Queue: Codable, Equatable, Sendable {
        var name: String
        /// Messages that wait.
        var ready: Int
        /// Messages in hand; as the broker counted them some seconds ago.
        var unacknowledged: Int?
        var consumers: Int
        /// The age of the message at the head in seconds, where the broker tells it.
        var headAgeSeconds: Double?
    }

    var services: [Service]
    /// Absent where the management API is not known here.
    var broker: Broker?
    var queues: [Queue]
    /// Queues that should be there.
    var missingQueues: [String]
    /// Commands that nobody answers to.
    var unroutable: Int
}

/// Whether a report is one of a suite that is well, and if not, why.
struct Verdict: Codable, Equatable, Sendable {
    /// Where well ends.
    enum Limits {
        /// Events that were committed so long ago and are not with the broker.
        static let outboxSeconds = 30.0
        /// A message that has waited so long at the head of a queue.
        static let headSeconds = 60.0
        /// A scheduled message that has been due so long.
        static let scheduleSeconds = 30.0
        /// Rows of the audit that wait for the sealer: a thousand are sealed at once, every second.
        static let unsealedMax = 10_000
    }

    /// What is wrong; empty if all is well.
    var faults: [String]

    var isWell: Bool { faults.isEmpty }

    init(_ report: SuiteReport) {
        // Where a service does not run, nobody reads its queues: that goes without saying.
        let silent = Set(
            report.services.filter { $0.ready == false && $0.status == nil }.flatMap { service in
                QueueName.allCases.map { Topology.Names.queue(service.name, $0) }
            })
        let paused = Set(
            report.services.filter { $0.status?.intakePausedUntil != nil }.flatMap { service in
                QueueName.allCases.filter(\.waitsForIntake).map { Topology.Names.queue(service.name, $0) }
            })
        faults =
            report.services.flatMap { Self.faults(of: $0) } + (report.broker.map { Self.faults(of: $0) } ?? [])
            + report.missingQueues.map { "queue \($0) is missing" }
            + report.queues.filter { !silent.union(paused).contains($0.name) }.flatMap { Self.faults(of: $0) }
        if report.unroutable > 0 {
            faults.append("\(report.unroutable) commands lie in \(Topology.Names.unroutable)")
        }
    }

    private static func faults(of service: SuiteReport.Service) -> [String] {
        let name = service.name.rawValue
        let unready = "\(name) is not ready" + (service.readiness.isEmpty ? "" : " (\(service.readiness))")
        guard let status = service.status else {
            return [service.ready == false ? unready + " and does not answer" : "\(name) does not answer"]
        }
        var faults: [String] = []
        if service.ready == false { faults.append(unready) }
        if let until = status.intakePausedUntil { faults.append("the intake of \(name) is paused until \(until)") }
        if status.failed > 0 { faults.append("\(name) has \(status.failed) failed messages") }
        if status.outboxOldestSeconds > Limits.outboxSeconds {
            faults.append("\(name) has not sent an event for \(Int(status.outboxOldestSeconds)) s")
        }
        if let late = status.scheduleLateSeconds, late > Limits.scheduleSeconds {
            faults.append("\(name) is \(Int(late)) s late with what was scheduled")
        }
        if let unsealed = status.unsealed, unsealed > Limits.unsealedMax {
            faults.append("\(name) has \(unsealed) rows of its audit not sealed")
        }
        let incomplete = status.copies.filter { !$0.complete }.map(\.name)
        if !incomplete.isEmpty {
            faults.append("\(name) waits for its first copy of \(incomplete.joined(separator: ", "))")
        }
        return faults
    }

    private static func faults(of broker: SuiteReport.Broker) -> [String] {
        let blocked = broker.blocked == 0 ? [] : ["the broker blocks \(broker.blocked) connections"]
        return broker.alarms.map { "the broker has \($0)" } + blocked
    }

    private static func faults(of queue: SuiteReport.Queue) -> [String] {
        if queue.name == Topology.Names.unroutable { return [] }
        if queue.consumers == 0 { return ["nobody reads \(queue.name) (\(queue.ready) messages wait)"] }
        if let age = queue.headAgeSeconds, age > Limits.headSeconds {
            return ["the head of \(queue.name) has waited for \(Int(age)) s"]
        }
        return []
    }

    /// One line.
    var line: String {
        isWell ? "All is well." : "Not well: \(faults.joined(separator: "; "))."
    }
}
