import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

@Suite struct VerdictTests {
    private let well = SuiteReport(
        services: ServiceName.allCases.map {
            SuiteReport.Service(
                name: $0, instances: 2, ready: true, readiness: "",
                status: ServiceStatus(
                    outboxRows: 3, outboxOldestSeconds: 0.5, scheduled: 2, scheduleLateSeconds: 0.1, parked: 1,
                    failed: 0,
                    copies: [ServiceStatus.Copy(name: "cities", complete: true)], unsealed: 12,
                    schemas: [$0.rawValue: 7, "messaging": 4],
                    instance: ServiceStatus.Instance(release: "1.2.3", residentBytes: 29 << 20)))
        },
        broker: SuiteReport.Broker(version: "3.10.8", connections: 40, blocked: 0, diskFreeBytes: 50 << 30),
        queues: Topology.suite.queues.map {
            let readers = $0.name == Topology.Names.unroutable ? 0 : 1
            return SuiteReport.Queue(
                name: $0.name, ready: 0, unacknowledged: 0, consumers: readers, headAgeSeconds: nil)
        },
        missingQueues: [], unroutable: 0)

    @Test func aBusySuiteIsWell() {
        var report = well
        report.queues[0].ready = 100_000
        report.queues[0].headAgeSeconds = 59
        report.services[0].ready = nil
        #expect(Verdict(report).isWell)
        #expect(Verdict(report).line == "All is well.")
    }

    /// Words of the verdict, and what brings them about.
    static let faults: [(words: String, change: @Sendable (inout SuiteReport) -> Void)] = [
        (
            "events is not ready (database: not connected)",
            {
                $0.services[1].ready = false
                $0.services[1].readiness = "database: not connected"
            }
        ),
        ("events is 31 s late", { $0.services[1].status?.scheduleLateSeconds = 31 }),
        ("10001 rows of its audit not sealed", { $0.services[1].status?.unsealed = 10_001 }),
        ("the broker has a disk alarm (rabbit@here)", { $0.broker?.alarms = ["a disk alarm (rabbit@here)"] }),
        ("the broker blocks 3 connections", { $0.broker?.blocked = 3 }),
        ("events does not answer", { $0.services[1].status = nil }),
        (
            "events is not ready and does not answer",
            {
                $0.services[1].ready = false
                $0.services[1].status = nil
                for index in $0.queues.indices where $0.queues[index].name.hasPrefix("events.") {
                    $0.queues[index].consumers = 0
                }
            }
        ),
        ("1 failed", { $0.services[1].status?.failed = 1 }),
        (
            "the intake of events is paused until 2026-11-20T10:05:00",
            {
                $0.services[1].status?.intakePausedUntil = Timestamp(Date(timeIntervalSince1970: 1_795_169_100))
                for index in $0.queues.indices where ["events.commands", "events.bulk"].contains($0.queues[index].name)
                {
                    $0.queues[index].consumers = 0
                    $0.queues[index].headAgeSeconds = 100
                }
            }
        ),
        ("has not sent", { $0.services[1].status?.outboxOldestSeconds = 31 }),
        (
            "first copy of merchants",
            { $0.services[1].status?.copies.append(ServiceStatus.Copy(name: "merchants", complete: false)) }
        ),
        (
            "nobody reads events.queries",
            {
                guard let index = $0.queues.firstIndex(where: { $0.name == "events.queries" }) else { return }
                $0.queues[index].consumers = 0
            }
        ),
        ("has waited for 61 s", { $0.queues[2].headAgeSeconds = 61.5 }),
        ("queue cities.bulk is missing", { $0.missingQueues = ["cities.bulk"] }),
        ("2 commands lie in citycoop.unroutable", { $0.unroutable = 2 }),
    ]

    @Test(arguments: faults.indices)
    func eachFaultIsNamed(_ index: Int) {
        let (words, change) = Self.faults[index]
        var report = well
        change(&report)
        let verdict = Verdict(report)
        #expect(verdict.faults.count == 1, "\(verdict.faults)")
        #expect(verdict.line.hasPrefix("Not well: "))
        #expect(verdict.line.contains(words), "\(verdict.line)")
    }

