import AMQP
import Testing

/// Limits for tests: the same, with short times.
let quickLimits: AMQPLimits = {
    var limits = AMQPLimits()
    limits.reconnectDelayMin = .milliseconds(10)
    limits.reconnectDelayMax = .milliseconds(200)
    limits.resubscribeDelay = .milliseconds(50)
    limits.tick = .milliseconds(200)
    return limits
}()

/// Runs the body while the publisher runs, then closes it.
func running<Result: Sendable>(
    _ publisher: Publisher, _ body: (Publisher) async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await publisher.run() }
        let result = try await body(publisher)
        await publisher.close()
        try await group.waitForAll()
        return result
    }
}

/// Runs the body while the consumer runs, then closes it.
func running<Result: Sendable>(
    _ consumer: Consumer, _ body: (Consumer) async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await consumer.run() }
        let result = try await body(consumer)
        await consumer.close()
        try await group.waitForAll()
        return result
    }
}

/// Waits until the condition holds; fails the test if it does not within the time.
func waitUntil(
    _ what: Comment, within limit: Duration = .seconds(15), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard .now < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            throw ConditionMissed()
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}

struct ConditionMissed: Error {}

extension MessageConsuming {
    /// Takes exactly so many deliveries.
    func take(_ count: Int) async throws -> [Delivery] {
        var taken: [Delivery] = []
        while taken.count < count { taken += try await next(max: count - taken.count) }
        return taken
    }
}

extension OutgoingMessage {
    /// A persistent message straight to a queue, with its number as id and body.
    static func numbered(_ number: Int, to queue: String) -> OutgoingMessage {
        OutgoingMessage(
            exchange: "", routingKey: queue,
            properties: Properties(deliveryMode: 2, messageID: "\(number)"), body: Array("\(number)".utf8))
    }
}

extension AMQP.Confirmation {
    /// Why the message is unacceptable, if it is.
    var objection: AMQPError? {
        if case .unacceptable(let error) = self { error } else { nil }
    }
}

extension Delivery {
    /// The number it was made with.
    var number: Int { Int(String(decoding: body, as: UTF8.self)) ?? -1 }
}

/// `#expect` for a call that changes its value, which the macro cannot take apart.
func check(_ holds: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: sourceLocation)
}
