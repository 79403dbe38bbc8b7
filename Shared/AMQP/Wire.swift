import CRabbitMQ
import Glibc

/// One connection of the C library with one channel open on it; closes both when released.
///
/// Not thread-safe: lives inside one actor. Every call into the library goes through ``inside(_:)``, where the watchdog sees
/// it. Synchronous requests (`…declare`, `open`) may block for `limits.requestTimeout` and are for setting up only.
@safe final class Wire {
    /// The only channel: one per connection, because the library loses queued frames of other channels when it waits on one.
    static let channel: amqp_channel_t = 1
    /// What we offer; the broker's default is the same.
    private static let frameBytesMax: Int32 = 131_072

    /// Owns the library's object.
    @safe private struct Handle: ~Copyable {
        let raw: amqp_connection_state_t

        init() {
            guard let raw = unsafe amqp_new_connection() else { preconditionFailure("out of memory") }
            unsafe self.raw = raw
        }

        deinit {
            unsafe amqp_destroy_connection(raw)
        }
    }

    private let handle: Handle
    private let socket: GuardedSocket
    let limits: AMQPLimits
    let arena = Arena()

    /// The library's object, for the extensions of this class.
    var raw: amqp_connection_state_t { unsafe handle.raw }

    /// The socket, to wait on; belongs to this wire.
    var descriptor: Int32 { socket.descriptor }

    /// Connects, logs in and opens the channel.
    init(to address: BrokerAddress, name: String, limits: AMQPLimits) throws(AMQPError) {
        handle = Handle()
        self.limits = limits
        let descriptor = try unsafe Self.open(handle.raw, address, limits)
        guard let socket = GuardedSocket(duplicating: descriptor, limit: limits.libraryCallMax) else {
            throw AMQPError(.connectFailed, "no file descriptor left")
        }
        self.socket = socket
        Watchdog.shared.add(socket)
        do {
            try logIn(address, name: name)
            try openChannel()
        } catch {
            Watchdog.shared.remove(socket)
            throw error
        }
    }

    deinit {
        Watchdog.shared.remove(socket)
    }

    // MARK: Setting up

    /// Opens the socket, with TLS if the address asks for it, and returns its descriptor.
    private static func open(
        _ raw: amqp_connection_state_t, _ address: BrokerAddress, _ limits: AMQPLimits
    ) throws(AMQPError) -> Int32 {
        let socket = unsafe address.tls == nil ? amqp_tcp_socket_new(raw) : amqp_ssl_socket_new(raw)
        if let tls = address.tls { try unsafe secure(socket, tls) }
        var timeout = timeval(limits.connectTimeout)
        let status = unsafe amqp_socket_open_noblock(socket, address.host, Int32(address.port), &timeout)
        guard status == 0 else {
            let isTLS = -0x300 < status && status <= -0x200
            throw AMQPError(
                isTLS ? .tlsFailed : .connectFailed, reason(of: status, at: address),
                during: "connecting to \(address)")
        }
        return unsafe amqp_get_sockfd(raw)
    }

    /// What an operator can act upon; the library's own words name neither the authorities nor the host.
    private static func reason(of status: Int32, at address: BrokerAddress) -> String {
        switch (status, address.tls) {
        case (AMQP_STATUS_SSL_PEER_VERIFY_FAILED.rawValue, let tls?):
            "no authority in \(tls.authorityFile) has signed the certificate, or it has expired"
        case (AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED.rawValue, _):
            "the certificate is not for \(address.host)"
        case (AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue, _):
            "the handshake failed: the port does not speak TLS 1.2 or above"
        default: text(of: status)
        }
    }

