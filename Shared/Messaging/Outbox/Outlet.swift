import AMQP

/// A way out of the service: answers, and what transactions say, each over a connection of its own, so that no answer stands
/// behind an event.
struct Outlet: Sendable {
    let relay: OutboxRelay
    let replies: ReplySender
    /// The connections that both send over.
    var publishers: [Publisher] = []

    /// Whether all connections to the broker are there at this moment.
    var isConnected: Bool { publishers.allSatisfy(\.isConnected) }

    /// Whether the broker takes nothing from one of them at this moment.
    var isBlocked: Bool { publishers.contains(where: \.isBlocked) }

    /// Sends until ``stop(by:)`` and ``close()``, or cancellation.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            for publisher in publishers { tasks.addTask { await publisher.run() } }
            tasks.addTask { await replies.run() }
            tasks.addTask { await relay.run() }
        }
    }

    /// Sends what is in memory, until it is confirmed or `deadline` has passed.
    func stop(by deadline: ContinuousClock.Instant) async {
        await replies.stop(by: deadline)
        await relay.stop(by: deadline)
    }

    /// Closes the connections to the broker.
    func close() async {
        for publisher in publishers { await publisher.close() }
    }
}
