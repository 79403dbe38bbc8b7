internal import EventLoop
internal import Glibc
internal import Synchronization

/// Where finished log lines go.
public protocol LogSink: Sendable {
    /// Takes one line with its end; false if it had to be dropped.
    func write(_ line: [UInt8]) -> Bool
}

/// The process's stderr: one write a line, and a reader that has stopped reading holds nobody up.
///
/// The first line that finds the pipe full waits a moment and is then dropped; until there is room again the next ones
/// are dropped at once. The next line that gets through says how many were lost.
public final class StandardErrorSink: LogSink {
    private struct State {
        /// The last line found no room.
        var isStalled = false
        /// The last line was taken in part: the next one begins with a line end.
        var isMidLine = false
    }

    private let descriptor: Int32
    private let state = Mutex(State())

    /// Writes to stderr.
    public convenience init() {
        self.init(descriptor: STDERR_FILENO)
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes one line, whole.
    public func write(_ line: [UInt8]) -> Bool {
        state.withLock { state in
            let bytes = state.isMidLine ? [UInt8(ascii: "\n")] + line : line
            let wait = state.isStalled ? 0 : ServiceLimits.logWaitMilliseconds
            let written = BoundedWrite.write(bytes, to: descriptor, waitMilliseconds: wait)
            state.isStalled = written < bytes.count
            if written > 0 { state.isMidLine = state.isStalled }
            return !state.isStalled
        }
    }
}
