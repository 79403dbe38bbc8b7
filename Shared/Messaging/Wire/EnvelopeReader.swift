public import AMQP
import Contracts
import FoundationEssentials
import Metrics

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
        if let deadline = attributes["deadline"], Timestamp(deadline) == nil {
            defect = defect ?? .init(code: "deadline-unreadable", reason: "The deadline is not a time as in RFC 3339.")
        }
        if delivery.headersTruncated {
            defect = .init(code: "headers-truncated", reason: "The headers are too many or nested too deeply.")
        }
        if id?.isEmpty != false {
            defect =
                defect ?? .init(code: "no-id", reason: "The message has no id: set message_id, or the CloudEvents id.")
        }
        envelope.defect = defect
        return bounded(envelope)
    }

    /// CloudEvents attributes among the headers.
    ///
    /// They are spelled `cloudEvents_id`, `cloudEvents:id` or `ce-id`; `traceparent` and `deadline` stand by themselves as
    /// well. Where spellings contradict one another the one that is read last wins, each time: under another id the same
    /// message would be another.
    private func headerAttributes(_ headers: [String: HeaderValue]) -> [String: String] {
        var attributes: [String: String] = [:]
        for prefix in ["ce-", "cloudEvents:", "cloudEvents_"] {
            for (name, value) in headers where name.hasPrefix(prefix) {
                if let text = text(value) { attributes[String(name.dropFirst(prefix.count))] = text }
            }
        }
        for name in ["traceparent", "deadline"] {
            if let text = headers[name].flatMap(text) { attributes[name] = text }
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
            let storable = text.storable(bytesMax: limits.attributeBytesMax)
            cut = cut || storable != text
            return storable
        }
        envelope.id = bound(envelope.id)
        envelope.source = bound(envelope.source)
        envelope.type = bound(envelope.type)
        envelope.user = envelope.user.map(bound)
        envelope.correlationId = envelope.correlationId.map(bound)
        envelope.replyTo = envelope.replyTo.map(bound)
        if envelope.replyTo != nil, !envelope.wantsAnswer { Meters.forbiddenReplies.increment() }
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
                if byte == 0 { return false }
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
            // Never in JSON in UTF-8; and in UTF-16 and UTF-32, where brackets could be hidden from this look, always.
            case 0: return false
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                if open > depth { return false }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): open = max(0, open - 1)
            default: break
            }
        }
        return true
    }
}

extension String {
    /// What a column of type `text` takes, and a list of hundreds can show: without zero characters, at most so long.
    func storable(bytesMax: Int) -> String {
        let hasZero = utf8.contains(0)
        guard hasZero || utf8.count > bytesMax else { return self }
        // Not the characters: what looks like one may be a letter under a megabyte of accents. A scalar has up to 4 bytes.
        let scalars = unicodeScalars.lazy.filter { $0 != "\0" }
        return String(
            String.UnicodeScalarView(utf8.count > bytesMax ? Array(scalars.prefix(bytesMax / 4)) : Array(scalars)))
    }
}
