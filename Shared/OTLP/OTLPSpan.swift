import Contracts
import Synchronization
public import Tracing

/// One piece of work in a trace.
///
/// A span that nobody wants to see keeps nothing of what it is told.
public final class OTLPSpan: Span {
    private struct State {
        var name: String
        var attributes = SpanAttributes()
        var links: [TraceParent] = []
        var events: [(name: String, time: UInt64)] = []
        var error: String?
        var hasEnded = false
    }

    private struct Origin {
        let own: TraceParent
        let parent: UInt64?
        let kind: SpanKind
        let start: UInt64
        let limits: OTLPLimits
        let buffer: SpanBuffer
    }

    /// The context of what happens within.
    public let context: ServiceContext
    private let origin: Origin?
    private let state: Mutex<State>

    /// A span that nobody wants to see.
    init(context: ServiceContext, name: String) {
        self.context = context
        origin = nil
        state = Mutex(State(name: name))
    }

    init(
        context: ServiceContext, own: TraceParent, parent: UInt64?, name: String, kind: SpanKind, start: UInt64,
        limits: OTLPLimits, buffer: SpanBuffer
    ) {
        self.context = context
        origin = Origin(own: own, parent: parent, kind: kind, start: start, limits: limits, buffer: buffer)
        state = Mutex(State(name: name))
    }

    /// Whether somebody wants to see it, and it has not ended.
    public var isRecording: Bool { origin != nil && state.withLock { !$0.hasEnded } }

    /// What is done.
    public var operationName: String {
        get { state.withLock { $0.name } }
        set { state.withLock { $0.name = newValue } }
    }

    /// What is known about it.
    public var attributes: SpanAttributes {
        get { state.withLock { $0.attributes } }
        set { if origin != nil { state.withLock { $0.attributes = newValue } } }
    }

    /// Says whether it went well.
    public func setStatus(_ status: SpanStatus) {
        guard origin != nil else { return }
        state.withLock { $0.error = status.code == .error ? status.message ?? "" : nil }
    }

    /// Notes something that happened within.
    public func addEvent(_ event: SpanEvent) {
        guard let origin else { return }
        state.withLock { state in
            if state.events.count < origin.limits.eventsMax {
                state.events.append((event.name, event.nanosecondsSinceEpoch))
            }
        }
    }

    /// Notes an error by its type: what errors say may quote what was handled.
    public func recordError<Instant: TracerInstant>(
        _ error: any Error, attributes: SpanAttributes, at instant: @autoclosure () -> Instant
    ) {
        guard origin != nil else { return }
        state.withLock { $0.error = "\(type(of: error))" }
    }

    /// Ties it to a span of another trace.
    public func addLink(_ link: SpanLink) {
        guard let origin, let other = link.context.traceParent else { return }
        state.withLock { if $0.links.count < origin.limits.linksMax { $0.links.append(other) } }
    }

    /// Ends it, once.
    public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
        guard let origin else { return }
        let end = instant().nanosecondsSinceEpoch
        let finished = state.withLock { state -> FinishedSpan? in
            guard !state.hasEnded else { return nil }
            state.hasEnded = true
            return self.finished(state, origin, end)
        }
        if let finished { origin.buffer.add(finished) }
    }

    private func finished(_ state: State, _ origin: Origin, _ end: UInt64) -> FinishedSpan {
        let limits = origin.limits
        var attributes: [(key: String, value: OTLPValue)] = []
        state.attributes.forEach { key, value in
            if attributes.count < limits.attributesMax {
                attributes.append((key, OTLPValue(value, textMax: limits.textMax)))
            }
        }
        return FinishedSpan(
            traceID: origin.own.traceID, spanID: origin.own.spanID, parentSpanID: origin.parent, name: state.name,
            kind: origin.kind, start: origin.start, end: max(origin.start, end), attributes: attributes,
            links: state.links, events: state.events, error: state.error,
            droppedAttributes: state.attributes.count - attributes.count)
    }
}
