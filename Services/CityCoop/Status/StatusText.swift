import Contracts
import FoundationEssentials

/// A report for people: on one screen.
struct StatusText {
    let report: SuiteReport

    init(_ report: SuiteReport) {
        self.report = report
    }

    /// The report, and whether all is well.
    var judged: String { text + "\n" + Verdict(report).line }

    var text: String {
        let services =
            [
                "service", "ready", "instances", "release", "schema", "memory", "outbox", "oldest", "scheduled",
                "parked",
                "failed", "unsealed",
            ]
        let waiting = ["waiting"] + QueueName.allCases.map(\.rawValue)
        return [
            table([services] + report.services.map(row), numeric: [2, 5, 6, 7, 8, 9, 10, 11]) + notes,
            table([waiting] + report.services.map { waitingRow($0.name) } + [unroutableRow], numeric: [1, 2, 3, 4, 5]),
            broker,
        ].joined(separator: "\n\n") + "\n"
    }

    // MARK: Services

    private func row(_ service: SuiteReport.Service) -> [String] {
        let ready = service.ready.map { $0 ? "yes" : "no" } ?? "?"
        let first = [service.name.rawValue, ready, service.instances.map(String.init) ?? "?"]
        guard let status = service.status else { return first + Array(repeating: "-", count: 9) }
        return first + [
            status.instance?.release ?? "?", schema(of: service.name, status.schemas ?? [:]),
            status.instance?.residentBytes.map { Self.size(Int64($0)) } ?? "?", "\(status.outboxRows)",
            status.outboxRows > 0 ? Self.seconds(status.outboxOldestSeconds) : "-", "\(status.scheduled)",
            "\(status.parked)", "\(status.failed)", status.unsealed.map { "\($0)" } ?? "?",
        ]
    }

    /// The versions of the service's own tables and of the runtime's.
    private func schema(of service: ServiceName, _ schemas: [String: Int]) -> String {
        let own = schemas[service.rawValue]
        let others = schemas.filter { $0.key != service.rawValue }.sorted { $0.key < $1.key }.map(\.value)
        let numbers = (own.map { [$0] } ?? []) + others
        return numbers.isEmpty ? "?" : numbers.map(String.init).joined(separator: "/")
    }

    private var notes: String {
        report.services.flatMap { service in
            [
                service.readiness.isEmpty ? nil : service.readiness,
                service.silence,
            ].compactMap { $0.map { "\n  \(service.name.rawValue): \($0)" } }
        }.joined()
    }

    // MARK: Queues

    private func waitingRow(_ service: ServiceName) -> [String] {
        [service.rawValue]
            + QueueName.allCases.map { queue in
                let name = Topology.Names.queue(service, queue)
                return report.queues.first { $0.name == name }.map(cell) ?? "missing"
            }
    }

    private var unroutableRow: [String] { ["unroutable", "\(report.unroutable)"] }

    /// What waits, what is in hand, how long the head has waited, whether anybody reads.
    private func cell(_ queue: SuiteReport.Queue) -> String {
        let hand = queue.unacknowledged.flatMap { $0 > 0 ? "+\($0)" : nil } ?? ""
        let age = queue.headAgeSeconds.map { " (\(Self.seconds($0)))" } ?? ""
        let reader = queue.consumers == 0 ? " unread" : ""
        return "\(queue.ready)\(hand)\(age)\(reader)"
    }

    // MARK: Broker

    private var broker: String {
        guard let broker = report.broker else { return "broker: CITYCOOP_MANAGEMENT_URL is not set" }
        let alarms = broker.alarms.isEmpty ? "no alarm" : broker.alarms.joined(separator: ", ")
        let room = [
            broker.diskFreeBytes.map { "disk \(Self.size($0)) free" },
            broker.memoryBytes.map { "memory \(Self.size($0))" },
        ].compactMap { $0 }
        return
            (["RabbitMQ \(broker.version)", alarms, "\(broker.connections) connections, \(broker.blocked) blocked"]
            + room)
            .joined(separator: "; ")
    }

    // MARK: Texts

    private static func seconds(_ seconds: Double) -> String { "\(Int(seconds)) s" }

    private static func size(_ bytes: Int64) -> String {
        bytes < 10 << 30 ? "\(bytes >> 20) MB" : "\(bytes >> 30) GB"
    }

    private func table(_ rows: [[String]], numeric: Set<Int>) -> String {
        TextTable(rows, numeric: numeric).lines.joined(separator: "\n")
    }
}
