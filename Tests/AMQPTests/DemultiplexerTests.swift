import TestKit
import Testing

@testable import AMQP

@Suite("The demultiplexer")
struct DemultiplexerTests {
    private static let opening = Demultiplexer.Opening.delivery(
        tag: 3, isRedelivered: true, exchange: "e", routingKey: "k")

    @Test func putsBodiesTogether() throws {
        var demultiplexer = Demultiplexer(generation: 9)
        try demultiplexer.open(Self.opening)
        var header = Demultiplexer.Header(bodyBytes: 5)
        header.properties.messageID = "m"
        header.isTruncated = true
        check(try demultiplexer.header(header) == nil)
        check(try demultiplexer.body([1, 2]) == nil)
        check(try demultiplexer.body([]) == nil)
        guard case .delivery(let delivery)? = try demultiplexer.body([3, 4, 5]) else { throw Unexpected() }
        #expect(delivery.body == [1, 2, 3, 4, 5])
        #expect(delivery.tag == DeliveryTag(generation: 9, number: 3))
        #expect(delivery.isRedelivered && delivery.headersTruncated && delivery.properties.messageID == "m")
    }

    @Test func needsNoBodyForAnEmptyMessage() throws {
        var demultiplexer = Demultiplexer(generation: 1)
        for _ in 0..<2 {
            try demultiplexer.open(Self.opening)
            guard case .delivery(let delivery)? = try demultiplexer.header(.init(bodyBytes: 0)) else {
                throw Unexpected()
            }
            #expect(delivery.body.isEmpty)
        }
    }

    @Test func tellsReturnsFromDeliveries() throws {
        var demultiplexer = Demultiplexer(generation: 1)
        try demultiplexer.open(
            .returned(ReturnedMessage(replyCode: 312, replyText: "NO_ROUTE", exchange: "e", routingKey: "k")))
        check(try demultiplexer.header(.init(bodyBytes: 1)) == nil)
        guard case .returned(let message)? = try demultiplexer.body([7]) else { throw Unexpected() }
        #expect(message.body == [7] && message.replyCode == 312)
    }

    /// The frames a peer may send, in any order: nothing may trap, and what is wrong has to be noticed.
    @Test("survives any order of frames", arguments: 0..<200)
    func survivesAnyOrder(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var demultiplexer = Demultiplexer(generation: 1)
        for _ in 0..<100 {
            do {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: try demultiplexer.open(Self.opening)
                case 1:
                    _ = try demultiplexer.header(
                        .init(bodyBytes: [0, 1, 10, .max].randomElement(using: &generator) ?? 0))
                case 2:
                    _ = try demultiplexer.body([UInt8](repeating: 1, count: Int.random(in: 0..<12, using: &generator)))
                default: _ = try demultiplexer.pass(.irrelevant)
                }
            } catch {
                #expect(error.code == .protocolViolation)
                demultiplexer = Demultiplexer(generation: 1)
            }
        }
    }

    @Test func refusesFramesOutOfOrder() throws {
        var demultiplexer = Demultiplexer(generation: 1)
        #expect(throws: AMQPError.self) { try demultiplexer.header(.init(bodyBytes: 1)) }
        #expect(throws: AMQPError.self) { try demultiplexer.body([1]) }
        try demultiplexer.open(Self.opening)
        #expect(throws: AMQPError.self) { try demultiplexer.open(Self.opening) }
        #expect(throws: AMQPError.self) { try demultiplexer.pass(.irrelevant) }
        #expect(throws: AMQPError.self) { try demultiplexer.header(.init(bodyBytes: 1 << 40)) }
        check(try demultiplexer.header(.init(bodyBytes: 2)) == nil)
        #expect(throws: AMQPError.self) { try demultiplexer.body([1, 2, 3]) }
    }

    private struct Unexpected: Error {}
}
