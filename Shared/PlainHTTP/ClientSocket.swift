import Glibc

/// A socket connected to a server, whose calls block within a time-out; closed when released.
@safe struct ClientSocket: ~Copyable {
    private static let receiveBytesMax = 4_096

    private let descriptor: Int32

    /// Connects to the first of the host's addresses that answers.
    init(to address: PlainAddress, timeout: Duration) throws(PlainHTTPError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let outcome = unsafe getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard outcome == 0 else {
            throw PlainHTTPError(text: "\(address.host): \(unsafe String(cString: gai_strerror(outcome)))")
        }
        defer { unsafe freeaddrinfo(found) }
        var failure = PlainHTTPError(text: "\(address.host) has no address")
        var next = unsafe found
        while let candidate = unsafe next {
            do throws(PlainHTTPError) {
                descriptor = try unsafe Self.connected(candidate.pointee, timeout)
                return
            } catch {
                failure = error
            }
            unsafe next = candidate.pointee.ai_next
        }
        throw failure
    }

    deinit {
        close(descriptor)
    }

    private static func connected(_ place: addrinfo, _ timeout: Duration) throws(PlainHTTPError) -> Int32 {
        let kind = unsafe place.ai_socktype | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = unsafe socket(place.ai_family, kind, place.ai_protocol)
        guard descriptor >= 0 else { throw .ofSystem }
        let (seconds, attoseconds) = timeout.components
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        // The one for sending bounds connecting as well.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        guard unsafe connect(descriptor, place.ai_addr, place.ai_addrlen) == 0 else {
            let error = PlainHTTPError.ofSystem
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Sends everything.
    func send(_ bytes: [UInt8]) throws(PlainHTTPError) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(
                    descriptor, $0.baseAddress.map { unsafe $0 + sent }, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw .ofSystem }
            sent += count
        }
    }

    /// What has come, at least a byte; nothing when the server has closed.
    func receive() throws(PlainHTTPError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.receiveBytesMax)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .ofSystem }
        return Array(bytes.prefix(count))
    }
}

extension PlainHTTPError {
    /// What the system has just refused.
    fileprivate static var ofSystem: PlainHTTPError {
        let number = errno
        if number == EAGAIN || number == EINPROGRESS { return PlainHTTPError(text: "no answer in time") }
        return PlainHTTPError(text: unsafe String(cString: strerror(number)))
    }
}
