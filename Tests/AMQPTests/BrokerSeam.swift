import AMQP
import TestKit
import Testing

/// What the conformance suite needs of a broker and its clients, real or a stand-in.
protocol BrokerSeam: Sendable {
    var publisher: any MessagePublishing { get }
    /// Makes a durable queue.
    func makeQueue() async throws -> String
    /// Makes a topic exchange bound to nothing.
    func makeExchange() async throws -> String
    func readyCount(_ queue: String) async throws -> Int
    func withConsumer(
        of queue: String, prefetch: Int, _ body: @Sendable (any MessageConsuming) async throws -> Void) async throws
    /// A consumer of a reply queue of its own, and the queue's name.
    func withReplyConsumer(_ body: @Sendable (any MessageConsuming, String) async throws -> Void) async throws
    /// Breaks all connections, which come back by themselves.
    func cutConnections() async throws
}

/// What every implementation of the seam has to do.
enum BrokerSeamConformance {
    static func publishIsConfirmedInOrder(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        let confirmations = await seam.publisher.publish((0..<500).map { .numbered($0, to: queue) })
        #expect(confirmations == Array(repeating: .confirmed, count: 500))
        try await seam.withConsumer(of: queue, prefetch: 100) { consumer in
            var seen: [Int] = []
            while seen.count < 500 {
                let deliveries = try await consumer.next(max: 70)
                #expect(!deliveries.isEmpty && deliveries.count <= 70)
                seen += deliveries.map(\.number)
                await consumer.acknowledge(deliveries.map(\.tag))
            }
            #expect(seen == Array(0..<500))
        }
        #expect(try await seam.readyCount(queue) == 0)
    }

    static func emptyPublishReturnsAtOnce(_ seam: some BrokerSeam) async throws {
        #expect(await seam.publisher.publish([]) == [])
    }

    static func mandatoryComesBackToTheRightMessage(_ seam: some BrokerSeam) async throws {
        let (queue, exchange) = (try await seam.makeQueue(), try await seam.makeExchange())
        var messages = (0..<60).map { OutgoingMessage.numbered($0, to: queue) }
        for position in stride(from: 0, to: 60, by: 3) {
            messages[position].exchange = exchange
            messages[position].mandatory = true
            messages[position].routingKey = "nobody.wants.this"
        }
        // Not mandatory: gone, and confirmed all the same.
        messages[1].exchange = exchange
        let confirmations = await seam.publisher.publish(messages)
        for (position, confirmation) in confirmations.enumerated() {
            if position.isMultiple(of: 3) {
                #expect(confirmation == .returned(replyCode: 312, replyText: "NO_ROUTE"))
            } else {
                #expect(confirmation == .confirmed)
            }
        }
        try await waitUntil("39 of 60 are in the queue") { try await seam.readyCount(queue) == 39 }
    }

