import AMQP
import Contracts
import Tracing

/// The spans of messages that are handled in one transaction: one each; and one of the batch, if there is more than one.
///
/// The batch belongs to the trace of the first message that somebody wants to see; the others are tied to it by a link.
struct BatchSpans: Sendable {
    private var open: [DeliveryTag: MessageTracer.Step] = [:]
    private var batch: MessageTracer.Step?

    /// Begins the spans; envelopes name theirs from now on.
    init(
        _ messages: inout [(tag: DeliveryTag, incoming: Incoming)], from queue: String, by tracer: MessageTracer
    ) {
        for index in messages.indices {
            let bytes = messages[index].incoming.body.count
            let step = tracer.process(&messages[index].incoming.envelope, from: queue, bytes: bytes)
            if let step, step.span.isRecording { open[messages[index].tag] = step }
        }
        guard messages.count > 1, let first = messages.lazy.compactMap({ [open] in open[$0.tag] }).first else { return }
        let batch = tracer.begin("batch \(queue)", .internal, in: first.span.context) { [count = messages.count] in
            $0["messaging.destination.name"] = queue
            $0["messaging.batch.message_count"] = count
        }
        for step in open.values { step.span.addLink(SpanLink(context: batch.span.context, attributes: [:])) }
        self.batch = batch
    }

    /// The context in which a handler works.
    var context: ServiceContext? {
        (batch ?? open.values.first)?.span.context
    }

    /// Ends the spans of messages that are settled; with the reason, if they were filed.
    mutating func end(_ tags: some Sequence<DeliveryTag>, failing code: String? = nil) {
        for tag in tags { open.removeValue(forKey: tag)?.end(failing: code) }
    }

    /// Ends what is open: it goes back to the queue.
    mutating func handBack() {
        end(Array(open.keys), failing: "handed-back")
        finish()
    }

    /// Ends the batch.
    mutating func finish() {
        batch?.end()
        batch = nil
    }
}
