import AMQP
import Contracts
import FoundationEssentials
import Testing

@testable import Messaging

/// What the suite writes on the wire, to the letter.
@Suite struct WireTests {
    private let time = Date(timeIntervalSince1970: 1_800_000_000.25)

    private func text(_ message: OutgoingMessage) -> String {
        let properties = message.properties
        let fields: [(String, String?)] = [
            ("content_type", properties.contentType), ("delivery_mode", properties.deliveryMode.map { "\($0)" }),
            ("correlation_id", properties.correlationID), ("reply_to", properties.replyTo),
            ("expiration", properties.expiration), ("message_id", properties.messageID),
            ("timestamp", properties.timestamp.map { "\($0)" }), ("type", properties.type),
            ("user_id", properties.userID), ("app_id", properties.appID),
        ]
        let headers = properties.headers.sorted { $0.key < $1.key }.map { "header \($0.key): \($0.value)" }
        return
            ([
                "exchange: \(message.exchange)", "routing key: \(message.routingKey)",
                "mandatory: \(message.mandatory)",
            ] + fields.compactMap { name, value in value.map { "\(name): \($0)" } } + headers
            + ["", String(decoding: message.body, as: UTF8.self), ""]).joined(separator: "\n")
    }

    @Test func anEventIsThatOfItsGoldenFile() throws {
        let id = try #require(UUID(uuidString: "018F0000-0000-7000-8000-00000000000A"))
        let event = RedemptionRefused(redemptionId: id, code: "voucher-not-usable")
        let record = OutgoingRecord(
            id: id, exchange: .events, type: RedemptionRefused.type.description,
            body: try BodyCoder(limits: MessagingLimits()).body(of: event).bytes.sortedJSON(), hasSecret: false,
            sequence: 3, traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", time: time)
        try Source.expectGolden("event.txt", text(record.message(source: .vouchers)))
    }

    @Test(arguments: ["reply.txt", "problem.txt"])
    func anAnswerIsThatOfItsGoldenFile(file: String) throws {
        let coder = BodyCoder(limits: MessagingLimits())
        let request = Envelope(
            id: "till-7", source: "till", type: "vouchers.redeem.v1", correlationId: "c-1", replyTo: "reply.till",
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        var answer = Answer.problem(Problem("voucher-not-usable", "No."), to: request.type, coder)
        if file == "reply.txt" {
            answer = Answer(
                kind: .success, type: Answer.replyType(request.type), body: Array("{}".utf8), hasSecret: false)
        }
        answer.body = try answer.body.sortedJSON()
        var message = try #require(answer.message(to: request, source: .vouchers, at: time))
        let id = try #require(message.properties.messageID)
        #expect(UUID(uuidString: id) != nil && message.properties.headers["cloudEvents_id"] == .string(id))
        message.properties.messageID = "(id)"
        message.properties.headers["cloudEvents_id"] = .string("(id)")
        try Source.expectGolden(file, text(message))
    }
}

extension [UInt8] {
    /// The same JSON object, flat, with its members in order.
    fileprivate func sortedJSON() throws -> [UInt8] {
        let members = try JSONDecoder().decode([String: Scalar].self, from: Data(self))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(members))
    }
}

private enum Scalar: Codable {
    case text(String)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .flag(let flag): try container.encode(flag)
        }
    }
}
