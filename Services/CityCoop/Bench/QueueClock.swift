import AMQP
import Glibc

/// Measures how fast messages arrive in a queue that nobody reads.
///
/// It asks the queue itself how many it holds: taking them out would cost what is being measured.
struct QueueClock: Sendable {
    /// How often the queue is asked; of some seconds that is less than a percent.
    private static let lookIntervalMicroseconds: UInt32 = 10_000

    /// What was measured.
    struct Reading: Sendable, Equatable {
        /// Messages that arrived while the clock ran.
        var count: Int
        /// How long it ran.
        var duration: Duration
    }

    let address: BrokerAddress
    let queue: String

    /// How many messages the queue holds.
    func messageCount() async throws -> Int {
        try await Administration.with(address, name: "citycoop bench") { [queue] in try $0.messageCount(queue) }
    }

    /// Starts the clock when messages beyond `base` begin to arrive and stops it when `count` of them are there.
    ///
    /// What has arrived when the clock starts does not count, so the start of a process is left out.
    func run(from base: Int, count: Int, within limit: Duration) async throws -> Reading {
        try await Administration.with(address, name: "citycoop bench") { [queue] channel in
            let clock = ContinuousClock()
            let deadline = clock.now + limit
            var start: (time: ContinuousClock.Instant, count: Int)?
            while clock.now < deadline, !Task.isCancelled {
                let arrived = try channel.messageCount(queue) - base
                let now = clock.now
                if start == nil, arrived > 0 { start = (now, arrived) }
                if let start, arrived >= count {
                    return Reading(count: arrived - start.count, duration: now - start.time)
                }
                usleep(Self.lookIntervalMicroseconds)
            }
            throw CommandFailure(
                .deadline, "\(queue) did not get \(count) messages within \(limit.components.seconds) s.")
        }
    }
}
