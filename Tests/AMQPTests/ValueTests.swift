import TestKit
import Testing

@testable import AMQP

@Suite("Broker addresses")
struct BrokerAddressTests {
    @Test func readsEveryPart() throws {
        let address = try BrokerAddress(url: "amqp://us%40er:p%3Aa%2Fss@broker.example:5673/city%2Fcoop")
        #expect(address.host == "broker.example" && address.port == 5673)
        #expect(address.user == "us@er" && address.password == "p:a/ss" && address.virtualHost == "city/coop")
        #expect(address.tls == nil)
    }

    @Test func fillsInWhatIsLeftOut() throws {
        let address = try BrokerAddress(url: "amqps://[::1]")
        #expect(address.host == "::1" && address.port == 5671 && address.user == "guest" && address.virtualHost == "/")
        #expect(address.tls != nil)
        #expect(try BrokerAddress(url: "amqp://h/").virtualHost == "/")
    }

    @Test func readsTLSFiles() throws {
        let address = try BrokerAddress(url: "amqps://h?cacertfile=/a%20b.pem&certfile=c&keyfile=k")
        #expect(address.tls == BrokerAddress.TLS(authorityFile: "/a b.pem", clientCertificate: ("c", "k")))
    }

    @Test func readsTheNodesOfACluster() throws {
        let address = try BrokerAddress(url: "amqp://u:p@a:5673,b,[::1]:5674/v")
        #expect(address.host == "a" && address.port == 5673)
        #expect(address.others == [.init(host: "b", port: 5672), .init(host: "::1", port: 5674)])
        #expect(address.description == "amqp://u:***@a:5673,b:5672,::1:5674/v")
        let hosts = (0..<4).map { address.place(atTurn: $0) }
        #expect(hosts.map(\.host) == ["a", "b", "::1", "a"] && hosts.map(\.port) == [5673, 5672, 5674, 5673])
        #expect(hosts.allSatisfy { $0.others.isEmpty && $0.user == "u" && $0.virtualHost == "v" })
        let many = Array(repeating: "h", count: BrokerAddress.placesMax).joined(separator: ",")
        #expect(try BrokerAddress(url: "amqps://\(many)").others.last?.port == 5671)
        #expect(throws: AMQPError.self) { try BrokerAddress(url: "amqps://\(many),h") }
    }

    @Test(
        "refuses what is wrong without repeating it",
        arguments: [
            "amqp://u:secret@a,,b", "amqp://u:secret@a,b:0", "amqp://u:secret@,a", "amqp://u:secret@a,",
            "", "broker", "http://secret@h", "amqp://", "amqp://u:secret@", "amqp://u:secret@h:0", "amqp://h:99999",
            "amqp://h:x", "amqp://u:secret%zz@h", "amqp://u:secret%00@h", "amqp://h?cacertfile=secret",
            "amqps://h?cacert=secret", "amqps://h?certfile=secret", "amqp://[::1", "amqp://h/%ff",
        ])
    func refusesWhatIsWrong(url: String) {
        let error = #expect(throws: AMQPError.self) { try BrokerAddress(url: url) }
        #expect(error?.code == .addressInvalid)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func neverShowsThePassword() throws {
        let address = try BrokerAddress(url: "amqp://user:hunter2@h/v")
        var dumped = ""
        dump(address, to: &dumped)
        #expect(!"\(address) \(String(reflecting: address)) \(dumped)".contains("hunter2"))
    }
}

@Suite("Blame for a closed channel")
struct BlameTests {
    private static func message(
        _ exchange: String, _ key: String, user: String? = nil, bytes: Int = 1
    ) -> OutgoingMessage {
        OutgoingMessage(
            exchange: exchange, routingKey: key, properties: Properties(userID: user),
            body: [UInt8](repeating: 0, count: bytes))
    }

    private static let messages = [
        message("a", "k1"), message("b", "k1"), message("b", "k2", user: "other"), message("c", "k3", bytes: 2_000_000),
    ]

    @Test(
        "finds the message that the broker's words fit",
        arguments: [
            (404, "NOT_FOUND - no exchange 'c' in vhost '/'", 3),
            (403, "ACCESS_REFUSED - access to exchange 'b' in vhost '/' refused for user 'u'", 1),
            (403, "ACCESS_REFUSED - write access to exchange 'b' in vhost '/' refused for user 'u'", 1),
            (403, "ACCESS_REFUSED - access to topic 'k2' in exchange 'b' in vhost '/' refused for user 'u'", 2),
            (406, "PRECONDITION_FAILED - user_id property set to 'other' but authenticated user was 'u'", 2),
            (406, "PRECONDITION_FAILED - message size 2000000 is larger than configured max size 1048576", 3),
            (406, "PRECONDITION_FAILED - unknown delivery tag 7", nil),
            (404, "NOT_FOUND - no exchange 'd' in vhost '/'", nil),
            (541, "INTERNAL_ERROR", nil),
        ] as [(Int, String, Int?)])
    func findsTheCulprit(replyCode: Int, text: String, culprit: Int?) {
        let error = AMQPError(.channelClosed, replyCode: replyCode, text)
        #expect(Blame.culprit(of: error, among: Self.messages) == culprit)
        #expect(Blame.culprit(of: AMQPError(.connectionLost, text), among: Self.messages) == nil)
    }
}

