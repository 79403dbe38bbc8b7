import Contracts
import FoundationEssentials
import Tracing

/// What the exporter posts: OTLP's `ExportTraceServiceRequest` in its JSON encoding.
///
/// That encoding writes ids as hexadecimal digits, 64-bit numbers as texts and enumerations as numbers.
struct OTLPRequest: Encodable {
    struct ResourceSpans: Encodable {
        var resource: Resource
        var scopeSpans: [ScopeSpans]
    }

    struct Resource: Encodable {
        var attributes: [Attribute]
    }

    struct ScopeSpans: Encodable {
        var scope: Scope
        var spans: [Span]
    }

    struct Scope: Encodable {
        var name: String
        var version: String
    }

    struct Attribute: Encodable {
        var key: String
        var value: Value

        init(_ key: String, _ value: OTLPValue) {
            self.key = key
            self.value = Value(value)
        }
    }

    /// One of these.
    struct Value: Encodable {
        struct List: Encodable {
            var values: [Value]
        }

        var stringValue: String?
        var intValue: String?
        var doubleValue: Double?
        var boolValue: Bool?
        var arrayValue: List?

        init(_ value: OTLPValue) {
            switch value {
            case .text(let text): stringValue = text
            case .int(let number): intValue = String(number)
            case .double(let number): doubleValue = number
            case .bool(let flag): boolValue = flag
            case .texts(let texts): arrayValue = List(values: texts.map { Value(.text($0)) })
            }
        }
    }

    struct Link: Encodable {
        var traceId: String
        var spanId: String
    }

    struct Event: Encodable {
        var name: String
        var timeUnixNano: String
    }

    struct Status: Encodable {
        var code: Int
        var message: String?
    }

    struct Span: Encodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        /// Bit 0 says that the trace is sampled.
        var flags = 1
        var name: String
        var kind: Int
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [Attribute]
        var droppedAttributesCount: Int?
        var links: [Link]
        var events: [Event]
        var status: Status?
    }

    var resourceSpans: [ResourceSpans]

    init(_ spans: [FinishedSpan], from resource: [(key: String, value: OTLPValue)]) {
        resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: resource.map { Attribute($0.key, $0.value) }),
                scopeSpans: [
                    ScopeSpans(
                        scope: Scope(name: "citycoop", version: Release.current), spans: spans.map(Span.init))
                ])
        ]
    }

    /// The bytes to post.
    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(self))
        } catch {
            preconditionFailure("spans are texts and finite numbers, and cannot be encoded: \(error)")
        }
    }
}

extension OTLPRequest.Span {
    init(_ span: FinishedSpan) {
        self.init(
            traceId: span.traceID.description, spanId: TraceParent.text(ofSpan: span.spanID),
            parentSpanId: span.parentSpanID.map(TraceParent.text(ofSpan:)), name: span.name,
            kind: Self.number(span.kind),
            startTimeUnixNano: String(span.start), endTimeUnixNano: String(span.end),
            attributes: span.attributes.map { OTLPRequest.Attribute($0.key, $0.value) },
            droppedAttributesCount: span.droppedAttributes > 0 ? span.droppedAttributes : nil,
            links: span.links.map {
                OTLPRequest.Link(traceId: $0.traceID.description, spanId: TraceParent.text(ofSpan: $0.spanID))
            },
            events: span.events.map { OTLPRequest.Event(name: $0.name, timeUnixNano: String($0.time)) },
            status: span.error.map { OTLPRequest.Status(code: 2, message: $0.isEmpty ? nil : $0) })
    }

    private static func number(_ kind: SpanKind) -> Int {
        switch kind {
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        default: 1
        }
    }
}