    /// What is under way, and whether a pause brings it to rest.
    static let underWay: [(line: String, isMoving: Bool, change: @Sendable (inout SuiteReport) -> Void)] = [
        ("events.commands: 7 messages wait", false, { $0.queue("events.commands") { $0.ready = 7 } }),
        ("events.bulk: 1 messages are in hand", true, { $0.queue("events.bulk") { $0.unacknowledged = 1 } }),
        ("events.events: 7 messages wait", true, { $0.queue("events.events") { $0.ready = 7 } }),
        ("events.dead: 7 messages wait", true, { $0.queue("events.dead") { $0.ready = 7 } }),
        ("events.queries: 7 messages wait", false, { $0.queue("events.queries") { $0.ready = 7 } }),
        ("citycoop.unroutable: 7 messages wait", false, { $0.queue("citycoop.unroutable") { $0.ready = 7 } }),
        ("events: 3 messages in the outbox", true, { $0.services[1].status?.outboxRows = 3 }),
        ("events: 3 messages are scheduled", false, { $0.services[1].status?.scheduled = 3 }),
        ("events: 3 messages are parked", false, { $0.services[1].status?.parked = 3 }),
        ("events: 3 messages have failed", false, { $0.services[1].status?.failed = 3 }),
        ("events: 1 service does not answer", true, { $0.services[1].status = nil }),
    ]

    @Test(arguments: underWay.indices)
    func whatIsUnderWayIsNamed(_ index: Int) {
        let (line, isMoving, change) = Self.underWay[index]
        var report = well
        for index in report.services.indices {
            report.services[index].status?.outboxRows = 0
            report.services[index].status?.scheduled = 0
            report.services[index].status?.parked = 0
        }
        for service in ServiceName.allCases {
            for queue in QueueName.allCases where queue.waitsForIntake {
                report.queue(Topology.Names.queue(service, queue)) { $0.consumers = 0 }
            }
        }
        #expect(InFlight(report).items.isEmpty)
        change(&report)
        #expect(InFlight(report).items.map(\.line) == [line])
        #expect(InFlight(report).moving.map(\.line) == (isMoving ? [line] : []))
        report.queue("events.bulk") { $0.consumers = 2 }
        #expect(InFlight(report).items.map(\.line) == [line], "a reader is nothing that is lost")
        #expect(InFlight(report).moving.last?.line == "events.bulk: 2 readers go on")
    }

    @Test func theReportForPeopleFitsOneScreen() {
        var report = well
        report.services[2].status = nil
        report.services[2].silence = "No answer came before the deadline."
        report.queues[0].ready = 17
        report.queues[0].unacknowledged = 4
        report.queues[0].headAgeSeconds = 3.5
        report.queues[1].consumers = 0
        report.unroutable = 5
        let text = StatusText(report).judged
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 24 && lines.allSatisfy { $0.count <= 120 || $0.hasPrefix("Not well") }, "\(text)")
        for name in ServiceName.allCases.map(\.rawValue) {
            #expect(text.split(separator: "\n").count { $0.hasPrefix("\(name) ") } == 2, "\(name)")
        }
        for words in [
            "vouchers: No answer came before the deadline.", "17+4 (3 s)", "0 unread", "unroutable", "7/4", "1.2.3",
            "29 MB", "RabbitMQ 3.10.8; no alarm; 40 connections, 0 blocked; disk 50 GB free",
        ] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
    }

    @Test func whatAServiceSaysOfItsReadinessIsPutInWords() {
        let body =
            #"{"ready":false,"checks":[{"name":"broker","ok":true,"detail":"connected"},"#
            + #"{"name":"database","ok":false,"detail":"not connected"},{"name":"copies","ok":false,"detail":"x"}]}"#
        #expect(HealthAnswer(Array(body.utf8))?.faults == "database: not connected; copies: x")
        #expect(HealthAnswer(Array("<html>".utf8)) == nil)
    }
}

extension SuiteReport {
    /// Changes a queue.
    fileprivate mutating func queue(_ name: String, _ change: (inout Queue) -> Void) {
        guard let index = queues.firstIndex(where: { $0.name == name }) else { return }
        change(&queues[index])
    }
}