@Suite("Rules for messages")
struct MessageRulesTests {
    private func objection(_ change: (inout OutgoingMessage) -> Void) -> AMQPError? {
        var message = OutgoingMessage(exchange: "e", routingKey: "k", body: [1])
        change(&message)
        return MessageRules.objection(to: message, AMQPLimits())
    }

    @Test func letsThroughWhatIsWithinTheLimits() {
        #expect(objection { _ in } == nil)
        #expect(objection { $0.body = [UInt8](repeating: 0, count: 1 << 20) } == nil)
        #expect(objection { $0.routingKey = String(repeating: "k", count: 255) } == nil)
        #expect(objection { $0.properties.expiration = "0" } == nil)
    }

    @Test func objectsToWhatIsNot() {
        #expect(objection { $0.body = [UInt8](repeating: 0, count: (1 << 20) + 1) }?.code == .messageUnacceptable)
        #expect(objection { $0.exchange = String(repeating: "ü", count: 128) } != nil)
        #expect(objection { $0.properties.expiration = "+5" } != nil)
        #expect(objection { $0.properties.expiration = "-1" } != nil)
        #expect(objection { $0.properties.headers = [String(repeating: "h", count: 256): .null] } != nil)
        #expect(objection { $0.properties.headers = ["h": .string(String(repeating: "h", count: 65_536))] } != nil)
        var nested = HeaderValue.null
        for _ in 0..<40 { nested = .array([nested]) }
        #expect(objection { $0.properties.headers = ["h": nested] } != nil)
    }
}

@Suite("Small state")
struct SmallStateTests {
    @Test func reconnectDelayGrowsToItsLimitAndStartsAgain() {
        var delay = ReconnectDelay(AMQPLimits())
        var generator = SeededGenerator(seed: 1)
        for attempt in 0..<100 {
            let whole = min(Duration.milliseconds(100) * (1 << min(attempt, 10)), .seconds(10))
            let pause = delay.next(using: &generator)
            #expect(pause >= whole / 2 && pause <= whole)
        }
        delay.reset()
        check(delay.next(using: &generator) <= .milliseconds(100))
    }

    @Test func subscriptionAsksForOneThingAtATime() {
        var subscription = Subscription()
        check(subscription.nextRequest() == .consume(consumerTag: "consumer-1"))
        check(subscription.nextRequest() == nil)
        subscription.isWanted = false
        check(subscription.nextRequest() == nil)
        subscription.consuming("consumer-1")
        check(subscription.nextRequest() == .cancel(consumerTag: "consumer-1"))
        subscription.isWanted = true
        check(subscription.nextRequest() == nil)
        subscription.cancelConfirmed("consumer-1")
        check(subscription.nextRequest() == .consume(consumerTag: "consumer-2"))
        subscription.consuming("consumer-2")
        check(subscription.cancelledByBroker("consumer-2"))
        check(subscription.nextRequest() == .consume(consumerTag: "consumer-3"))
        subscription.channelLost()
        check(subscription.nextRequest() == .consume(consumerTag: "consumer-4"))
    }

    @Test func intakeKeepsOrderAndCountsBytes() {
        var intake = IntakeBuffer(bytesMax: 10_000)
        var (given, taken): ([UInt64], [UInt64]) = ([], [])
        var generator = SeededGenerator(seed: 3)
        for number: UInt64 in 1...5000 {
            let tag = DeliveryTag(generation: 1, number: number)
            intake.append(Delivery(tag: tag, exchange: "", routingKey: "", body: [UInt8](repeating: 0, count: 100)))
            given.append(number)
            if Int.random(in: 0..<20, using: &generator) == 0 { taken += intake.take(max: 30).map(\.tag.number) }
            #expect(intake.bytes == (given.count - taken.count) * 356)
            #expect(intake.isFull == (intake.bytes > 10_000) && intake.isRoomy == (intake.bytes <= 5_000))
        }
        taken += intake.takeAll().map(\.tag.number)
        #expect(taken == given && intake.isEmpty && intake.bytes == 0)
    }
}
