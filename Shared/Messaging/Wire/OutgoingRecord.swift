import AMQP
import Contracts
import FoundationEssentials

/// A message of ours between the decision to send it and the broker's confirm: a row of the outbox or of the schedule.
struct OutgoingRecord: Sendable {
    /// Which exchange the message goes to.
    enum Exchange: Int16, Sendable {
        case commands = 1
        case events = 2

        var name: String {
            switch self {
            case .commands: Topology.Names.commands
            case .events: Topology.Names.events
            }
        }
    }

    var id: UUID
    var exchange: Exchange
    var type: String
    var body: [UInt8]
    /// Whether the body holds a secret, so that it is stored encrypted.
    var hasSecret: Bool
    var sequence: Int64?
    var traceparent: String?
    var time: Date

    /// The message in CloudEvents binary mode over AMQP, persistent.
    ///
    /// - Parameter step: The header of the span that sends it; without one the row's own is passed on.
    func message(source: ServiceName, sentBy step: String? = nil) -> OutgoingMessage {
        let id = id.text
        var headers: [String: HeaderValue] = [
            "cloudEvents_id": .string(id),
            "cloudEvents_source": .string(source.rawValue),
            "cloudEvents_type": .string(type),
            "cloudEvents_specversion": .string("1.0"),
            "cloudEvents_time": .string(Timestamp(time).description),
        ]
        if let sequence { headers["cloudEvents_sequence"] = .string(String(sequence)) }
        if let traceparent = step ?? traceparent { headers["traceparent"] = .string(traceparent) }
        return OutgoingMessage(
            exchange: exchange.name, routingKey: type,
            properties: Properties(
                contentType: "application/json", headers: headers, deliveryMode: 2, messageID: id,
                timestamp: UInt64(max(0, time.timeIntervalSince1970)), type: type, appID: source.rawValue),
            body: body)
    }
}
