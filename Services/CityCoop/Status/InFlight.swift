import Contracts

/// What is under way in the suite: what the databases alone do not hold, or hold as not done yet.
struct InFlight: Codable, Equatable, Sendable {
    /// So many of something at one place.
    struct Item: Codable, Equatable, Sendable {
        /// A queue, or a service.
        var place: String
        /// What it is, as it stands behind a number.
        var what: String
        var count: Int
        /// Whether it comes to rest by itself while intake is paused.
        var isMoving: Bool

        /// For people.
        var line: String { "\(place): \(count) \(what)" }
    }

    var items: [Item]
    /// What has to come to rest before the databases agree with one another; who takes more in is among it.
    var moving: [Item]

    init(_ report: SuiteReport) {
        items = report.queues.flatMap(Self.items) + report.services.flatMap(Self.items)
        moving = items.filter(\.isMoving) + report.queues.compactMap(Self.reader)
    }

    /// Nobody reads the queues of commands while intake is paused.
    private static func reader(of queue: SuiteReport.Queue) -> Item? {
        guard let (_, name) = owner(of: queue.name), name.waitsForIntake, queue.consumers > 0 else { return nil }
        return Item(place: queue.name, what: "readers go on", count: queue.consumers, isMoving: true)
    }

    private static func items(of queue: SuiteReport.Queue) -> [Item] {
        guard let (_, name) = Self.owner(of: queue.name), name != .queries else {
            return [Item(place: queue.name, what: "messages wait", count: queue.ready, isMoving: false)].present
        }
        return [
            Item(place: queue.name, what: "messages wait", count: queue.ready, isMoving: !name.waitsForIntake),
            Item(place: queue.name, what: "messages are in hand", count: queue.unacknowledged ?? 0, isMoving: true),
        ].present
    }

    private static func items(of service: SuiteReport.Service) -> [Item] {
        let name = service.name.rawValue
        guard let status = service.status else {
            return [Item(place: name, what: "service does not answer", count: 1, isMoving: true)]
        }
        return [
            Item(place: name, what: "messages in the outbox", count: Int(clamping: status.outboxRows), isMoving: true),
            Item(place: name, what: "messages are scheduled", count: Int(clamping: status.scheduled), isMoving: false),
            Item(place: name, what: "messages are parked", count: Int(clamping: status.parked), isMoving: false),
            Item(place: name, what: "messages have failed", count: Int(clamping: status.failed), isMoving: false),
        ].present
    }

    private static func owner(of queue: String) -> (ServiceName, QueueName)? {
        for service in ServiceName.allCases {
            for name in QueueName.allCases where Topology.Names.queue(service, name) == queue { return (service, name) }
        }
        return nil
    }
}

extension [InFlight.Item] {
    /// Without what there is none of.
    fileprivate var present: [InFlight.Item] { filter { $0.count > 0 } }
}
