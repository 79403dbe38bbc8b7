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
    private let descriptor: Int32
    private let isStalled = Mutex(false)

    /// Writes to stderr.
    public convenience init() {
        self.init(descriptor: STDERR_FILENO)
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes one line, whole.
    public func write(_ line: [UInt8]) -> Bool {
        isStalled.withLock { isStalled in
            let wait = isStalled ? 0 : ServiceLimits.logWaitMilliseconds
            isStalled = !BoundedWrite.write(line, to: descriptor, waitMilliseconds: wait)
            return !isStalled
        }
    }
}
