import EventLoop

/// Asks a URL and tells what it answers: for health checks, without credentials.
///
/// Its requests block and run on a thread of their own, one after the other, each within the time-out.
public actor HTTPProbe {
    /// What was answered.
    public struct Answer: Sendable, Equatable {
        /// The HTTP status.
        public let status: Int
        /// The body.
        public let body: [UInt8]
    }

    private let loop: EventLoop
    private let transfer: Transfer

    /// Prepares the probe; nothing is asked yet.
    public init(timeout: Duration = .seconds(3)) {
        loop = EventLoop(name: "probe", stackBytes: 1 << 20)
        transfer = Transfer(timeout: timeout)
    }

    /// The thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    /// Gets the URL; throws if nobody answers in time, and returns whatever was answered otherwise.
    public func get(_ url: String) throws(ManagementError) -> Answer {
        do {
            let (status, body) = try transfer.perform("GET", url, user: "", password: "", body: nil)
            return Answer(status: status, body: body)
        } catch {
            throw ManagementError(code: .unreachable, request: "GET \(url)", text: error.text)
        }
    }
}