    /// TLS 1.2 at least (the library would take 1.0), with the peer's certificate and its host name verified.
    private static func secure(_ socket: OpaquePointer?, _ tls: BrokerAddress.TLS) throws(AMQPError) {
        unsafe amqp_ssl_socket_set_verify_peer(socket, 1)
        unsafe amqp_ssl_socket_set_verify_hostname(socket, 1)
        guard unsafe amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST) == 0 else {
            throw AMQPError(.tlsFailed, "TLS 1.2 is not available")
        }
        guard unsafe amqp_ssl_socket_set_cacert(socket, tls.authorityFile) == 0 else {
            throw AMQPError(.tlsFailed, "cannot read the authorities in \(tls.authorityFile)")
        }
        guard let files = tls.clientCertificate else { return }
        guard unsafe amqp_ssl_socket_set_key(socket, files.certificateFile, files.keyFile) == 0 else {
            throw AMQPError(.tlsFailed, "cannot read \(files.certificateFile) or \(files.keyFile)")
        }
    }

    private func logIn(_ address: BrokerAddress, name: String) throws(AMQPError) {
        let operation = "logging in to \(address)"
        var timeout = timeval(limits.connectTimeout)
        unsafe amqp_set_handshake_timeout(raw, &timeout)
        timeout = timeval(limits.requestTimeout)
        unsafe amqp_set_rpc_timeout(raw, &timeout)
        let reply = unsafe arena.lend { arena in
            var properties = unsafe arena.table(Self.clientProperties(name: name))
            return unsafe inside {
                unsafe citycoop_amqp_login_plain(
                    raw, address.virtualHost, 1, Self.frameBytesMax, Int32(limits.heartbeatSeconds), &properties,
                    address.user, address.password)
            }
        }
        do {
            try unsafe check(reply, operation)
        } catch {
            guard error.code == .connectionClosed else { throw error }
            throw AMQPError(.loginRefused, replyCode: error.replyCode, error.text, during: operation)
        }
        guard unsafe Int(amqp_get_frame_max(raw)) >= limits.headerBytesMax + (8 << 10) else {
            throw AMQPError(.connectFailed, "the broker's frame_max is too small for our headers", during: operation)
        }
    }

    /// The library by itself announces neither `consumer_cancel_notify`, without which a deleted queue leaves its consumer
    /// waiting for ever, nor `connection.blocked`.
    private static func clientProperties(name: String) -> [String: HeaderValue] {
        [
            "product": .string("City Coop"), "connection_name": .string(name),
            "capabilities": .table([
                "consumer_cancel_notify": .bool(true), "connection.blocked": .bool(true),
                "publisher_confirms": .bool(true), "basic.nack": .bool(true),
            ]),
        ]
    }

    /// Opens the channel; again, after the broker has closed it.
    func openChannel() throws(AMQPError) {
        inside { _ = unsafe amqp_channel_open(raw, Self.channel) }
        try checkLastReply("opening a channel")
    }

    /// Says goodbye, within the request time-out; the wire is of no further use.
    func close() {
        inside { _ = unsafe amqp_connection_close(raw, AMQP_REPLY_SUCCESS) }
    }

    // MARK: Calling the library

    /// Runs a library call where the watchdog sees it.
    func inside<Result>(_ call: () -> Result) -> Result {
        socket.inside(call)
    }

    /// Whether frames or bytes wait inside the library, where polling the socket cannot see them.
    var hasBufferedInput: Bool {
        unsafe amqp_frames_enqueued(raw) != 0 || amqp_data_in_buffer(raw) != 0
    }

    /// Whether the socket takes more without waiting.
    var isWritable: Bool {
        wait(for: POLLOUT, milliseconds: 0)
    }

    /// Waits for something to read, at most until the deadline.
    func awaitReadable(until deadline: ContinuousClock.Instant) {
        let remaining = (deadline - .now) / .milliseconds(1)
        _ = wait(for: POLLIN, milliseconds: Int32(max(1, remaining)))
    }

    private func wait(for events: Int32, milliseconds: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return unsafe poll(&polled, 1, milliseconds) == 1
    }

    /// Lets the kernel gather what the body writes into full segments: the library makes three small writes per message.
    func gathering<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) {
        setCork(1)
        defer { setCork(0) }
        try body()
    }

    private func setCork(_ on: Int32) {
        var on = on
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_CORK, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends a heartbeat; the library does so only while it waits for frames.
    func sendHeartbeat() throws(AMQPError) {
        var frame = unsafe amqp_frame_t()
        unsafe frame.frame_type = UInt8(AMQP_FRAME_HEARTBEAT)
        try check(inside { unsafe amqp_send_frame(raw, &frame) }, "sending a heartbeat")
    }

    // MARK: Errors

    /// Throws unless the library's status is fine.
    func check(_ status: Int32, _ operation: String) throws(AMQPError) {
        guard status < 0 else { return }
        if socket.wasShutDown {
            throw AMQPError(.peerSilent, "a call was stuck in the library and was broken off", during: operation)
        }
        throw AMQPError(Self.code(of: status), Self.text(of: status), during: operation)
    }

    /// Throws unless the library's last synchronous request went well.
    func checkLastReply(_ operation: String) throws(AMQPError) {
        try unsafe check(amqp_get_rpc_reply(raw), operation)
    }

    /// Throws unless the synchronous request went well; a closed channel is agreed to first.
    func check(_ reply: amqp_rpc_reply_t, _ operation: String) throws(AMQPError) {
        switch unsafe reply.reply_type {
        case AMQP_RESPONSE_NORMAL:
            return
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            let closure = unsafe Closure(reply.reply)
            confirm(closure)
            throw closure.error(operation)
        default:
            try check(unsafe reply.library_error, operation)
            throw AMQPError(.connectionLost, "no reply", during: operation)
        }
    }

    /// Agrees to the broker's closing; whether it arrives is of no importance.
    func confirm(_ closure: Closure) {
        _ = inside {
            switch closure.code {
            case .channelClosed:
                var method = amqp_channel_close_ok_t()
                return unsafe amqp_send_method(raw, Self.channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &method)
            default:
                var method = amqp_connection_close_ok_t()
                return unsafe amqp_send_method(raw, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &method)
            }
        }
    }

    private static func code(of status: Int32) -> AMQPError.Code {
        switch status {
        case AMQP_STATUS_HEARTBEAT_TIMEOUT.rawValue, AMQP_STATUS_TIMEOUT.rawValue: .peerSilent
        case AMQP_STATUS_BAD_AMQP_DATA.rawValue, AMQP_STATUS_UNKNOWN_CLASS.rawValue,
            AMQP_STATUS_UNKNOWN_METHOD.rawValue, AMQP_STATUS_WRONG_METHOD.rawValue,
            AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION.rawValue:
            .protocolViolation
        default: .connectionLost
        }
    }

    private static func text(of status: Int32) -> String {
        unsafe String(cString: amqp_error_string2(status))
    }
}

/// The broker's reason for closing the channel or the connection.
struct Closure {
    let code: AMQPError.Code
    let replyCode: Int
    let text: String

    func error(_ operation: String?) -> AMQPError {
        AMQPError(code, replyCode: replyCode, text, during: operation)
    }
}

extension timeval {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    }
}
