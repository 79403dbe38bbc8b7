import AMQP
import Contracts
import FoundationEssentials
import TestKit
import Testing

@testable import Messaging

/// Nothing that comes off the wire traps, vanishes, or leaves something that cannot be filed.
@Suite struct FuzzTests {
    private struct NoHandler: Handler {
        static let access: AccessRule<IssueVoucher> = .everyone

        func handle(_ batch: Batch<IssueVoucher>, in transaction: inout MessageTransaction) async throws {}
    }

    private static let names = [
        "cloudEvents_id", "cloudEvents:id", "ce-id", "ce-type", "ce-source", "ce-time", "ce-sequence", "ce-",
        "deadline",
        "traceparent", "x-death", "cloudEvents_specversion", "",
    ]
    private static let texts = [
        "a", "", "\0", "vouchers.issue.v1", "cities.city-registered.v1", "2026-12-01T08:30:00Z", "9999999999999999999",
        "reply.x", "reply.\0", "-1", "\u{301}\u{301}", "🏦",
    ]

    private func text(_ generator: inout SeededGenerator) -> String {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0:
            String(
                decoding: (0..<Int.random(in: 0..<400, using: &generator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }, as: UTF8.self)
        default: Self.texts.randomElement(using: &generator) ?? ""
        }
    }

    private func header(_ depth: Int, _ generator: inout SeededGenerator) -> HeaderValue {
        switch Int.random(in: 0..<(depth > 3 ? 6 : 8), using: &generator) {
        case 0: .int(.random(in: .min ... .max, using: &generator))
        case 1: .timestamp(.random(in: .min ... .max, using: &generator))
        case 2: .null
        case 3: .bytes([0, 255])
        case 6: .array((0..<2).map { _ in header(depth + 1, &generator) })
        case 7: .table([text(&generator): header(depth + 1, &generator)])
        default: .string(text(&generator))
        }
    }

    private func body(_ generator: inout SeededGenerator) -> [UInt8] {
        var body = Array(
            [
                #"{"issueId":"018f0000-0000-7000-8000-000000000000","issuerCityId":"018f0000-0000-7000-8000-000000000000","value":{"amount":1000,"currency":"EUR"}}"#,
                #"{"specversion":"1.0","id":"a","source":"s","type":"vouchers.issue.v1","data_base64":"e30="}"#,
                #"{"specversion":"1.0","id":"a","source":"s","type":"vouchers.issue.v1","data":{"\u0000":[]}}"#,
                "[[[[", "null", "",
            ].randomElement(using: &generator)?.utf8 ?? "".utf8)
        for _ in 0..<Int.random(in: 0..<4, using: &generator) where !body.isEmpty {
            let place = Int.random(in: 0..<body.count, using: &generator)
            body[place] = UInt8.random(in: .min ... .max, using: &generator)
        }
        return body
    }

    private func delivery(_ number: Int, _ generator: inout SeededGenerator) -> Delivery {
        var properties = Properties()
        for _ in 0..<Int.random(in: 0..<6, using: &generator) {
            let name = Self.names.randomElement(using: &generator) ?? ""
            properties.headers[name] = header(0, &generator)
        }
        if Bool.random(using: &generator) { properties.messageID = text(&generator) }
        if Bool.random(using: &generator) { properties.replyTo = text(&generator) }
        if Bool.random(using: &generator) { properties.timestamp = .random(in: .min ... .max, using: &generator) }
        if Bool.random(using: &generator) { properties.expiration = text(&generator) }
        if Bool.random(using: &generator) { properties.userID = text(&generator) }
        properties.contentType =
            ["application/json", "application/cloudevents+json", nil].randomElement(using: &generator) ?? nil
        return Delivery(
            tag: DeliveryTag(generation: 1, number: UInt64(number)), exchange: "", routingKey: "vouchers.issue.v1",
            properties: properties, headersTruncated: Int.random(in: 0..<10, using: &generator) == 0,
            body: body(&generator))
    }

    @Test func whateverArrivesIsHandledOrFiled() throws {
        var generator = SeededGenerator()
        let limits = MessagingLimits()
        let reader = IntakeReader(
            routes: ["vouchers.issue.v1": HandlerRoute(handler: NoHandler())], access: AccessPolicy(), limits: limits,
            now: { Date() })
        var handled = 0
        for _ in 0..<200 {
            let deliveries = (0..<20).map { delivery($0, &generator) }
            let intake = reader.read(deliveries)
            var tags: [UInt64] = []
            for group in intake.groups {
                switch group {
                case .handle(_, let messages):
                    handled += messages.count
                    tags += messages.map(\.tag.number)
                case .file(let messages):
                    tags += messages.map(\.tag.number)
                    for message in messages { try expectStorable(message.defective) }
                }
            }
            #expect(tags.sorted() == (0..<20).map { UInt64($0) })
        }
        #expect(handled > 0, "some of it must be sound, or the rest proves little")
    }

    private func expectStorable(_ defective: Defective) throws {
        let envelope = defective.envelope
        for text in [envelope.id, envelope.type, envelope.source, envelope.user ?? "", envelope.replyTo ?? ""] {
            #expect(text.utf8.count <= 255 && !text.utf8.contains(0))
        }
        let json = try JSONEncoder().encode(envelope)
        #expect(try JSONDecoder().decode(Envelope.self, from: json).id == envelope.id)
        let reason = defective.problem.reason.storable(bytesMax: 500)
        #expect(reason.utf8.count <= 500 && !reason.utf8.contains(0))
    }
}
