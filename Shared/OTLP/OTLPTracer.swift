import Contracts
public import Tracing

/// Makes spans, and hands those that somebody wants to see to the exporter when they end.
///
/// Whether a trace is wanted is decided once, where it begins: by its first span here, or before, by whoever set the flag in
/// `traceparent`. The spans of others cost an id and nothing else.
public final class OTLPTracer: Tracer {
    private let buffer: SpanBuffer
    private let ratio: Double
    private let limits: OTLPLimits

    /// Makes a tracer.
    ///
    /// - Parameters:
    ///   - exporter: Who sends the spans; it has to run.
    ///   - ratio: How many of the traces that begin here are wanted, from 0 to 1.
    public init(exporter: OTLPExporter, ratio: Double) {
        buffer = exporter.buffer
        limits = exporter.limits
        self.ratio = ratio
    }

    /// Begins a span.
    public func startSpan<Instant: TracerInstant>(
        _ operationName: String, context: @autoclosure () -> ServiceContext, ofKind kind: SpanKind,
        at instant: @autoclosure () -> Instant, function: String, file fileID: String, line: UInt
    ) -> OTLPSpan {
        var context = context()
        let parent = context.traceParent
        var generator = SystemRandomNumberGenerator()
        let isSampled = parent?.isSampled ?? (Double.random(in: 0..<1, using: &generator) < ratio)
        let own = TraceParent(
            traceID: parent?.traceID ?? .random(using: &generator), spanID: .random(in: 1 ... .max, using: &generator),
            isSampled: isSampled)
        context.traceParent = own
        guard isSampled else { return OTLPSpan(context: context, name: operationName) }
        return OTLPSpan(
            context: context, own: own, parent: parent?.spanID, name: operationName, kind: kind,
            start: instant().nanosecondsSinceEpoch, limits: limits, buffer: buffer)
    }

    /// Nothing: the exporter sends by itself, and what is left when it ends.
    public func forceFlush() {}

    /// Reads `traceparent`; one that cannot be read is as none.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier, into context: inout ServiceContext, using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context.traceParent = extractor.extract(key: TraceParent.headerName, from: carrier).flatMap(TraceParent.init)
    }

    /// Writes `traceparent`.
    public func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext, into carrier: inout Carrier, using injector: Inject
    ) where Inject.Carrier == Carrier {
        guard let own = context.traceParent else { return }
        injector.inject(own.description, forKey: TraceParent.headerName, into: &carrier)
    }
}