    static func unsettledComesAgainAfterConnectionLoss(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<10).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 10) { consumer in
            let before = try await consumer.take(10)
            await consumer.acknowledge(before.prefix(4).map(\.tag))
            try await seam.cutConnections()
            var after: [Delivery] = []
            while !Set(after.map(\.number)).isSuperset(of: 4..<10) { after += try await consumer.next(max: 10) }
            #expect(after.allSatisfy { $0.isRedelivered })
            #expect(Set(after.map(\.tag)).isDisjoint(with: before.map(\.tag)))
            // Tags of the lost channel are ignored: they must not settle the new deliveries of the same number.
            await consumer.reject(before.map(\.tag))
            await consumer.acknowledge(after.map(\.tag))
        }
        try await waitUntil("the queue is empty") { try await seam.readyCount(queue) == 0 }
    }

    static func handedBackComesAgain(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<6).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 6) { consumer in
            let first = try await consumer.take(6)
            await consumer.handBack(first.filter { $0.number.isMultiple(of: 2) }.map(\.tag))
            let again = try await consumer.take(3)
            #expect(Set(again.map(\.number)) == [0, 2, 4])
            await consumer.acknowledge((first + again).map(\.tag))
        }
        try await waitUntil("the queue is empty") { try await seam.readyCount(queue) == 0 }
    }

    static func prefetchIsRespected(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<20).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 5) { consumer in
            let first = try await consumer.take(5)
            try await waitUntil("15 stay in the queue") { try await seam.readyCount(queue) == 15 }
            await consumer.acknowledge([first[4].tag, first[0].tag])
            let next = try await consumer.take(2)
            #expect(next.map(\.number) == [5, 6])
            await consumer.acknowledge((first + next).map(\.tag))
        }
        try await waitUntil("only the settled are gone") { try await seam.readyCount(queue) == 13 }
    }

    static func acknowledgingOutOfOrderSettlesExactlyThose(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<100).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 100) { consumer in
            var deliveries = try await consumer.take(100)
            var generator = SeededGenerator(seed: 7)
            deliveries.shuffle(using: &generator)
            for delivery in deliveries where delivery.number != 50 { await consumer.acknowledge([delivery.tag]) }
            // Settling twice, or what was never delivered, changes nothing.
            await consumer.acknowledge([
                deliveries[0].tag, DeliveryTag(generation: deliveries[0].tag.generation, number: 999),
            ])
            // The window is open for exactly as many as were settled, and the one that was not comes again later.
            _ = await seam.publisher.publish((100..<220).map { .numbered($0, to: queue) })
            let more = try await consumer.take(99)
            #expect(more.map(\.number) == Array(100..<199))
            try await waitUntil("21 stay in the queue") { try await seam.readyCount(queue) == 21 }
        }
        try await waitUntil("what was not settled is back") { try await seam.readyCount(queue) == 121 }
    }

    static func cancelHandsBackAndEndsNext(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<10).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 10) { consumer in
            let taken = try await consumer.take(2)
            await consumer.cancel()
            await #expect(throws: CancellationError.self) { try await consumer.next(max: 1) }
            await consumer.acknowledge(taken.map(\.tag))
            try await waitUntil("what was not taken is back") { try await seam.readyCount(queue) == 8 }
        }
        #expect(try await seam.readyCount(queue) == 8)
    }

    static func pauseHandsBackAndResumeTakesAgain(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        _ = await seam.publisher.publish((0..<10).map { .numbered($0, to: queue) })
        try await seam.withConsumer(of: queue, prefetch: 10) { consumer in
            let taken = try await consumer.take(3)
            await consumer.pause()
            try await waitUntil("what was not taken is back") { try await seam.readyCount(queue) == 7 }
            await consumer.acknowledge(taken.map(\.tag))
            await consumer.resume()
            let rest = try await consumer.take(7)
            #expect(Set(rest.map(\.number)) == Set(3..<10))
            await consumer.acknowledge(rest.map(\.tag))
        }
        #expect(try await seam.readyCount(queue) == 0)
    }

    static func cancelledTaskStopsWaiting(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        try await seam.withConsumer(of: queue, prefetch: 1) { consumer in
            let waiting = Task { try await consumer.next(max: 1) }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            // The waiter that went takes no delivery with it.
            _ = await seam.publisher.publish([.numbered(1, to: queue)])
            let last = try await consumer.take(1)
            #expect(last[0].number == 1)
        }
    }

    static func repliesArriveInAnExclusiveQueue(_ seam: some BrokerSeam) async throws {
        try await seam.withReplyConsumer { consumer, queue in
            #expect(queue.hasPrefix("reply."))
            let message = OutgoingMessage(
                exchange: "", routingKey: queue, mandatory: true,
                properties: Properties(correlationID: "question-1"), body: Array("answer".utf8))
            #expect(await seam.publisher.publish([message]) == [.confirmed])
            let replies = try await consumer.take(1)
            #expect(replies[0].properties.correlationID == "question-1")
            // Settling is not needed, and does no harm.
            await consumer.acknowledge(replies.map(\.tag))
            #expect(await seam.publisher.publish([message]) == [.confirmed])
            let again = try await consumer.take(1)
            #expect(again[0].body == Array("answer".utf8))
        }
    }

    static func bigBodyArrivesWhole(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        var generator = SeededGenerator(seed: 11)
        let sizes = [0, 1, 131_063, 131_064, 131_065, 262_128, 1 << 20]
        let messages = sizes.map { size in
            let body = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return OutgoingMessage(exchange: "", routingKey: queue, body: body)
        }
        #expect(await seam.publisher.publish(messages).allSatisfy { $0 == .confirmed })
        try await seam.withConsumer(of: queue, prefetch: 3) { consumer in
            for message in messages {
                let delivery = try await consumer.take(1)[0]
                #expect(delivery.body.count == message.body.count)
                #expect(delivery.body == message.body)
                await consumer.acknowledge([delivery.tag])
            }
        }
    }

    static func propertiesMakeTheRoundTrip(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        let properties = Properties(
            contentType: "application/json", contentEncoding: "utf-8",
            headers: [
                "text": .string("Grüße, Žalec, Győr"), "empty": .string(""), "int": .int(.min), "double": .double(-0.5),
                "yes": .bool(true), "no": .bool(false), "bytes": .bytes([0, 255, 10]),
                "time": .timestamp(1_700_000_000),
                "null": .null, "list": .array([.int(1), .string("two"), .array([]), .table([:])]),
                "table": .table(["inner": .table(["deep": .int(3)])]),
            ],
            deliveryMode: 2, priority: 3, correlationID: "c", replyTo: "reply.x", expiration: "60000", messageID: "m",
            timestamp: 1_700_000_001, type: "t.v1", appID: "a")
        let message = OutgoingMessage(exchange: "", routingKey: queue, properties: properties, body: [1])
        #expect(await seam.publisher.publish([message]) == [.confirmed])
        try await seam.withConsumer(of: queue, prefetch: 1) { consumer in
            var received = try await consumer.take(1)[0]
            #expect(received.properties.userID != nil)
            received.properties.userID = nil
            #expect(received.properties == properties)
            #expect(!received.headersTruncated && !received.isRedelivered)
            #expect(received.exchange == "" && received.routingKey == queue)
        }
    }

    static func badMessageHarmsNoOther(_ seam: some BrokerSeam) async throws {
        let queue = try await seam.makeQueue()
        var messages = (0..<5).map { OutgoingMessage.numbered($0, to: queue) }
        messages[1].body = [UInt8](repeating: 0, count: (1 << 20) + 1)
        messages[2].properties.messageID = String(repeating: "x", count: 256)
        messages[3].properties.expiration = "soon"
        let confirmations = await seam.publisher.publish(messages)
        #expect(confirmations[0] == .confirmed && confirmations[4] == .confirmed)
        for confirmation in confirmations[1...3] {
            #expect(confirmation.objection?.isRetryable == false, "\(confirmation)")
        }
    }
}
