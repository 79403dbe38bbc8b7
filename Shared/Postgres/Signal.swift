import Synchronization

/// Something that happens once, and that others wait for.
final class Signal: Sendable {
    private struct State {
        var fired = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var count = 0
    }

    private let state = Mutex(State())

    /// Whether it has happened.
    var hasFired: Bool { state.withLock { $0.fired } }

    /// Lets everybody go on who waits, now or later.
    func fire() {
        let waiting = state.withLock { state in
            state.fired = true
            defer { state.waiting = [:] }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns when it has happened, or when the caller is cancelled.
    func wait() async {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    // A cancellation before this line shows here; one after it finds the continuation.
                    guard !state.fired, !Task.isCancelled else { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
