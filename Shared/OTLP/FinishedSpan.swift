import Contracts
import Tracing

/// A span that has ended, as it goes to the collector.
struct FinishedSpan: Sendable {
    var traceID: TraceParent.TraceID
    var spanID: UInt64
    var parentSpanID: UInt64?
    var name: String
    var kind: SpanKind
    var start: UInt64
    var end: UInt64
    var attributes: [(key: String, value: OTLPValue)]
    var links: [TraceParent]
    var events: [(name: String, time: UInt64)]
    /// What went wrong; empty where only that something did is known.
    var error: String?
    /// Attributes that were left out.
    var droppedAttributes = 0
}

/// A value of an attribute, cut to its bound.
enum OTLPValue: Sendable, Equatable {
    case text(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case texts([String])

    init(_ attribute: SpanAttribute, textMax: Int) {
        func cut(_ text: String) -> String { text.unicodeScalars.count > textMax ? Self.prefix(text, textMax) : text }
        switch attribute {
        case .int32(let value): self = .int(Int64(value))
        case .int64(let value): self = .int(value)
        case .double(let value) where value.isFinite: self = .double(value)
        case .bool(let value): self = .bool(value)
        case .string(let value): self = .text(cut(value))
        case .stringArray(let values): self = .texts(values.map(cut))
        case .stringConvertible(let value): self = .text(cut(value.description))
        default: self = .text(cut("\(attribute)"))
        }
    }

    private static func prefix(_ text: String, _ max: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(max)))
    }
}
