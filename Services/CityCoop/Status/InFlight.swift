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

    /// What has to come to rest before the databases agree with one another.
    var moving: [Item] { items.filter(\.isMoving) }

    init(_ report: SuiteReport) {
        items = report.queues.flatMap(Self.items) + report.services.flatMap(Self.items)
    }

    private static func items(of queue: SuiteReport.Queue) -> [Item] {
        guard let (service, name) = Self.owner(of: queue.name), name != .queries else {
            return [Item(place: queue.name, what: "messages wait", count: queue.ready, isMoving: false)].present
        }
        let waits = name.waitsForIntake
        return [
            Item(place: queue.name, what: "messages wait", count: queue.ready, isMoving: !waits),
            Item(place: queue.name, what: "messages are in hand", count: queue.unacknowledged ?? 0, isMoving: true),
            Item(
                place: queue.name, what: "readers, the intake of \(service.rawValue) is not paused",
                count: waits ? queue.consumers : 0, isMoving: true),
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
