/// One thread that runs the jobs of one actor and waits on one socket.
///
/// A connection to a server is an actor whose `unownedExecutor` is its loop's: everything the C library is asked to do
/// happens on one thread, and that thread sleeps in a single `poll` over the socket and an eventfd by which other threads
/// hand it jobs. The thread ends when the loop is released; whoever owns the connection owns the loop.
public final class EventLoop: Sendable {
    /// What the thread runs: give its `asUnownedSerialExecutor()` to the actor that lives here.
    public let executor: LoopExecutor
    /// The same thread as the preference of a task: for calls that block, and not for an actor's jobs.
    public let taskExecutor: LoopTaskExecutor

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `top -H` and in core dumps; the kernel keeps the first 15 bytes.
    ///   - stackBytes: librabbitmq decodes header tables recursively before anybody can look at them: 10,000 levels overflow
    ///     1 MB, so a thread that reads from a broker wants 16 MiB. The pages are only reserved until they are touched.
    public init(name: String, stackBytes: Int = 16 << 20) {
        executor = LoopExecutor(name: name)
        taskExecutor = LoopTaskExecutor(executor)
        executor.start(stackBytes: stackBytes)
    }

    deinit {
        executor.finish()
    }
}
