import Contracts
import FoundationEssentials
import Tracing

/// Makes the spans of messages; there is none where nobody collects them, and then nothing costs anything.
///
/// A trace is carried by `traceparent`: a message that is taken up gets a span of its own, whose parent is the one that sent
/// it, and everything that is said because of it, its answer and its parked row included, names that span in turn.
struct MessageTracer: Sendable {
    private let tracer: any Tracer

    init(_ tracer: any Tracer) {
        self.tracer = tracer
    }

    /// The process's tracer; nil where none has been installed.
    static var ofProcess: MessageTracer? {
        let tracer = InstrumentationSystem.tracer
        return tracer is NoOpTracer ? nil : MessageTracer(tracer)
    }

    /// A span and the header by which others name it.
    struct Step: Sendable {
        let span: any Span
        let traceparent: String?

        /// Ends it; with the reason, if it did not go well.
        func end(failing code: String? = nil) {
            if let code {
                span.attributes["error.type"] = code
                span.setStatus(SpanStatus(code: .error, message: code))
            }
            span.end()
        }
    }

    /// Begins a span.
    ///
    /// - Parameters:
    ///   - parent: The header of the span that it belongs to; without one, or with one that cannot be read, a trace begins.
    ///   - start: Now, unless it is said.
    func begin(
        _ name: String, _ kind: SpanKind, parent: String?, at start: Date? = nil,
        _ attributes: (inout SpanAttributes) -> Void = { _ in }
    ) -> Step {
        var context = ServiceContext.topLevel
        tracer.extract(Carrier(traceparent: parent), into: &context, using: Transport())
        return begin(name, kind, in: context, at: start, attributes)
    }

    /// Begins a span within another.
    func begin(
        _ name: String, _ kind: SpanKind, in context: ServiceContext, at start: Date? = nil,
        _ attributes: (inout SpanAttributes) -> Void = { _ in }
    ) -> Step {
        let span: any Span =
            if let start {
                tracer.startSpan(
                    name, context: context, ofKind: kind,
                    at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: Self.nanoseconds(start)))
            } else {
                tracer.startSpan(name, context: context, ofKind: kind)
            }
        if span.isRecording {
            span.updateAttributes { all in
                all["messaging.system"] = "rabbitmq"
                attributes(&all)
            }
        }
        var carrier = Carrier()
        tracer.inject(span.context, into: &carrier, using: Transport())
        return Step(span: span, traceparent: carrier.traceparent)
    }

    /// A time that a database gave may be any.
    private static func nanoseconds(_ time: Date) -> UInt64 {
        let nanoseconds = time.timeIntervalSince1970 * 1e9
        return (0..<1.8e19).contains(nanoseconds) ? UInt64(nanoseconds) : 0
    }

    /// The one header that we carry.
    private struct Carrier: Sendable {
        var traceparent: String?
    }

    private struct Transport: Extractor, Injector {
        func extract(key: String, from carrier: Carrier) -> String? {
            key == TraceParent.headerName ? carrier.traceparent : nil
        }

        func inject(_ value: String, forKey key: String, into carrier: inout Carrier) {
            if key == TraceParent.headerName { carrier.traceparent = value }
        }
    }
}

// MARK: What is traced

extension MessageTracer {
    /// A message is taken up; its envelope names the new span from now on.
    ///
    /// Nil if its trace is not to be seen.
    func process(_ envelope: inout Envelope, from queue: String, bytes: Int, as operation: String = "process") -> Step?
    {
        guard isWanted(envelope.traceparent) else { return nil }
        let step = begin("\(operation) \(envelope.type)", .consumer, parent: envelope.traceparent) { [envelope] in
            $0["messaging.destination.name"] = queue
            $0["messaging.operation.type"] = "process"
            $0["messaging.operation.name"] = operation
            $0["messaging.message.id"] = envelope.id
            $0["messaging.message.conversation_id"] = envelope.correlationId
            $0["messaging.message.body.size"] = bytes
            $0["citycoop.message.type"] = envelope.type
        }
        envelope.traceparent = step.traceparent ?? envelope.traceparent
        return step
    }

    /// A message of ours is on its way, since its transaction.
    ///
    /// Nil if its trace is not to be seen.
    func publish(_ record: OutgoingRecord) -> Step? {
        guard isWanted(record.traceparent) else { return nil }
        return begin("publish \(record.type)", .producer, parent: record.traceparent, at: record.time) {
            $0["messaging.destination.name"] = record.exchange.name
            $0["messaging.rabbitmq.destination.routing_key"] = record.type
            $0["messaging.operation.type"] = "send"
            $0["messaging.operation.name"] = "publish"
            $0["messaging.message.id"] = record.id.text
            $0["messaging.message.body.size"] = record.body.count
            $0["citycoop.message.type"] = record.type
        }
    }

    /// Whether there may be something to see: a trace that is to begin, or one whose sender wants it seen.
    private func isWanted(_ traceparent: String?) -> Bool {
        traceparent.flatMap(TraceParent.init)?.isSampled ?? true
    }

    /// Somebody asks, and waits.
    func request(_ type: String, id: UUID, bytes: Int) -> Step {
        begin("request \(type)", .client, in: ServiceContext.current ?? .topLevel) {
            $0["messaging.destination.name"] = Topology.Names.requests
            $0["messaging.rabbitmq.destination.routing_key"] = type
            $0["messaging.operation.type"] = "send"
            $0["messaging.operation.name"] = "request"
            $0["messaging.message.id"] = id.text
            $0["messaging.message.body.size"] = bytes
            $0["citycoop.message.type"] = type
        }
    }
}
