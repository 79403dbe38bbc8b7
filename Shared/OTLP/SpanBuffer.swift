import Synchronization

/// Spans that have ended and wait for the exporter: so many and no more.
final class SpanBuffer: Sendable {
    private struct State {
        var spans: [FinishedSpan] = []
        var dropped = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let limits: OTLPLimits
    private let state = Mutex(State())

    init(limits: OTLPLimits) {
        self.limits = limits
    }

    /// Takes a span, or drops it where there are too many.
    func add(_ span: FinishedSpan) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.spans.count < limits.spansMax else {
                state.dropped += 1
                return nil
            }
            state.spans.append(span)
            guard state.spans.count >= limits.batchWanted else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    var isEmpty: Bool { state.withLock { $0.spans.isEmpty } }

    /// The oldest spans, as many as one request takes, and how many were dropped since the last time.
    func take() -> (spans: [FinishedSpan], dropped: Int) {
        state.withLock { state in
            let batch = Array(state.spans.prefix(limits.batchMax))
            state.spans.removeFirst(batch.count)
            defer { state.dropped = 0 }
            return (batch, state.dropped)
        }
    }

    /// Waits until there is enough for a request, or the task is cancelled.
    func waitForBatch() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.spans.count >= limits.batchWanted || Task.isCancelled { return true }
                    precondition(state.waiter == nil, "one exporter empties a buffer")
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }?.resume()
        }
    }
}
