import AMQP
import Contracts
import Foundation
import Postgres
import TestKit
import Testing

extension SystemTests {
    /// What others send: nothing crashes, nothing vanishes, and everything that cannot be handled is in the list of failures.
    @Suite("Foreign input", .serialized, .running("foreign", .cities, .vouchers))
    struct ForeignInputTests {
        static let redeem = RedeemVoucher.type.description

        // MARK: Bodies

        @Test(
            "a body that is no command is filed",
            arguments: [
                ("rubbish", Array("\u{1}\u{2} this is no JSON".utf8)),
                ("bytes that are no text", [0xFF, 0xFE, 0x00, 0xC3]), ("nothing", []),
                ("another shape", Array(#"{"redemptionId": 7}"#.utf8)),
                ("a list", Array("[]".utf8)), ("null", Array("null".utf8)),
                ("nesting 100,000 deep", Array(repeating: UInt8(ascii: "["), count: 100_000)),
                (
                    "nesting 100,000 deep within a field",
                    Array(#"{"redemptionId":"#.utf8) + Array(repeating: UInt8(ascii: "["), count: 100_000)
                ),
                ("a number beyond all bounds", Array(#"{"amount":{"amount":1e400,"currency":"EUR"}}"#.utf8)),
            ] as [(String, [UInt8])])
        func body(_ name: String, _ body: [UInt8]) async throws {
            try await unharmed { system, client in
                let id = UUID().uuidString
                let properties = Properties(contentType: "application/json", messageID: id)
                try await client.publish(body, as: Self.redeem, properties)
                let failure = try await client.failure(of: id)
                #expect(failure.code == "contract-broken", "\(name): \(failure)")
                #expect(failure.userId == "operator")
                #expect(failure.state == .failed)
            }
        }

        @Test("fields out of their bounds are named")
        func fields() async throws {
            try await unharmed { system, client in
                let id = UUID().uuidString
                let body = """
                    {"redemptionId":"\(UUID())","code":"","merchantId":"\(UUID())","amount":{"amount":-5,"currency":"EUR"}}
                    """
                try await client.publish(Array(body.utf8), as: Self.redeem, Properties(messageID: id))
                let failure = try await client.failure(of: id)
                #expect(failure.reason.contains("amount") && failure.reason.contains("code"), "\(failure)")
            }
        }

        @Test("a body over the broker's limit is its publisher's error, and only that message's")
        func tooLarge() async throws {
            try await unharmed { system, _ in
                var limits = AMQPLimits()
                limits.messageBytesMax = 8 << 20
                let publisher = Publisher(name: "foreign", address: system.broker, limits: limits)
                let running = Task { await publisher.run() }
                let large = OutgoingMessage(
                    exchange: Topology.Names.commands, routingKey: Self.redeem,
                    properties: Properties(messageID: UUID().uuidString),
                    body: Array(repeating: UInt8(ascii: "x"), count: (1 << 20) + 1))
                guard case .unacceptable(let error) = await publisher.publish([large])[0] else {
                    Issue.record("the broker took it")
                    return
                }
                #expect(error.replyCode == 406, "\(error)")
                var small = large
                small.body = Array(repeating: UInt8(ascii: "x"), count: 1 << 20)
                small.properties.messageID = UUID().uuidString
                #expect(await publisher.publish([small]) == [.confirmed])
                await publisher.close()
                await running.value
                try await Client.with(system) { client in
                    let failure = try await client.failure(of: small.properties.messageID ?? "")
                    #expect(failure.code == "contract-broken")
                }
            }
        }

        // MARK: Names and headers

        @Test("a message without an id is filed, and its asker is told")
        func noID() async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let before = try await client.failures(code: "no-id").count
                try await client.publish(sale.body, as: Self.redeem, Properties(contentType: "application/json"))
                try await eventually("the failure") { try await client.failures(code: "no-id").count == before + 1 }
                #expect(try await client.balance(of: sale.card) == sale.card.value, "it was carried out")
            }
        }

        @Test("an unknown type among commands is kept as unroutable")
        func unroutable() async throws {
            try await unharmed { system, client in
                let id = UUID().uuidString
                try await client.publish(Array("{}".utf8), as: "vouchers.dance.v1", Properties(messageID: id))
                try await eventually("the message among the unroutable") {
                    try await Administration.with(system.administrator) {
                        try $0.takeOne(Topology.Names.unroutable)?.properties.messageID == id
                    }
                }
            }
        }

        @Test(
            "what somebody puts into a service's queue, past the exchanges, is filed",
            arguments: ["vouchers.commands", "vouchers.queries", "vouchers.bulk", "vouchers.events"])
        func pastTheExchanges(_ queue: String) async throws {
            try await unharmed { system, client in
                let id = UUID().uuidString
                let message = OutgoingMessage(
                    exchange: "", routingKey: queue, properties: Properties(messageID: id, type: "vouchers.dance.v1"),
                    body: Array("{}".utf8))
                #expect(await client.publisher.publish([message]) == [.confirmed])
                let failure = try await client.failure(of: id)
                #expect(failure.code == "type-differs", "\(failure)")
                #expect("vouchers.\(failure.queue)" == queue)
            }
        }

        @Test(
            "an unknown type that a stray binding brings is filed",
            arguments: ["vouchers.commands", "vouchers.queries", "vouchers.bulk"])
        func unknownType(_ queue: String) async throws {
            try await unharmed { system, client in
                let id = UUID().uuidString
                let type = "vouchers.dance-\(queue.split(separator: ".")[1]).v1"
                let binding = Binding(queue: queue, exchange: Topology.Names.commands, routingKey: type)
                try await Administration.with(system.administrator) { try $0.bind(binding) }
                try await client.publish(Array("{}".utf8), as: type, Properties(messageID: id, type: type))
                let failure = try await client.failure(of: id)
                #expect(failure.code == "unknown-type", "\(failure)")
                #expect("vouchers.\(failure.queue)" == queue)
            }
        }

        @Test("a command that a stray binding brings into another queue as well is carried out once, and filed there")
        func wrongQueue() async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let stray = Binding(
                    queue: "vouchers.bulk", exchange: Topology.Names.commands, routingKey: Self.redeem)
                try await Administration.with(system.administrator) { try $0.bind(stray) }
                let id = UUID().uuidString
                try await client.publish(sale.body, as: Self.redeem, Properties(messageID: id))
                let failure = try await client.failure(of: id)
                try await Administration.with(system.administrator) { try $0.unbind(stray) }
                #expect(failure.code == "unknown-type")
                try await eventually("the redemption") {
                    try await client.balance(of: sale.card) == sale.card.value - sale.amount
                }
            }
        }

        @Test(
            "hostile headers are cut off and the message filed",
            arguments: [
                ("deep tables", ["deep": deep(30)]), ("deep lists", ["deep": deepList(30)]),
                ("2,000 headers", Dictionary(uniqueKeysWithValues: (0..<2_000).map { ("h\($0)", .int($0)) })),
            ] as [(String, [String: HeaderValue])])
        func headers(_ name: String, _ headers: [String: HeaderValue]) async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let id = UUID().uuidString
                try await client.publish(sale.body, as: Self.redeem, Properties(headers: headers, messageID: id))
                let failure = try await client.failure(of: id)
                #expect(failure.code == "headers-truncated", "\(failure)")
            }
        }

