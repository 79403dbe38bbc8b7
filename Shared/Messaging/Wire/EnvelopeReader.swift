public import AMQP
import Contracts
import FoundationEssentials

/// Reads what a delivery says about itself: CloudEvents 1.0 in binary mode in three spellings, in structured mode, and
/// bare messages that know no CloudEvents.
public struct EnvelopeReader: Sendable {
    private let limits: MessagingLimits

    /// Makes a reader.
    public init(limits: MessagingLimits = MessagingLimits()) {
        self.limits = limits
    }

    /// The envelope of a delivery; never fails, see ``Envelope/defect``.
    public func envelope(of delivery: Delivery) -> Envelope {
        let properties = delivery.properties
        let isStructured = properties.contentType?.lowercased().hasPrefix("application/cloudevents+json") == true
        var attributes = headerAttributes(properties.headers)
        var defect: Envelope.Defect?
        if isStructured {
            if let inner = structuredAttributes(delivery.body) {
                attributes.merge(inner) { _, inner in inner }
            } else {
                defect = .init(code: "structured-unreadable", reason: "The body is not a CloudEvent in JSON.")
            }
        }
        let id = properties.messageID ?? attributes["id"]
        var envelope = Envelope(
            id: id ?? "", source: attributes["source"] ?? properties.appID ?? "",
            type: attributes["type"] ?? properties.type ?? delivery.routingKey, user: properties.userID,
            time: attributes["time"].flatMap(Timestamp.init(_:))?.date ?? properties.timestamp.flatMap(date(seconds:)),
            deadline: deadline(attributes, properties), correlationId: properties.correlationID,
            replyTo: properties.replyTo, traceparent: attributes["traceparent"],
            sequence: attributes["sequence"].flatMap(Int64.init), mode: isStructured ? .structured : .binary)
        if delivery.headersTruncated {
            defect = .init(code: "headers-truncated", reason: "The headers are too many or nested too deeply.")
        }
        if id?.isEmpty != false {
            defect = defect ?? .init(code: "no-id", reason: "The message has no id: set message_id, or the CloudEvents id.")
        }
        envelope.defect = defect
        return bounded(envelope)
    }

    /// CloudEvents attributes among the headers: `cloudEvents_id`, `cloudEvents:id` or `ce-id`; and `traceparent` and
    /// `deadline`, which stand by themselves as well.
    private func headerAttributes(_ headers: [String: HeaderValue]) -> [String: String] {
        var attributes: [String: String] = [:]
        for (name, value) in headers {
            guard let text = text(value) else { continue }
            for prefix in ["cloudEvents_", "cloudEvents:", "ce-"] where name.hasPrefix(prefix) {
                attributes[String(name.dropFirst(prefix.count))] = text
            }
            if name == "traceparent" || name == "deadline" { attributes[name] = text }
        }
        return attributes
    }

    private func text(_ value: HeaderValue) -> String? {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .timestamp(let seconds): date(seconds: seconds).map { Timestamp($0).description }
        case .double, .bool, .bytes, .table, .array, .null: nil
        }
    }

    private func structuredAttributes(_ body: [UInt8]) -> [String: String]? {
        guard JSONNesting.isWithin(limits.jsonDepthMax, body) else { return nil }
        return (try? JSONDecoder().decode(StructuredAttributes.self, from: Data(body)))?.texts
    }

    /// The absolute deadline; without it the sender's time and time to live.
    private func deadline(_ attributes: [String: String], _ properties: Properties) -> Date? {
        if let absolute = attributes["deadline"].flatMap(Timestamp.init(_:)) { return absolute.date }
        guard let sent = properties.timestamp.flatMap(date(seconds:)),
            let lifetime = properties.expiration.flatMap(UInt32.init)
        else { return nil }
        return sent.addingTimeInterval(Double(lifetime) / 1_000)
    }

    /// Only times between 1970 and 9999 are dates; the wire may hold any number.
    private func date(seconds: UInt64) -> Date? {
        seconds < 253_402_300_800 ? Date(timeIntervalSince1970: Double(seconds)) : nil
    }

    /// Cuts what is too long and removes what a database cannot store, saying so.
    private func bounded(_ envelope: Envelope) -> Envelope {
        var envelope = envelope
        var cut = false
        func bound(_ text: String) -> String {
            let isFine = text.utf8.count <= limits.attributeBytesMax && !text.utf8.contains(0)
            cut = cut || !isFine
            return isFine ? text : String(text.replacing("\0", with: "").prefix(limits.attributeBytesMax / 4))
        }
        envelope.id = bound(envelope.id)
        envelope.source = bound(envelope.source)
        envelope.type = bound(envelope.type)
        envelope.user = envelope.user.map(bound)
        envelope.correlationId = envelope.correlationId.map(bound)
        envelope.replyTo = envelope.replyTo.map(bound)
        envelope.traceparent = envelope.traceparent.map(bound)
        if cut {
            envelope.defect =
                envelope.defect
                ?? .init(
                    code: "attribute-unreadable",
                    reason: "An attribute is longer than \(limits.attributeBytesMax) bytes, or has a zero byte.")
        }
        return envelope
    }
}

/// The attributes of a CloudEvent in structured mode, without its data.
private struct StructuredAttributes: Decodable {
    var id: String
    var source: String
    var type: String
    var specversion: String
    var time: String?
    var traceparent: String?
    var deadline: String?
    var sequence: String?

    var texts: [String: String] {
        let all = [
            "id": id, "source": source, "type": type, "specversion": specversion, "time": time,
            "traceparent": traceparent, "deadline": deadline, "sequence": sequence,
        ]
        return all.compactMapValues { $0 }
    }
}

/// Looks how deep JSON nests before a recursive decoder does.
enum JSONNesting {
    /// Whether no value lies deeper than `depth` brackets; brackets within strings do not count.
    static func isWithin(_ depth: Int, _ json: some Sequence<UInt8>) -> Bool {
        var open = 0
        var inString = false
        var escaped = false
        for byte in json {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                if open > depth { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open -= 1
            default: break
            }
        }
        return true
    }
}
