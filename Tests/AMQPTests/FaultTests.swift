import AMQP
import ManagementAPI
import Synchronization
import TestKit
import Testing

/// Events of a connection, for conditions.
final class EventLog: Sendable {
    private let events = Mutex<[ConnectionEvent]>([])

    func record(_ event: ConnectionEvent) { events.withLock { $0.append(event) } }

    func count(where fits: (ConnectionEvent) -> Bool) -> Int { events.withLock { $0.count(where: fits) } }

    /// The errors with which the connection was lost or could not be made.
    var errors: [AMQPError] {
        events.withLock { events in
            events.compactMap { if case .disconnected(let error, _) = $0 { error } else { nil } }
        }
    }
}

@Suite("A broker and a network that fail", .timeLimit(.minutes(2)))
struct FaultTests {
    @Test func connectionsClosedInMidstreamLoseNothing() async throws {
        try await RabbitSeam.with { seam in
            let queue = try await seam.makeQueue()
            let total = 5000
            let cutter = Task {
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(60))
                    try await seam.cutConnections()
                }
            }
            async let published: Int = publishUntilConfirmed(seam.publisher, total, to: queue)
            let seen = Mutex(Set<Int>())
            try await seam.withConsumer(of: queue, prefetch: 300) { consumer in
                while seen.withLock({ $0.count }) < total {
                    let deliveries = try await consumer.next(max: 100)
                    seen.withLock { $0.formUnion(deliveries.map(\.number)) }
                    await consumer.acknowledge(deliveries.map(\.tag))
                }
            }
            #expect(try await published >= total)
            #expect(seen.withLock { $0 } == Set(0..<total))
            try await cutter.value
        }
    }

    /// Publishes batch by batch and again whatever was lost; returns how many attempts that took.
    private func publishUntilConfirmed(
        _ publisher: any MessagePublishing, _ total: Int, to queue: String
    ) async throws -> Int {
        var attempts = 0
        for start in stride(from: 0, to: total, by: 250) {
            var open = (start..<start + 250).map { OutgoingMessage.numbered($0, to: queue) }
            while !open.isEmpty {
                attempts += open.count
                let confirmations = await publisher.publish(open)
                open = zip(open, confirmations).compactMap { $1 == .confirmed ? nil : $0 }
            }
        }
        return attempts
    }

    @Test func deletedQueueIsNoticedAndTakenUpAgain() async throws {
        try await RabbitSeam.with { seam in
            let queue = try await seam.makeQueue()
            let log = EventLog()
            let consumer = Consumer(
                name: "orphan", source: .queue(queue), prefetch: 10, address: seam.address, limits: quickLimits,
                events: log.record)
            try await running(consumer) { consumer in
                _ = await seam.publisher.publish([.numbered(1, to: queue)])
                await consumer.acknowledge(try await consumer.take(1).map(\.tag))
                try await seam.vhost.administer { channel in try channel.deleteQueue(queue) }
                try await waitUntil("the broker's cancel is noticed") {
                    log.count { if case .consumerCancelled = $0 { true } else { false } } == 1
                }
                try await waitUntil("subscribing fails while there is no queue") {
                    log.errors.contains { $0.replyCode == 404 }
                }
                _ = try await seam.vhost.administer { channel in try channel.declare(QueueDeclaration.quorum(queue)) }
                _ = await seam.publisher.publish([.numbered(2, to: queue)])
                let after = try await consumer.take(1)
                #expect(after[0].number == 2)
            }
        }
    }

    @Test func exclusiveQueueIsMadeAnewAfterALoss() async throws {
        try await RabbitSeam.with { seam in
            try await seam.withReplyConsumer { consumer, first in
                let replies = try #require(consumer as? Consumer)
                try await seam.cutConnections()
                try await waitUntil("there is another reply queue") {
                    replies.isConnected && replies.queueName != nil && replies.queueName != first
                }
                let second = try #require(replies.queueName)
                let message = OutgoingMessage.numbered(4, to: second)
                while await seam.publisher.publish([message]) != [.confirmed] {}
                let taken = try await consumer.take(1)
                #expect(taken[0].number == 4)
            }
        }
    }

    @Test func aForeignUserIDIsBlamedOnItsMessageOnly() async throws {
        try await RabbitSeam.with { seam in
            let queue = try await seam.makeQueue()
            var messages = (0..<20).map { OutgoingMessage.numbered($0, to: queue) }
            messages[7].properties.userID = "somebody-else"
            let confirmations = await seam.publisher.publish(messages)
            for (position, confirmation) in confirmations.enumerated() {
                switch confirmation {
                case .unacceptable(let error): #expect(position == 7 && error.replyCode == 406)
                case .lost(let error): #expect(position != 7 && error.isRetryable)
                default: #expect(confirmation == .confirmed && position < 7)
                }
            }
            let again = messages.filter { $0.properties.userID == nil }
            #expect(await seam.publisher.publish(again).allSatisfy { $0 == .confirmed })
        }
    }

    @Test func anExchangeThatIsNotThereIsBlamedOnItsMessageOnly() async throws {
        try await RabbitSeam.with { seam in
            let queue = try await seam.makeQueue()
            let lost = OutgoingMessage(exchange: "nowhere", routingKey: "x", body: [])
            let confirmations = await seam.publisher.publish([.numbered(1, to: queue), lost])
            let error = try #require(confirmations[1].objection, "\(confirmations[1])")
            #expect(error.replyCode == 404 && !error.isRetryable)
        }
    }

    /// The broker of the tests takes bodies up to 1 MiB, as ours does in production.
    @Test func aBodyTheBrokerDoesNotTakeIsBlamedOnItsMessageOnly() async throws {
        try await withScratchVhost { vhost in
            var limits = quickLimits
            limits.messageBytesMax = 4 << 20
            let publisher = Publisher(name: "generous", address: vhost.address, limits: limits)
            try await running(publisher) { publisher in
                let fits = OutgoingMessage(
                    exchange: "amq.topic", routingKey: "x", body: [UInt8](repeating: 1, count: 1 << 20))
                var exceeds = fits
                exceeds.body.append(1)
                let confirmations = await publisher.publish([fits, exceeds])
                #expect(confirmations[1].objection?.replyCode == 406, "\(confirmations[1])")
                #expect(confirmations[0].objection == nil)
                #expect(await publisher.publish([fits]) == [.confirmed])
            }
        }
    }

    @Test func whatMayNotBeWrittenIsRefused() async throws {
        try await withScratchVhost { vhost in
            try await vhost.administer { channel in try channel.declare(ExchangeDeclaration("events")) }
            let address = try await vhost.makeUser(
                "limited", Permissions(configure: "", write: "events", read: ""),
                topics: [TopicPermissions(exchange: "events", write: "^mine\\.", read: "")])
            let publisher = Publisher(name: "limited", address: address, limits: quickLimits)
            try await running(publisher) { publisher in
                let foreign = OutgoingMessage(exchange: "events", routingKey: "yours.x", body: [])
                let elsewhere = OutgoingMessage(exchange: "amq.topic", routingKey: "mine.x", body: [])
                let mine = OutgoingMessage(exchange: "events", routingKey: "mine.x", body: [])
                for message in [foreign, elsewhere] {
                    let confirmation = await publisher.publish([message])[0]
                    #expect(confirmation.objection?.replyCode == 403, "\(confirmation)")
                }
                #expect(await publisher.publish([mine]) == [.confirmed])
            }
        }
    }

    @Test(arguments: ["password", "virtual host"])
    func wrongLoginIsReportedAndTriedAgain(what: String) async throws {
        try await withScratchVhost { vhost in
            var address = vhost.address
            if what == "password" { address.password = "wrong" } else { address.virtualHost += "-not" }
            let log = EventLog()
            let publisher = Publisher(name: "stranger", address: address, limits: quickLimits, events: log.record)
            try await running(publisher) { publisher in
                try await waitUntil("it is tried again") { log.errors.count >= 3 }
                #expect(!publisher.isConnected)
            }
            #expect(
                log.errors.allSatisfy { $0.code == .loginRefused && $0.replyCode == (what == "password" ? 403 : 530) })
            #expect(!"\(log.errors)".contains("wrong"))
        }
    }

    @Test func whatCannotBeReachedIsPassedOver() async throws {
        try await RabbitSeam.with { seam in
            let queue = try await seam.makeQueue()
            var address = seam.address
            address.others = [.init(host: address.host, port: address.port)]
            // Nobody listens there.
            address.port = 1
            let waiting = try await Administration.with(address) { try $0.messageCount(queue) }
            #expect(waiting == 0)
            let log = EventLog()
            let publisher = Publisher(name: "wanderer", address: address, limits: quickLimits, events: log.record)
            try await running(publisher) { publisher in
                #expect(await publisher.publish([.numbered(1, to: queue)]) == [.confirmed])
                while log.count(where: { if case .connected = $0 { true } else { false } }) == 1 {
                    try await seam.cutConnections()
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(await publisher.publish([.numbered(2, to: queue)]) == [.confirmed])
                // Once at the start, and once on the way back.
                #expect(log.errors.count { $0.code == .connectFailed } >= 2)
            }
        }
    }

    @Test func publishWaitsForTheConnectionAndReturnsWhenCancelledOrClosed() async throws {
        let nobody = BrokerAddress(host: "127.0.0.1", port: 1, user: "u", password: "p")
        let publisher = Publisher(name: "lonely", address: nobody, limits: quickLimits)
        try await running(publisher) { publisher in
            let cancelled = Task { await publisher.publish([.numbered(1, to: "q")]) }
            cancelled.cancel()
            guard case .lost(let error) = await cancelled.value[0] else { throw ConditionMissed() }
            #expect(error.code == .cancelled)
        }
        guard case .lost(let error) = await publisher.publish([.numbered(1, to: "q")])[0] else {
            throw ConditionMissed()
        }
        #expect(error.code == .closed)
    }

    @Test func runEndsWhenItsTaskIsCancelled() async throws {
        try await withScratchVhost { vhost in
            let publisher = Publisher(name: "brief", address: vhost.address)
            let running = Task { await publisher.run() }
            try await waitUntil("it is connected") { publisher.isConnected }
            running.cancel()
            await running.value
            #expect(!publisher.isConnected)
        }
    }
}