        static func deep(_ levels: Int) -> HeaderValue {
            (0..<levels).reduce(.int(1)) { inner, _ in .table(["t": inner]) }
        }

        static func deepList(_ levels: Int) -> HeaderValue {
            (0..<levels).reduce(.int(1)) { inner, _ in .array([inner, .null]) }
        }

        @Test("attributes with zero bytes are filed, and shown without them")
        func zeroBytes() async throws {
            try await unharmed { system, client in
                let id = "zero-\(UUID().uuidString)"
                let headers: [String: HeaderValue] = ["cloudEvents_source": .string("a\0b")]
                let properties = Properties(headers: headers, messageID: id, type: "vouchers.\0redeem.v1")
                try await client.publish(Array("{}".utf8), as: Self.redeem, properties)
                let failure = try await client.failure(of: id)
                #expect(failure.code == "attribute-unreadable", "\(failure)")
            }
        }

        @Test("a content type that is no JSON is filed, whatever the body")
        func contentType() async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let id = UUID().uuidString
                try await client.publish(
                    Array("<redeem/>".utf8), as: Self.redeem, Properties(contentType: "application/xml", messageID: id))
                #expect(["contract-broken", "content-type"].contains(try await client.failure(of: id).code))
                let other = UUID().uuidString
                try await client.publish(
                    sale.body, as: Self.redeem, Properties(contentType: "text/html", messageID: other))
                try await eventually("the message to be carried out or filed") {
                    if try await client.balance(of: sale.card) < sale.card.value { return true }
                    return try await client.failures().contains { $0.messageId == other }
                }
            }
        }

        @Test("structured mode that is none is filed")
        func structured() async throws {
            try await unharmed { system, client in
                for body in ["{}", "no JSON", #"{"id":7,"source":"x","type":"vouchers.redeem.v1"}"#] {
                    let id = UUID().uuidString
                    let properties = Properties(
                        contentType: "application/cloudevents+json; charset=utf-8", messageID: id)
                    try await client.publish(Array(body.utf8), as: Self.redeem, properties)
                    #expect(try await client.failure(of: id).code == "structured-unreadable")
                }
            }
        }

        // MARK: Who speaks

        @Test("an answer is written into no queue but those for answers")
        func forgedReply() async throws {
            try await unharmed { system, client in
                // Nobody reads these while this suite runs: what were put there would stay.
                let sale = try Sale(try await client.sampleCard())
                for queue in ["notifications.commands", "events.commands", "citycoop.unroutable"] {
                    let query = try JSONEncoder().encode(GetBalance(code: Secret(sale.card.code)))
                    try await client.publish(
                        [UInt8](query), as: GetBalance.type.description,
                        Properties(replyTo: queue, messageID: UUID().uuidString), exchange: Topology.Names.requests)
                }
                try await client.publish(
                    sale.body, as: Self.redeem,
                    Properties(replyTo: "notifications.commands", messageID: UUID().uuidString))
                try await eventually("the redemption") {
                    try await client.balance(of: sale.card) == sale.card.value - sale.amount
                }
                let waiting = try await system.waitingMessages()
                #expect(waiting["notifications.commands"] == nil && waiting["events.commands"] == nil, "\(waiting)")
                #expect(waiting["citycoop.unroutable"] == nil, "\(waiting)")
            }
        }

        @Test("nobody publishes under another's name")
        func lyingUser() async throws {
            try await unharmed { system, client in
                let message = OutgoingMessage(
                    exchange: Topology.Names.commands, routingKey: Self.redeem,
                    properties: Properties(messageID: UUID().uuidString, userID: "vouchers"), body: Array("{}".utf8))
                guard case .unacceptable(let error) = await client.publisher.publish([message])[0] else {
                    Issue.record("the broker took it")
                    return
                }
                #expect(error.replyCode == 406, "\(error)")
            }
        }

        @Test("an event is accepted from its owner only, by the broker and by the consumer")
        func forgedEvent() async throws {
            try await unharmed { system, client in
                let event = MerchantRegistered(merchantId: UUID(), cityId: UUID(), name: "Forged", version: 1)
                let body = [UInt8](try JSONEncoder().encode(event))
                let message = OutgoingMessage(
                    exchange: Topology.Names.events, routingKey: MerchantRegistered.type.description,
                    properties: Properties(messageID: UUID().uuidString), body: body)
                guard case .unacceptable(let error) = await client.publisher.publish([message])[0] else {
                    Issue.record("the broker took it from the operator")
                    return
                }
                #expect(error.replyCode == 403, "\(error)")

                // Another service may write to the exchange, but no event that it does not own.
                for user in ["events", "vouchers"] {
                    let forged = try await publish(message, to: system.broker(as: user))
                    guard case .unacceptable = forged else {
                        Issue.record("the broker took it from \(user): \(forged)")
                        continue
                    }
                }
                // The broker's administrator may write anything: the consumer looks for itself.
                var other = message
                other.properties.messageID = UUID().uuidString
                #expect(try await publish(other, to: system.administrator) == .confirmed)
                let failure = try await client.failure(of: other.properties.messageID ?? "")
                #expect(failure.code == "not-the-owner" && failure.userId == system.administrator.user)

                // So does it with what is put into its queue past the exchange.
                other.exchange = ""
                other.routingKey = "vouchers.events"
                other.properties.messageID = UUID().uuidString
                other.properties.type = MerchantRegistered.type.description
                #expect(await client.publisher.publish([other]) == [.confirmed])
                #expect(try await client.failure(of: other.properties.messageID ?? "").code == "type-differs")
            }
        }

        private func publish(_ message: OutgoingMessage, to address: BrokerAddress) async throws -> AMQP.Confirmation {
            let publisher = Publisher(name: "forger", address: address)
            let running = Task { await publisher.run() }
            let confirmation = await publisher.publish([message])[0]
            await publisher.close()
            await running.value
            return confirmation
        }

        // MARK: Repeats

        @Test("the same id with other content is filed, and the first one stands")
        func reusedID() async throws {
            try await unharmed { system, client in
                let card = try await client.sampleCard()
                let first = try Sale(card)
                let second = try Sale(card)
                let id = UUID().uuidString
                try await client.publish(first.body, as: Self.redeem, Properties(messageID: id))
                try await eventually("the redemption") {
                    try await client.balance(of: card) == card.value - first.amount
                }
                try await client.publish(second.body, as: Self.redeem, Properties(messageID: id))
                #expect(try await client.failure(of: id).code == "id-reused")
                try await client.publish(first.body, as: Self.redeem, Properties(messageID: id))
                let third = try Sale(card)
                try await client.publish(third.body, as: Self.redeem, Properties(messageID: UUID().uuidString))
                try await eventually("the third") {
                    try await client.balance(of: card) == card.value - first.amount - third.amount
                }
            }
        }

        // MARK: The shell

        @Test("what amqp-publish sends in structured mode is understood, but it cannot say who speaks")
        func amqpPublishStructured() async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let id = UUID().uuidString
                let event = """
                    {"specversion":"1.0","id":"\(id)","source":"shell","type":"\(Self.redeem)",
                     "datacontenttype":"application/json","data":\(String(decoding: sale.body, as: UTF8.self))}
                    """
                try await amqpPublish(system, event, ["-C", "application/cloudevents+json"])
                let failure = try await client.failure(of: id)
                #expect(failure.code == "not-allowed" && failure.userId.isEmpty)
                #expect(try await client.balance(of: sale.card) == sale.card.value)
                // The same by somebody who is known.
                try await client.publish(
                    Array(event.utf8), as: Self.redeem, Properties(contentType: "application/cloudevents+json"))
                try await eventually("the redemption") {
                    try await client.balance(of: sale.card) == sale.card.value - sale.amount
                }
            }
        }

        @Test("what amqp-publish sends bare has no id, and is filed")
        func amqpPublishBare() async throws {
            try await unharmed { system, client in
                let sale = try Sale(try await client.sampleCard())
                let before = try await client.failures(code: "no-id").count
                try await amqpPublish(system, String(decoding: sale.body, as: UTF8.self), [])
                try await eventually("the failure") { try await client.failures(code: "no-id").count == before + 1 }
                #expect(try await client.balance(of: sale.card) == sale.card.value)
            }
        }

        private func amqpPublish(_ system: System, _ body: String, _ arguments: [String]) async throws {
            let address = system.broker
            _ = try await Program.output(
                "/usr/bin/amqp-publish",
                [
                    "--server", "127.0.0.1", "--port", String(address.port), "--vhost", address.virtualHost,
                    "--username", address.user, "--password", address.password, "-e", Topology.Names.commands, "-r",
                    Self.redeem, "-p",
                ] + arguments, input: Array(body.utf8))
        }

        @Test("the operator's tool lists what could not be handled, and what nobody could be found for")
        func deadList() async throws {
            try await unharmed { system, client in
                let rubbish = UUID().uuidString
                let unroutable = UUID().uuidString
                try await client.publish(Array("rubbish".utf8), as: Self.redeem, Properties(messageID: rubbish))
                try await client.publish(Array("{}".utf8), as: "nobody.knows.v1", Properties(messageID: unroutable))
                _ = try await client.failure(of: rubbish)
                let list = try await Program.output(
                    "\(system.programs)/citycoop", ["dead", "list", "--service", "vouchers", "--json"],
                    environment: system.operatorEnvironment)
                #expect(list.contains(rubbish) && list.contains("contract-broken"), "\(list)")
                #expect(list.contains(unroutable), "\(list)")
                // Looking takes nothing away.
                let waiting = try await system.waitingMessages()
                #expect(waiting[Topology.Names.unroutable] == 1, "\(waiting)")
                _ = try await Administration.with(system.administrator) { try $0.purge(Topology.Names.unroutable) }
            }
        }

        // MARK: Afterwards

        /// Runs `body` and checks that the same processes run as before.
        private func unharmed(_ body: (System, Client) async throws -> Void) async throws {
            let system = try System.required
            let instances = try RunningServices.required.instances
            let before = instances.map(\.processID)
            try await Client.with(system) { try await body(system, $0) }
            for instance in instances { try instance.requireRunning() }
            #expect(instances.map(\.processID) == before)
        }
    }
}
