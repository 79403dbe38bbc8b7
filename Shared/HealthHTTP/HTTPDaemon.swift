internal import CMicrohttpd
internal import Glibc

/// One libmicrohttpd daemon, driven from outside: it does its work in ``turn()`` and has no thread of its own.
///
/// Not thread-safe: lives inside one actor. A connection is for one request. While its answer is being thought about the
/// library leaves it alone (it is suspended), so that nothing here ever waits.
@safe final class HTTPDaemon {
    /// Where a connection is between its opening and its end.
    private enum Stage {
        /// The client sends its request.
        case receiving
        /// The request is with ``asked``; the connection is suspended.
        case thinking
        /// The answer is there, and the library will come and ask for it.
        case decided(HTTPAnswer)
        /// The client takes the answer.
        case sending
        /// The socket is shut down, and the library will notice.
        case cut
    }

    @safe private struct Exchange {
        let connection: OpaquePointer
        let socket: Int32
        var stage = Stage.receiving
        /// When this stage began.
        var since = ContinuousClock.now
    }

    private let limits: HTTPLimits
    private let asked: (UInt, HTTPRequest) -> Void
    /// Nil once it is stopped.
    private var daemon: OpaquePointer?
    /// The connections by number; the library keeps the number with each connection.
    private var exchanges: [UInt: Exchange] = [:]
    private var opened: UInt = 0
    private var closed: UInt = 0
    /// Whether the library has something to do that its descriptor does not show.
    private var isUrgent = false
    private var isStopping = false

    /// Starts the library on a socket that listens.
    ///
    /// - Parameter asked: Given each request with the number under which ``give(_:to:)`` takes its answer.
    init(
        on socket: consuming ListenSocket, _ limits: HTTPLimits, asked: @escaping (UInt, HTTPRequest) -> Void
    ) throws(HTTPServerError) {
        self.limits = limits
        self.asked = asked
        // The library does not say whether it has closed the socket when it does not start: one descriptor is lost then.
        unsafe daemon = citycoop_mhd_start(
            socket.give(), UInt32(limits.connectionsMax), limits.connectionBytesMax,
            { context, connection, path, method, _, _, _, _ in
                guard let context = unsafe context, let connection = unsafe connection else { return .NO }
                let daemon = unsafe Unmanaged<HTTPDaemon>.fromOpaque(context).takeUnretainedValue()
                return unsafe daemon.handle(connection, path, method) ? .YES : .NO
            },
            { context, connection, number, event in
                guard let context = unsafe context, let connection = unsafe connection, let number = unsafe number
                else { return }
                let daemon = unsafe Unmanaged<HTTPDaemon>.fromOpaque(context).takeUnretainedValue()
                if event == .CONNECTION_NOTIFY_STARTED {
                    unsafe number.pointee = UnsafeMutableRawPointer(bitPattern: daemon.open(connection))
                } else {
                    unsafe daemon.close(UInt(bitPattern: number.pointee))
                }
            }, Unmanaged.passUnretained(self).toOpaque())
        if unsafe daemon == nil { throw .ofSystem(.cannotStart) }
    }

    deinit {
        stop()
    }

    /// Readable whenever there is something to do in ``turn()``.
    var descriptor: Int32 {
        unsafe daemon.map { unsafe citycoop_mhd_epoll($0) } ?? -1
    }

    // MARK: Turns

    /// When ``turn()`` is wanted next, even if the descriptor does not become readable.
    private(set) var nextTurn: ContinuousClock.Instant?

    /// Accepts, reads and writes what can be done without waiting, and ends what has taken too long.
    ///
    /// - Returns: Whether there was, or is, any connection.
    func turn() throws(HTTPServerError) -> Bool {
        guard let daemon = unsafe daemon else { return false }
        let before = (opened, closed)
        // The clock of before: what this thread itself was late with is done first, and costs no client its time.
        let now = ContinuousClock.now
        isUrgent = false
        guard unsafe MHD_run_wait(daemon, 0) == .YES else { throw .ofSystem(.broken) }
        for (number, exchange) in exchanges where deadline(of: exchange) <= now { expire(number, exchange.stage) }
        var milliseconds: UInt64 = 0
        let isPending = unsafe MHD_get_timeout(daemon, &milliseconds) == .YES
        nextTurn = isPending || isUrgent ? now : exchanges.values.map(deadline).min()
        return !exchanges.isEmpty || before != (opened, closed)
    }

