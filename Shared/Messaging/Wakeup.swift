import Synchronization

/// A place to wait for a change: whoever saw count `n` waits until it is more.
///
/// The count is read before the state is looked at, so that a change between looking and waiting is not missed. Waiting ends
/// when the task is cancelled, too.
final class Wakeup: Sendable {
    private struct State {
        var count = 0
        var nextTicket = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// How many changes there were.
    var count: Int {
        state.withLock { $0.count }
    }

    /// Notes a change and wakes everybody who waits.
    func signal() {
        let waiters = state.withLock { state in
            state.count += 1
            defer { state.waiters = [:] }
            return state.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until the count is beyond `seen`.
    func wait(beyond seen: Int) async {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count > seen || Task.isCancelled { return true }
                    state.waiters[ticket] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume()
        }
    }

    /// Waits until the count is beyond `seen`, or until `deadline`.
    func wait(beyond seen: Int, until deadline: ContinuousClock.Instant) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(beyond: seen) }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Waits for a time; ends early, without an error, when the task is cancelled.
enum Pause {
    static func sleep(_ duration: Duration) async {
        try? await Task.sleep(for: duration)
    }

    /// Doubles from 100 ms with each attempt, with jitter, up to a bound.
    static func growing(attempt: Int, upTo max: Duration) async {
        let base = Duration.milliseconds(100) * (1 << min(attempt, 10))
        await sleep(min(base, max) * Double.random(in: 0.5...1))
    }
}
