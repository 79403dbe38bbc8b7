import AMQP
import Contracts
import FoundationEssentials
import Messaging

/// A queue of our own bound to the events, and what comes out of it.
///
/// The queue is no exclusive one: it outlives a lost connection, so that no event is missed meanwhile, and expires a minute
/// after we are gone for good.
struct EventWatch: Sendable {
    private static let expiresMilliseconds: Int64 = 60_000
    /// Events that a watcher may lag behind before the oldest are dropped.
    private static let lengthMax: Int64 = 200_000
    private static let prefetch = 1_000

    private let consumer: Consumer
    private let reader = EnvelopeReader()

    /// The queue's name.
    let queue: String

    /// Makes the queue, runs the body, and deletes the queue.
    static func with<Result>(
        _ address: BrokerAddress, patterns: [String], _ body: (EventWatch) async throws -> Result
    ) async throws -> Result {
        let queue = "watch.\(UUID().text)"
        try await Progress.during("connecting to the broker") {
            try await Administration.with(address, name: "citycoop watch") { channel in
                try channel.declare(
                    QueueDeclaration(
                        queue,
                        arguments: [
                            "x-queue-type": .string("classic"), "x-expires": .int(expiresMilliseconds),
                            "x-max-length": .int(lengthMax),
                        ]))
                for pattern in patterns {
                    try channel.bind(Binding(queue: queue, exchange: Topology.Names.events, routingKey: pattern))
                }
            }
        }
        let consumer = Consumer(
            name: "citycoop watch", source: .queue(queue), prefetch: prefetch, address: address)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    defer { group.cancelAll() }
                    group.addTask { await consumer.run() }
                    let result = try await body(EventWatch(consumer: consumer, queue: queue))
                    await consumer.close()
                    return result
                })
        } catch {
            outcome = .failure(error)
        }
        // One that cannot be deleted now expires by itself.
        try? await Administration.with(address, name: "citycoop watch") { try $0.deleteQueue(queue) }
        return try outcome.get()
    }

    /// The next events, at least one.
    func next(max: Int) async throws -> [SeenEvent] {
        try await deliveries(max: max).map { SeenEvent($0, reader) }
    }

    /// The next events as they came, at least one.
    func deliveries(max: Int) async throws -> [Delivery] {
        let deliveries = try await consumer.next(max: max)
        await consumer.acknowledge(deliveries.map(\.tag))
        return deliveries
    }
}
