import Contracts
import FoundationEssentials
import Testing

@testable import citycoop

@Suite struct VerdictTests {
    private let well = SuiteReport(
        services: ServiceName.allCases.map {
            SuiteReport.Service(
                name: $0, ready: true, readiness: "ready",
                status: ServiceStatus(
                    outboxRows: 3, outboxOldestSeconds: 0.5, scheduled: 2, parked: 1, failed: 0,
                    copies: [ServiceStatus.Copy(name: "cities", complete: true)]))
        },
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
        ("not ready", { $0.services[1].ready = false }),
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

    @Test func theReportForPeopleNamesEveryServiceAndQueue() {
        var report = well
        report.services[2].status = nil
        report.services[2].silence = "No answer came before the deadline."
        let text = StatusText(report).text
        for name in ServiceName.allCases.map(\.rawValue) + report.queues.map(\.name) {
            #expect(text.contains("\n\(name) "), "\(name)")
        }
        #expect(text.contains("vouchers: No answer came before the deadline."))
    }
}

extension SuiteReport {
    /// Changes a queue.
    fileprivate mutating func queue(_ name: String, _ change: (inout Queue) -> Void) {
        guard let index = queues.firstIndex(where: { $0.name == name }) else { return }
        change(&queues[index])
    }
}
