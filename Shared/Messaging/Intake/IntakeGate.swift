import Synchronization

/// Whether this instance takes in, as far as it knows; closed until it knows.
final class IntakeGate: Sendable {
    private let state = Mutex(false)
    private let changed = Wakeup()

    /// Whether commands, bulk work, jobs and the schedule go on.
    var isOpen: Bool { state.withLock { $0 } }

    /// Opens or closes; returns whether that is a change.
    func turn(open isOpen: Bool) -> Bool {
        let isChange = state.withLock { state in
            defer { state = isOpen }
            return state != isOpen
        }
        if isChange { changed.signal() }
        return isChange
    }

    /// Returns when intake goes on, or the task is cancelled.
    func waitUntilOpen() async {
        while !Task.isCancelled {
            let seen = changed.count
            if isOpen { return }
            await changed.wait(beyond: seen)
        }
    }
}
