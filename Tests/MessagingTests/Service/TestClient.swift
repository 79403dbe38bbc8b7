import AMQP
import Contracts
import FoundationEssentials
import Messaging
import Synchronization
import TestKit
import Testing

/// Somebody who sends to the service, asks it, and watches what it says.
struct TestClient: Sendable {
    let publisher: Publisher
    let requester: Requester
    let answers: Consumer
    private let heard = Heard()

    /// Message ids of the events heard, each as often as it came.
    final class Heard: Sendable {
        let messages = Mutex<[Delivery]>([])
    }

    init(_ address: BrokerAddress) {
        publisher = Publisher(name: "test out", address: address, limits: .quick)
        answers = Consumer(
            name: "test answers", source: .exclusive(prefix: "reply."), prefetch: 0, address: address, limits: .quick)
        requester = Requester(source: "test", publisher: publisher, consumer: answers)
    }

    /// Publishes commands without waiting for answers; each must be confirmed.
    func send(
        _ commands: [IssueVoucher], ids: [String]? = nil, exchange: String = Topology.Names.commands,
        sourceLocation: SourceLocation = #_sourceLocation, _ change: (inout Properties) -> Void = { _ in }
    ) async throws {
        let messages = try commands.enumerated().map { index, command in
            var properties = Properties(
                contentType: "application/json", deliveryMode: 2,
                messageID: ids?[index] ?? command.issueId.uuidString.lowercased(), type: IssueVoucher.type.description,
                appID: "test"
            )
            change(&properties)
            return OutgoingMessage(
                exchange: exchange, routingKey: IssueVoucher.type.description, properties: properties,
                body: try JSONEncoder.stable(command))
        }
        let confirmations = await publisher.publish(messages)
        #expect(confirmations.allSatisfy { $0 == .confirmed }, sourceLocation: sourceLocation)
    }

    /// Publishes one message as given.
    func send(
        _ body: String, as type: String = IssueVoucher.type.description, to exchange: String = Topology.Names.commands,
        _ properties: Properties
    ) async {
        let message = OutgoingMessage(
            exchange: exchange, routingKey: type, properties: properties, body: Array(body.utf8))
        let confirmation = await publisher.publish([message]).first
        #expect(confirmation == .confirmed)
    }

    /// The events heard so far, of one type.
    func events(_ type: MessageType = VoucherIssued.type) -> [Delivery] {
        heard.messages.withLock { $0.filter { $0.routingKey == type.description } }
    }

    /// The business ids of the events heard so far, each once.
    func issued() throws -> Set<UUID> {
        Set(try events().map { try JSONDecoder().decode(VoucherIssued.self, from: Data($0.body)).issueId })
    }

    fileprivate func watch(_ consumer: Consumer) async {
        while let deliveries = try? await consumer.next(max: 512) {
            heard.messages.withLock { $0 += deliveries }
            await consumer.acknowledge(deliveries.map(\.tag))
        }
    }
}

/// Runs a client while `body` runs.
///
/// - Parameter watches: Whether it hears the events; only one client at a time does.
func withClient<Value: Sendable>(
    _ address: BrokerAddress, watches: Bool = true, _ body: (TestClient) async throws -> Value
) async throws -> Value {
    let client = TestClient(address)
    let watcher = Consumer(name: "test watch", source: .queue("watch"), prefetch: 512, address: address, limits: .quick)
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { await client.publisher.run() }
        tasks.addTask { await client.answers.run() }
        tasks.addTask { await client.requester.run() }
        if watches {
            tasks.addTask { await watcher.run() }
            tasks.addTask { await client.watch(watcher) }
        }
        defer { tasks.cancelAll() }
        try await eventually("the client is connected") {
            client.publisher.isConnected && client.answers.queueName != nil && (!watches || watcher.isConnected)
        }
        return try await body(client)
    }
}

/// Runs a service, not started yet, and a client of it.
func withServiceAndClient<Value: Sendable>(
    _ body: (TestService, TestClient) async throws -> Value
) async throws -> Value {
    try await withTestService { service in
        try await withClient(service.vhost.address) { try await body(service, $0) }
    }
}

func issue(_ amount: Int64 = Amount.plain) -> IssueVoucher {
    IssueVoucher(issueId: .version7(), issuerCityId: .version7(), value: Money(amount, "EUR"))
}

func issues(_ count: Int) -> [IssueVoucher] {
    (0..<count).map { _ in issue() }
}

extension JSONEncoder {
    /// The same message is the same bytes each time.
    static func stable(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}

/// The problem that a request was refused with.
func problem<R: Request>(
    of client: TestClient, _ request: R, within limit: Duration = .seconds(10), id: UUID = .version7()
) async throws -> Problem {
    do {
        _ = try await client.requester.call(request, within: limit, id: id)
    } catch .problem(let problem) {
        return problem
    }
    throw NoProblem()
}

struct NoProblem: Error {}
