import AMQP
import ManagementAPI
import TestKit
import Testing

/// The seam with the real clients on a virtual host of its own.
struct RabbitSeam: BrokerSeam {
    let vhost: ScratchVhost
    let address: BrokerAddress
    let publisher: any MessagePublishing

    static func with(_ body: (RabbitSeam) async throws -> Void) async throws {
        try await withScratchVhost { vhost in
            let address = try await vhost.makeUser("client")
            let publisher = Publisher(name: "test publisher", address: address, limits: quickLimits)
            try await running(publisher) { publisher in
                try await body(RabbitSeam(vhost: vhost, address: address, publisher: publisher))
            }
        }
    }

    func makeQueue() async throws -> String {
        let name = "queue-\(UInt32.random(in: .min ... .max))"
        _ = try await vhost.administer { channel in try channel.declare(QueueDeclaration.quorum(name)) }
        return name
    }

    func makeExchange() async throws -> String {
        let name = "exchange-\(UInt32.random(in: .min ... .max))"
        try await vhost.administer { channel in try channel.declare(ExchangeDeclaration(name)) }
        return name
    }

    func readyCount(_ queue: String) async throws -> Int {
        try await vhost.administer { channel in try channel.messageCount(queue) }
    }

    func withConsumer(
        of queue: String, prefetch: Int, _ body: @Sendable (any MessageConsuming) async throws -> Void
    ) async throws {
        let consumer = Consumer(
            name: "test consumer", source: .queue(queue), prefetch: prefetch, address: address, limits: quickLimits)
        try await running(consumer) { try await body($0) }
    }

    func withReplyConsumer(_ body: @Sendable (any MessageConsuming, String) async throws -> Void) async throws {
        let consumer = Consumer(
            name: "test replies", source: .exclusive(prefix: "reply."), prefetch: 0, address: address,
            limits: quickLimits)
        try await running(consumer) { consumer in
            try await waitUntil("the reply queue is there") { consumer.isConnected }
            try await body(consumer, try #require(consumer.queueName))
        }
    }

    func cutConnections() async throws {
        try await vhost.management.closeConnections(of: address.user)
    }
}

@Suite("The broker seam on RabbitMQ", .timeLimit(.minutes(2)))
struct RabbitSeamTests {
    @Test func publishIsConfirmedInOrder() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.publishIsConfirmedInOrder($0) }
    }

    @Test func emptyPublishReturnsAtOnce() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.emptyPublishReturnsAtOnce($0) }
    }

    @Test func mandatoryComesBackToTheRightMessage() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.mandatoryComesBackToTheRightMessage($0) }
    }

    @Test func unsettledComesAgainAfterConnectionLoss() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.unsettledComesAgainAfterConnectionLoss($0) }
    }

    @Test func handedBackComesAgain() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.handedBackComesAgain($0) }
    }

    @Test func prefetchIsRespected() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.prefetchIsRespected($0) }
    }

    @Test func acknowledgingOutOfOrderSettlesExactlyThose() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.acknowledgingOutOfOrderSettlesExactlyThose($0) }
    }

    @Test func cancelHandsBackAndEndsNext() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.cancelHandsBackAndEndsNext($0) }
    }

    @Test func pauseHandsBackAndResumeTakesAgain() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.pauseHandsBackAndResumeTakesAgain($0) }
    }

    @Test func cancelledTaskStopsWaiting() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.cancelledTaskStopsWaiting($0) }
    }

    @Test func repliesArriveInAnExclusiveQueue() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.repliesArriveInAnExclusiveQueue($0) }
    }

    @Test func bigBodyArrivesWhole() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.bigBodyArrivesWhole($0) }
    }

    @Test func propertiesMakeTheRoundTrip() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.propertiesMakeTheRoundTrip($0) }
    }

    @Test func badMessageHarmsNoOther() async throws {
        try await RabbitSeam.with { try await BrokerSeamConformance.badMessageHarmsNoOther($0) }
    }
}
