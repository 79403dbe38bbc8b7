import AMQP
import Contracts
import FoundationEssentials
import Testing

@testable import Messaging

private func delivery(
    _ headers: [String: HeaderValue] = [:], key: String = "vouchers.issue.v1", body: String = "{}",
    truncated: Bool = false, _ change: (inout Properties) -> Void = { _ in }
) -> Delivery {
    var properties = Properties(headers: headers)
    change(&properties)
    return Delivery(
        tag: DeliveryTag(generation: 1, number: 1), exchange: "citycoop.commands", routingKey: key,
        properties: properties, headersTruncated: truncated, body: Array(body.utf8))
}

/// What a delivery says about itself, however it is spelled.
@Suite struct EnvelopeReaderTests {
    private let reader = EnvelopeReader()

    private func read(_ delivery: Delivery) -> Envelope { reader.envelope(of: delivery) }

    @Test(arguments: ["cloudEvents_", "cloudEvents:", "ce-"])
    func binaryModeIsReadInEachSpelling(prefix: String) {
        let envelope = read(
            delivery(
                [
                    prefix + "id": .string("a"), prefix + "source": .string("till"), prefix + "type": .string("t"),
                    prefix + "time": .string("2026-12-01T08:30:00Z"), prefix + "sequence": .string("7"),
                    "traceparent": .string("00-1"), "deadline": .string("2026-12-01T08:31:00+01:00"),
                ]
            ) {
                $0.userID = "operator"
                $0.replyTo = "reply.x"
                $0.correlationID = "c"
            })
        #expect(
            envelope
                == Envelope(
                    id: "a", source: "till", type: "t", user: "operator",
                    time: Timestamp("2026-12-01T08:30:00Z")?.date, deadline: Timestamp("2026-12-01T07:31:00Z")?.date,
                    correlationId: "c", replyTo: "reply.x", traceparent: "00-1", sequence: 7))
    }

    @Test func theIdOfAMQPGoesFirst() {
        let envelope = read(delivery(["cloudEvents_id": .string("a")]) { $0.messageID = "b" })
        #expect(envelope.id == "b")
    }

    @Test func spellingsThatContradictOneAnotherMeanTheSameEachTime() {
        let headers: [String: HeaderValue] = [
            "ce-id": .string("a"), "cloudEvents:id": .string("b"), "cloudEvents_id": .string("c"),
            "ce-deadline": .string("2026-12-01T08:00:00Z"), "deadline": .string("2026-12-01T09:00:00Z"),
        ]
        for _ in 0..<20 {
            // A dictionary made anew has another order.
            let envelope = read(delivery(Dictionary(uniqueKeysWithValues: headers.shuffled())))
            #expect(envelope.id == "c")
            #expect(envelope.deadline == Timestamp("2026-12-01T09:00:00Z")?.date)
        }
    }

    @Test func theTypeIsThatOfCloudEventsThenThePropertyThenTheRoutingKey() {
        #expect(read(delivery(["ce-type": .string("a")]) { $0.type = "b" }).type == "a")
        #expect(read(delivery { $0.type = "b" }).type == "b")
        #expect(read(delivery()).type == "vouchers.issue.v1")
    }

    @Test func structuredModeIsReadFromTheBody() {
        let body =
            #"{"specversion":"1.0","id":"a","source":"s","type":"t","deadline":"2026-12-01T08:00:00Z","data":{}}"#
        let envelope = read(delivery(body: body) { $0.contentType = "application/cloudevents+json; charset=utf-8" })
        #expect(
            envelope
                == Envelope(
                    id: "a", source: "s", type: "t", deadline: Timestamp("2026-12-01T08:00:00Z")?.date,
                    mode: .structured))
    }

    @Test(arguments: ["", "nonsense", "[]", #"{"id":1}"#, String(repeating: "[", count: 40)])
    func whatIsNoCloudEventHasADefect(body: String) {
        let envelope = read(
            delivery(body: body) {
                $0.contentType = "application/cloudevents+json"
                $0.messageID = "a"
            })
        #expect(envelope.defect?.code == "structured-unreadable")
        #expect(envelope.id == "a")
    }

    @Test func theDeadlineWithoutAHeaderIsTimeAndExpiration() {
        let envelope = read(
            delivery {
                $0.timestamp = 1_000_000_000
                $0.expiration = "1500"
            })
        #expect(envelope.deadline == Date(timeIntervalSince1970: 1_000_000_001.5))
        #expect(read(delivery { $0.expiration = "1500" }).deadline == nil)
    }

    @Test func aDeadlineThatCannotBeReadIsNotIgnored() {
        #expect(
            read(delivery(["deadline": .string("tomorrow"), "ce-id": .string("a")])).defect?.code
                == "deadline-unreadable")
    }

    @Test func aTimeBeyondAllCalendarsIsNone() {
        let envelope = read(delivery { $0.timestamp = .max })
        #expect(envelope.time == nil && envelope.deadline == nil)
    }

    @Test func noIdIsADefect() {
        #expect(read(delivery()).defect?.code == "no-id")
        #expect(read(delivery { $0.messageID = "" }).defect?.code == "no-id")
        #expect(read(delivery { $0.messageID = "a" }).defect == nil)
    }

    @Test func cutHeadersAreADefect() {
        #expect(read(delivery(truncated: true) { $0.messageID = "a" }).defect?.code == "headers-truncated")
    }

    @Test(arguments: [
        String(repeating: "x", count: 256), "a\0b", "e" + String(repeating: "\u{301}", count: 300),
    ])
    func whatNoColumnTakesIsCutAndSaid(id: String) {
        let envelope = read(delivery(["ce-id": .string(id)]))
        #expect(envelope.defect?.code == "attribute-unreadable")
        #expect(envelope.id.utf8.count <= 255 && !envelope.id.utf8.contains(0) && !envelope.id.isEmpty)
    }

    @Test func aTypeOtherThanTheRoutingKeyIsAnObjection() {
        let envelope = read(delivery(["ce-type": .string("vouchers.redeem.v1"), "ce-id": .string("a")]))
        #expect(envelope.objection(routedBy: "vouchers.issue.v1")?.code == "type-differs")
        #expect(envelope.objection(routedBy: "vouchers.redeem.v1") == nil)
    }

    @Test(arguments: [
        ("reply.a", true), ("amq.gen-x", true), ("amq.rabbitmq.reply-to.g1", true), ("reply.", false),
        ("vouchers.commands", false), ("", false), ("xreply.a", false), ("amq.direct", false),
    ])
    func onlyQueuesForAnswersAreWrittenTo(queue: String, isAllowed: Bool) {
        #expect(ReplyAddress.isAllowed(queue) == isAllowed)
        let answer = Answer(kind: .success, type: "t", body: [], hasSecret: false)
        let request = Envelope(id: "a", source: "s", type: "t", replyTo: queue)
        #expect((answer.message(to: request, source: .vouchers, at: Date()) != nil) == isAllowed)
    }
}
