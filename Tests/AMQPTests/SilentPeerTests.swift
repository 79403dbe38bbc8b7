import AMQP
import Synchronization
import TestKit
import Testing

@Suite("A peer that falls silent, blocks or lies", .timeLimit(.minutes(2)))
struct SilentPeerTests {
    /// Runs the body with a proxy in front of the broker and the address of the proxy.
    private func withProxy(_ body: (ScratchVhost, TCPProxy, BrokerAddress) async throws -> Void) async throws {
        try await withScratchVhost { vhost in
            let proxy = try TCPProxy(to: vhost.address.port)
            var behind = vhost.address
            (behind.host, behind.port) = ("127.0.0.1", proxy.port)
            let address = behind
            _ = try await vhost.administer { channel in try channel.declare(QueueDeclaration("q")) }
            try await proxy.whileListening { try await body(vhost, proxy, address) }
        }
    }

    @Test func heartbeatsNoticeSilence() async throws {
        try await withProxy { _, proxy, address in
            var limits = quickLimits
            limits.heartbeatSeconds = 1
            let log = EventLog()
            let publisher = Publisher(name: "patient", address: address, limits: limits, events: log.record)
            try await running(publisher) { publisher in
                #expect(await publisher.publish([.numbered(1, to: "q")]) == [.confirmed])
                proxy.freeze()
                guard case .lost(let error) = await publisher.publish([.numbered(2, to: "q")])[0] else {
                    throw ConditionMissed()
                }
                #expect(error.code == .peerSilent && error.isRetryable)
                proxy.thaw()
                try await waitUntil("messages are confirmed again") {
                    await publisher.publish([.numbered(3, to: "q")]) == [.confirmed]
                }
            }
        }
    }

    @Test func watchdogFreesAPublishStuckInTheLibrary() async throws {
        try await withProxy { _, proxy, address in
            var limits = quickLimits
            limits.heartbeatSeconds = 60
            limits.libraryCallMax = .seconds(1)
            // Never look whether the socket takes more: the library then waits inside the call.
            limits.writeBurstBytes = .max
            let log = EventLog()
            let publisher = Publisher(name: "stuck", address: address, limits: limits, events: log.record)
            try await running(publisher) { publisher in
                #expect(await publisher.publish([.numbered(1, to: "q")]) == [.confirmed])
                let before = log.errors.count
                proxy.freeze()
                let large = OutgoingMessage(exchange: "", routingKey: "q", body: [UInt8](repeating: 1, count: 1 << 20))
                // More than the sockets' buffers hold.
                async let confirmations = publisher.publish(Array(repeating: large, count: 30))
                try await waitUntil("the watchdog acts") {
                    log.errors.dropFirst(before).contains { $0.code == .peerSilent }
                }
                proxy.thaw()
                // What was unconfirmed is lost, what waited in line goes out on the next connection.
                let kinds = await confirmations.map { confirmation in
                    switch confirmation {
                    case .lost(let error): error.code.rawValue
                    default: "\(confirmation)"
                    }
                }
                #expect(Set(kinds) == [AMQPError.Code.peerSilent.rawValue, "confirmed"])
            }
        }
    }

    @Test func idleConsumerNoticesSilenceAndComesBack() async throws {
        try await withProxy { vhost, proxy, address in
            var limits = quickLimits
            limits.heartbeatSeconds = 1
            let log = EventLog()
            let consumer = Consumer(
                name: "idle", source: .queue("q"), prefetch: 5, address: address, limits: limits, events: log.record)
            try await running(consumer) { consumer in
                try await waitUntil("it is connected") { consumer.isConnected }
                proxy.freeze()
                try await waitUntil("silence is noticed") { log.errors.contains { $0.code == .peerSilent } }
                proxy.thaw()
                let publisher = Publisher(name: "direct", address: vhost.address)
                try await running(publisher) { publisher in
                    #expect(await publisher.publish([.numbered(5, to: "q")]) == [.confirmed])
                }
                let taken = try await consumer.take(1)
                #expect(taken[0].number == 5)
            }
        }
    }

    @Test func blockedPublisherWaitsAndGoesOn() async throws {
        try await withProxy { vhost, proxy, address in
            let log = EventLog()
            let publisher = Publisher(name: "blocked", address: address, limits: quickLimits, events: log.record)
            try await running(publisher) { publisher in
                #expect(await publisher.publish([.numbered(1, to: "q")]) == [.confirmed])
                proxy.inject(Frame.blocked)
                try await waitUntil("the block is known") { publisher.isBlocked }
                let waiting = Task { await publisher.publish([.numbered(2, to: "q")]) }
                let cancelled = Task { await publisher.publish([.numbered(3, to: "q")]) }
                cancelled.cancel()
                guard case .lost = await cancelled.value[0] else { throw ConditionMissed() }
                #expect(try await vhost.administer { try $0.messageCount("q") } == 1)
                proxy.inject(Frame.unblocked)
                #expect(await waiting.value == [.confirmed])
                #expect(!publisher.isBlocked)
                #expect(log.count { if case .blocked("low on memory") = $0 { true } else { false } } == 1)
            }
            #expect(try await vhost.administer { try $0.messageCount("q") } == 2)
        }
    }

