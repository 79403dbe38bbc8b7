import AMQP
import FoundationEssentials
import Messaging
import OTLP

/// A connection to the suite as its operator: publishes commands and asks requests.
struct OperatorSession: Sendable {
    /// What messages of the operator give as their source.
    static let source = "citycoop"

    /// The broker and the user.
    let address: BrokerAddress
    /// Publishes commands.
    let publisher: Publisher
    /// Asks, and waits for answers.
    let requester: Requester

    /// Connects, runs the body, and disconnects; throws at once if the broker cannot be reached.
    static func with<Result>(
        _ address: BrokerAddress, limits: AMQPLimits = AMQPLimits(), _ body: (OperatorSession) async throws -> Result
    ) async throws -> Result {
        let exporter = try OperatorTracing.exporter()
        let gate = ConnectionGate()
        let publisher = Publisher(name: "citycoop", address: address, limits: limits, events: gate.report)
        let answers = Consumer(
            name: "citycoop answers", source: .exclusive(prefix: "reply."), prefetch: 0, address: address,
            limits: limits, events: gate.report)
        let requester = Requester(source: source, publisher: publisher, consumer: answers)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if let exporter { group.addTask { await exporter.run() } }
            group.addTask { await publisher.run() }
            group.addTask { await answers.run() }
            group.addTask { await requester.run() }
            try await Progress.during("connecting to the broker") { try await gate.wait(for: 2) }
            let result = try await body(
                OperatorSession(address: address, publisher: publisher, requester: requester))
            await publisher.close()
            await answers.close()
            return result
        }
    }
}

/// Waits for the first connections: a command tells at once that the broker is not there, a service would go on trying.
struct ConnectionGate: Sendable {
    private let events: AsyncStream<ConnectionEvent>
    private let arrivals: AsyncStream<ConnectionEvent>.Continuation

    init() {
        (events, arrivals) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(16))
    }

    /// Takes what happens to a connection.
    var report: @Sendable (ConnectionEvent) -> Void {
        { [arrivals] in arrivals.yield($0) }
    }

    /// Returns when so many connections are made; throws what keeps the first of them from it.
    func wait(for count: Int) async throws {
        var connected = 0
        for await event in events {
            switch event {
            case .connected: connected += 1
            case .disconnected(let error, _): throw error
            case .blocked, .unblocked, .consumerCancelled: break
            }
            if connected == count { return }
        }
        throw CancellationError()
    }
}
