import AMQP
import Contracts
import FoundationEssentials
import Messaging
import Postgres
import Synchronization
import TestKit
import Testing

/// The two ways out of a service: what somebody waits for, and the rest.
@Suite(.timeLimit(.minutes(1))) struct OutletTests {
    /// Who says more than the broker takes.
    enum Talker: CaseIterable {
        case bulkQueue, job
    }

    /// More than memory holds, and than is read back at once.
    private static let much = 5_000

    @Test(arguments: Talker.allCases) func aTillDoesNotWaitBehindBulkWork(of talker: Talker) async throws {
        try await withServiceAndClient { service, client in
            let job = SaySeries()
            let cities = try await service.vhost.makeUser("cities")
            try await refuse(Republished.type, service, client)
            var limits = MessagingLimits.quick
            limits.outboxRowsInMemoryMax = 1_000
            limits.outboxRefusedPause = .seconds(600)
            try await service.running(registry(job), limits, broker: cities) {
                switch talker {
                case .bulkQueue:
                    // Its own answer does not wait for its events.
                    let republish = Republish(requestId: .version7(), kind: .cities)
                    #expect(try await client.requester.call(republish, within: .seconds(30)).count == Int64(Self.much))
                case .job: job.count.store(Self.much, ordering: .releasing)
                }
                try await eventually("bulk events are being sent") {
                    try await service.first(CountOutbox()).0 == Self.much && !client.events(Republished.type).isEmpty
                }
                for number in 1...3 {
                    let shop = RegisterMerchant(merchantId: .version7(), cityId: .version7(), name: "Shop")
                    #expect(try await client.requester.call(shop).id == shop.merchantId)
                    try await eventually("the till's event is heard") {
                        client.events(MerchantRegistered.type).count == number
                    }
                }
                #expect(try await service.first(CountOutbox()).0 >= Self.much, "bulk events still wait, all of them")
            }
            try await service.vhost.administer { try $0.deleteQueue("full") }
            try await service.running(registry(job), .quick, broker: cities) {
                try await eventually(within: .seconds(30), "they leave as soon as they can") {
                    try await service.first(CountOutbox()).0 == 0
                }
            }
            try await eventually("all are heard") {
                Set(client.events(Republished.type).compactMap(\.properties.messageID)).count == Self.much
            }
        }
    }

    /// Has the broker refuse events of a type: a queue that gets them is full.
    private func refuse(_ type: MessageType, _ service: TestService, _ client: TestClient) async throws {
        try await service.vhost.administer { channel in
            let arguments: [String: HeaderValue] = ["x-max-length": .int(1), "x-overflow": .string("reject-publish")]
            _ = try channel.declare(QueueDeclaration("full", arguments: arguments))
            try channel.bind(Binding(queue: "full", exchange: Topology.Names.events, routingKey: type.description))
        }
        await client.send("{}", as: "full", to: "", Properties())
    }

    private func registry(_ job: SaySeries) -> HandlerSet<CitiesService> {
        var handlers = HandlerSet<CitiesService>()
        handlers.add(RegisterMerchants())
        handlers.add(RepublishMuch(count: Self.much))
        handlers.add(job: job)
        handlers.addUnasked()
        return handlers
    }
}

private func series(_ count: Int) -> [Republished] {
    (0..<count).map { _ in Republished(requestId: .version7(), kind: .cities, count: 0) }
}

/// Says as much as it is told to, once.
private final class SaySeries: BackgroundJob {
    static let name = "say-series"
    let count = Atomic(0)

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        for event in series(count.exchange(0, ordering: .acquiring)) { transaction.publish(event) }
        return false
    }
}

private struct RepublishMuch: Handler {
    static let access = AccessRule<Republish>.everyone
    let count: Int

    func handle(_ batch: Batch<Republish>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            for event in series(count) { transaction.publish(event, because: request) }
            transaction.answer(request, with: .init(count: Int64(count)))
        }
    }
}

private struct RegisterMerchants: Handler {
    static let access = AccessRule<RegisterMerchant>.everyone

    func handle(_ batch: Batch<RegisterMerchant>, in transaction: inout MessageTransaction) async throws {
        for request in batch.messages {
            transaction.publish(
                MerchantRegistered(
                    merchantId: request.merchantId, cityId: request.cityId, name: request.name, version: 1),
                answering: request, with: .init(id: request.merchantId, version: 1))
        }
    }
}