    @Test func hostileHeadersAreCutOffAndOverflowNothing() async throws {
        try await withProxy { _, proxy, address in
            let consumer = Consumer(
                name: "victim", source: .queue("q"), prefetch: 5, address: address, limits: quickLimits)
            try await running(consumer) { consumer in
                try await waitUntil("it is connected") { consumer.isConnected }
                for (tag, headers) in [Frame.nestedArrays(depth: 24_000), Frame.manyEntries(9_000)].enumerated() {
                    proxy.inject(Frame.delivery(tag: UInt64(tag + 1), headers: headers))
                    let delivery = try await consumer.take(1)[0]
                    #expect(delivery.headersTruncated)
                    #expect(delivery.properties.headers.count <= AMQPLimits().headerValuesMax)
                    #expect(delivery.body.isEmpty)
                }
            }
        }
    }

    @Test(arguments: [
        [1, 0, 1, 0, 0, 0, 4, 0, 60, 0, 255, 0xCE], [2, 0, 1, 0, 0, 0, 1, 0, 0xCE], [3, 0, 1, 0, 0, 0, 1, 7, 0xCE],
        [1, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF, 0], [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9],
        Frame.delivery(tag: 77, headers: []),
    ])
    func nonsenseCostsTheConnectionOnly(bytes: [UInt8]) async throws {
        try await withProxy { _, proxy, address in
            let log = EventLog()
            let consumer = Consumer(
                name: "puzzled", source: .queue("q"), prefetch: 5, address: address, limits: quickLimits,
                events: log.record)
            try await running(consumer) { consumer in
                try await waitUntil("it is connected") { consumer.isConnected }
                proxy.inject(bytes)
                try await waitUntil("the connection is given up") { log.errors.count >= 1 }
                try await waitUntil("and made again") { consumer.isConnected }
            }
        }
    }

    @Test func readingStopsWhileTooMuchIsBuffered() async throws {
        try await withProxy { vhost, _, address in
            var limits = quickLimits
            limits.intakeBytesMax = 1 << 20
            limits.heartbeatSeconds = 1
            let publisher = Publisher(name: "flood", address: vhost.address, limits: quickLimits)
            try await running(publisher) { publisher in
                let message = OutgoingMessage(
                    exchange: "", routingKey: "q", body: [UInt8](repeating: 1, count: 100_000))
                #expect(await publisher.publish(Array(repeating: message, count: 100)).allSatisfy { $0 == .confirmed })
            }
            let log = EventLog()
            let consumer = Consumer(
                name: "full", source: .queue("q"), prefetch: 1000, address: address, limits: limits, events: log.record)
            try await running(consumer) { consumer in
                try await waitUntil("the buffer is full") { consumer.bufferedBytes > 1 << 20 }
                // Heartbeats go on meanwhile: the broker gives up after two seconds without.
                let start = ContinuousClock.now
                try await waitUntil("four heartbeats pass") { start.duration(to: .now) > .seconds(4) }
                #expect(consumer.bufferedBytes < (1 << 20) + 200_000)
                #expect(log.errors.isEmpty)
                let deliveries = try await consumer.take(100)
                await consumer.acknowledge(deliveries.map(\.tag))
                #expect(deliveries.allSatisfy { !$0.isRedelivered })
            }
        }
    }
}

/// Frames as a broker would send them, or as none would.
enum Frame {
    static let blocked = method(channel: 0, [0, 10, 0, 60] + shortString("low on memory"))
    static let unblocked = method(channel: 0, [0, 10, 0, 61])

    /// `basic.deliver` and a header with this table and no body.
    static func delivery(tag: UInt64, headers: [UInt8]) -> [UInt8] {
        let deliver: [UInt8] =
            [0, 60, 0, 60] + shortString("consumer-1") + bytes(tag) + [0] + shortString("") + shortString("q")
        let header: [UInt8] = [0, 60, 0, 0] + bytes(UInt64(0)) + [0x20, 0x00] + bytes(UInt32(headers.count)) + headers
        return method(channel: 1, deliver) + frame(type: 2, channel: 1, header)
    }

    /// The contents of a table with one entry: arrays in arrays.
    static func nestedArrays(depth: Int) -> [UInt8] {
        shortString("deep")
            + (0..<depth).reversed().flatMap { level in [UInt8(ascii: "A")] + bytes(UInt32(level * 5)) }
    }

    /// The contents of a table with many entries.
    static func manyEntries(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { shortString("h\($0)") + [UInt8(ascii: "V")] }
    }

    private static func method(channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
        frame(type: 1, channel: channel, payload)
    }

    private static func frame(type: UInt8, channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
        [type] + bytes(channel) + bytes(UInt32(payload.count)) + payload + [0xCE]
    }

    private static func shortString(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count)] + Array(text.utf8)
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
