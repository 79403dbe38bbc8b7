internal import EventLoop

/// A small HTTP server: one thread, one request a connection, bounded in every direction.
///
/// Slow clients, hostile ones and questions without an answer cost a connection for a few seconds, and nothing else waits
/// for them.
public actor HTTPServer {
    private struct Asked: Sendable {
        let number: UInt
        let request: HTTPRequest
    }

    private let loop = EventLoop(name: "http", stackBytes: 1 << 20)
    private let daemon: HTTPDaemon
    private let limits: HTTPLimits
    private let requests: AsyncStream<Asked>
    private let feed: AsyncStream<Asked>.Continuation
    private var failure: HTTPServerError?
    /// Where it listens, also where the system has chosen the port.
    public nonisolated let port: Int

    /// Listens; connections wait until ``run(_:)``.
    public init(at address: ListenAddress, limits: HTTPLimits = HTTPLimits()) throws(HTTPServerError) {
        let socket = try ListenSocket.opened(at: address, backlogMax: limits.backlogMax)
        port = socket.port
        self.limits = limits
        // Not more than there are connections: each of them is suspended until its request is answered.
        let (requests, feed) = AsyncStream.makeStream(of: Asked.self)
        (self.requests, self.feed) = (requests, feed)
        daemon = try HTTPDaemon(on: socket, limits) { feed.yield(Asked(number: $0, request: $1)) }
    }

    /// The server's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    /// Answers requests until the task is cancelled or the server breaks; once.
    ///
    /// - Parameter answer: Runs elsewhere, for several requests at a time. One that takes longer than
    ///   `limits.answerDuration` is answered with 503, and is waited for when the server ends.
    public func run(_ answer: @escaping @Sendable (HTTPRequest) async -> HTTPAnswer) async throws(HTTPServerError) {
        watch()
        await withDiscardingTaskGroup { group in
            for await asked in requests {
                group.addTask { await self.give(answer(asked.request), to: asked.number) }
            }
            stop()
            group.cancelAll()
        }
        if let failure { throw failure }
    }

    private func watch() {
        loop.executor.watch(daemon.descriptor, for: .readable) { [unowned self] _ in
            if !turn() { pause() }
        }
    }

    /// Lets the daemon work, and sets the alarm for its next turn; false if there was nothing to do.
    @discardableResult
    private func turn() -> Bool {
        do throws(HTTPServerError) {
            let didWork = try daemon.turn()
            if let next = daemon.nextTurn {
                loop.executor.setAlarm(at: next) { [unowned self] in turn() }
            } else {
                loop.executor.clearAlarm()
            }
            return didWork
        } catch {
            failure = error
            feed.finish()
            stop()
            return true
        }
    }

    /// Looks away for a while: somebody wants in, the system has no resources for it, and the library would try again at
    /// once, for ever.
    private func pause() {
        loop.executor.setInterest([])
        loop.executor.setAlarm(at: .now + limits.acceptPause) { [unowned self] in
            loop.executor.setInterest(.readable)
        }
    }

    private func give(_ answer: HTTPAnswer, to number: UInt) {
        daemon.give(answer, to: number)
        turn()
    }

    private func stop() {
        loop.executor.unwatch()
        loop.executor.clearAlarm()
        daemon.stop()
    }
}
