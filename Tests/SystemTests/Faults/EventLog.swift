import AMQP
import Contracts
import Foundation

/// Everything that services said, taken from a queue of its own.
actor EventLog {
    /// One event, however often it was sent.
    struct Entry: Sendable {
        let type: String
        let messageId: String
        let user: String?
        let body: [UInt8]
        /// The sender's own time, to the second.
        let saidAt: Date
        var copies = 1
    }

    static let queue = "test.log"

    private let consumer: Consumer
    private(set) var entries: [String: Entry] = [:]
    /// Two messages with one id and different content.
    private(set) var contradictions: [String] = []

    /// Declares and binds the queue, then makes a log that reads it.
    ///
    /// - Parameter services: Who is listened to.
    static func open(_ system: System, services: [ServiceName] = [.vouchers]) async throws -> EventLog {
        try await Administration.with(system.administrator) { channel in
            try channel.declare(.quorum(EventLog.queue))
            for service in services {
                try channel.bind(
                    Binding(
                        queue: EventLog.queue, exchange: Topology.Names.events, routingKey: "\(service.rawValue).#"))
            }
        }
        return EventLog(system)
    }

    private init(_ system: System) {
        consumer = Consumer(
            name: "event log", source: .queue(EventLog.queue), prefetch: 1_000, address: system.administrator)
    }

    /// Reads until ``close()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.consumer.run() }
            group.addTask { await self.read() }
        }
    }

    /// Ends ``run()``.
    func close() async {
        await consumer.cancel()
        await consumer.close()
    }

    private func read() async {
        while let deliveries = try? await consumer.next(max: 500) {
            for delivery in deliveries { note(delivery) }
            await consumer.acknowledge(deliveries.map(\.tag))
        }
    }

    private func note(_ delivery: Delivery) {
        let id = delivery.properties.messageID ?? ""
        if let known = entries[id] {
            if known.body != delivery.body || known.type != delivery.routingKey { contradictions.append(id) }
            entries[id]?.copies += 1
            return
        }
        let seconds = Double(delivery.properties.timestamp ?? 0)
        entries[id] = Entry(
            type: delivery.routingKey, messageId: id, user: delivery.properties.userID, body: delivery.body,
            saidAt: Date(timeIntervalSince1970: seconds))
    }

    /// The events of one type by what they are about.
    func events<E: Event>(_ type: E.Type, by key: (E) -> UUID) throws -> [UUID: [(entry: Entry, event: E)]] {
        let decoder = JSONDecoder()
        var found: [UUID: [(entry: Entry, event: E)]] = [:]
        for entry in entries.values where entry.type == E.type.description {
            let event = try decoder.decode(E.self, from: Data(entry.body))
            found[key(event), default: []].append((entry, event))
        }
        return found
    }
}
