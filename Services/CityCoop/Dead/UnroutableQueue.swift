import AMQP
import Contracts
import FoundationEssentials
import Messaging

/// A command that nobody answers to.
struct UnroutableMessage: Codable, Sendable {
    var type: String
    var id: String
    var source: String
    var user: String?
    var time: Timestamp?
    var bytes: Int
}

/// A command that nobody answers to, whole.
struct TakenMessage: Codable, Sendable {
    var message: UnroutableMessage
    var body: String
}

/// Looks at `citycoop.unroutable` without taking anything away.
enum UnroutableQueue {
    /// Messages looked at: what is there is usually one mistake many times.
    static let lookMax = 100
    private static let patience = Duration.seconds(2)

    /// How many messages there are, and the first of them.
    static func look(_ address: BrokerAddress) async throws -> (count: Int, first: [UnroutableMessage]) {
        let queue = Topology.Names.unroutable
        let count = try await Administration.with(address, name: "citycoop dead") { try $0.messageCount(queue) }
        let wanted = min(count, lookMax)
        guard wanted > 0 else { return (count, []) }
        let consumer = Consumer(
            name: "citycoop dead", source: .queue(queue), prefetch: wanted, address: address)
        let deliveries = await withTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await consumer.run() }
            let deliveries = await gather(wanted, from: consumer)
            // Nothing is acknowledged: with the connection gone, everything is in the queue as before.
            await consumer.close()
            return deliveries
        }
        let reader = EnvelopeReader()
        return (count, deliveries.map { message($0, reader) })
    }

    /// Takes away what is there now, handing over each message before it goes; returns how many.
    static func take(_ address: BrokerAddress, _ gone: @escaping @Sendable (TakenMessage) -> Void) async throws -> Int {
        let queue = Topology.Names.unroutable
        return try await Administration.with(address, name: "citycoop dead") { channel in
            let reader = EnvelopeReader()
            var taken = 0
            // What comes meanwhile is not meant.
            var left = try channel.messageCount(queue)
            while left > 0, let delivery = try channel.takeOne(queue) {
                gone(
                    TakenMessage(
                        message: message(delivery, reader), body: String(decoding: delivery.body, as: UTF8.self)))
                taken += 1
                left -= 1
            }
            return taken
        }
    }

    /// Takes so many, or what comes until patience ends: another look may hold them at this moment.
    private static func gather(_ wanted: Int, from consumer: Consumer) async -> [Delivery] {
        var deliveries: [Delivery] = []
        let deadline = ContinuousClock.now + patience
        while deliveries.count < wanted {
            let left = wanted - deliveries.count
            let rest = deadline - ContinuousClock.now
            guard rest > .zero, let some = try? await within(rest, { try await consumer.next(max: left) }) else {
                break
            }
            deliveries += some
        }
        return deliveries
    }

    private static func message(_ delivery: Delivery, _ reader: EnvelopeReader) -> UnroutableMessage {
        let envelope = reader.envelope(of: delivery)
        return UnroutableMessage(
            type: envelope.type, id: envelope.id, source: envelope.source, user: envelope.user,
            time: envelope.time.map(Timestamp.init), bytes: delivery.body.count)
    }
}