    private func deadline(of exchange: Exchange) -> ContinuousClock.Instant {
        let isCrowded = exchanges.count >= limits.connectionsMax
        switch exchange.stage {
        case .receiving: return exchange.since + (isCrowded ? limits.crowdedDuration : limits.requestDuration)
        case .thinking: return exchange.since + limits.answerDuration
        case .decided, .sending: return exchange.since + (isCrowded ? limits.crowdedDuration : limits.sendDuration)
        case .cut: return exchange.since + limits.sendDuration
        }
    }

    private func expire(_ number: UInt, _ stage: Stage) {
        if case .thinking = stage {
            give(.unavailable, to: number)
        } else {
            cut(number)
        }
    }

    /// Shuts the socket down; the library closes it when it sees that.
    private func cut(_ number: UInt) {
        guard let exchange = exchanges[number] else { return }
        shutdown(exchange.socket, Int32(SHUT_RDWR))
        enter(.cut, number)
    }

    private func enter(_ stage: Stage, _ number: UInt) {
        exchanges[number]?.stage = stage
        exchanges[number]?.since = .now
    }

    // MARK: What the library tells

    private func open(_ connection: OpaquePointer) -> UInt {
        opened += 1
        exchanges[opened] = unsafe Exchange(connection: connection, socket: citycoop_mhd_socket(connection))
        return opened
    }

    private func close(_ number: UInt) {
        closed += 1
        exchanges[number] = nil
        // After a full house the library listens again.
        isUrgent = true
    }

    /// Takes the request, or hands over its answer when the library comes for it; false closes the connection.
    private func handle(
        _ connection: OpaquePointer, _ path: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?
    ) -> Bool {
        let number = unsafe UInt(bitPattern: citycoop_mhd_socket_context(connection))
        switch exchanges[number]?.stage {
        case .receiving where !isStopping:
            guard let path = unsafe path, let method = unsafe method else { return false }
            unsafe MHD_suspend_connection(connection)
            enter(.thinking, number)
            asked(number, unsafe HTTPRequest(method: String(cString: method), path: String(cString: path)))
            return true
        case .decided(let answer):
            enter(.sending, number)
            return unsafe Self.queue(answer, on: connection)
        default:
            return false
        }
    }

    private static func queue(_ answer: HTTPAnswer, on connection: OpaquePointer) -> Bool {
        let response = unsafe answer.body.withUnsafeBytes { body in
            unsafe MHD_create_response_from_buffer(
                body.count, UnsafeMutableRawPointer(mutating: body.baseAddress), .RESPMEM_MUST_COPY)
        }
        guard let response = unsafe response else { return false }
        defer { unsafe MHD_destroy_response(response) }
        for (name, value) in answer.headers {
            guard unsafe MHD_add_response_header(response, name, value) == .YES else { return false }
        }
        return unsafe MHD_queue_response(connection, UInt32(answer.status), response) == .YES
    }

    // MARK: Answers and the end

    /// Takes the answer to a request, for the next turn; nothing happens if it is too late for it.
    func give(_ answer: HTTPAnswer, to number: UInt) {
        guard let exchange = exchanges[number], case .thinking = exchange.stage else { return }
        enter(.decided(answer), number)
        unsafe MHD_resume_connection(exchange.connection)
        isUrgent = true
    }

    /// Answers with 503 whatever is still being thought about, and closes the socket and all connections.
    func stop() {
        guard let daemon = unsafe daemon else { return }
        isStopping = true
        // Nobody gets in any more before the first of those who are in hears that it is over.
        let listening = unsafe MHD_quiesce_daemon(daemon)
        if listening >= 0 { _ = Glibc.close(listening) }
        // A daemon that is stopped with suspended connections aborts the process.
        for number in exchanges.keys { give(.unavailable, to: number) }
        _ = unsafe MHD_run_wait(daemon, 0)
        unsafe MHD_stop_daemon(daemon)
        unsafe self.daemon = nil
        nextTurn = nil
    }
}
