import EventLoop

/// Posts to a server nearby over HTTP in the clear, a connection for each request.
///
/// It is what libcurl would do without all that libcurl brings with it: a service links nothing for it, and has the thread
/// only while somebody keeps this. Its requests block on that thread, one after the other, each within the time-outs.
public actor PlainHTTP {
    private let loop: EventLoop
    private let address: PlainAddress
    private let timeout: Duration

    /// Prepares the client; nothing is asked yet.
    ///
    /// - Parameter timeout: How long connecting, each write and each read may take.
    public init(_ address: PlainAddress, timeout: Duration = .seconds(5)) {
        loop = EventLoop(name: "http", stackBytes: 1 << 20)
        self.address = address
        self.timeout = timeout
    }

    /// The thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    /// Posts a body and returns the status of the answer, whose body is not read.
    public func post(_ body: [UInt8], type: String) throws(PlainHTTPError) -> Int {
        let socket = try ClientSocket(to: address, timeout: timeout)
        let head = """
            POST \(address.path) HTTP/1.1\r
            Host: \(address.authority)\r
            Content-Type: \(type)\r
            Content-Length: \(body.count)\r
            Connection: close\r
            \r

            """
        try socket.send(Array(head.utf8) + body)
        return try Self.status(of: socket)
    }

    /// Reads `HTTP/1.1 200 …`.
    private static func status(of socket: borrowing ClientSocket) throws(PlainHTTPError) -> Int {
        var line: [UInt8] = []
        while line.count < 12 {
            let bytes = try socket.receive()
            guard !bytes.isEmpty else { break }
            line += bytes
        }
        let text = String(decoding: line.prefix(12), as: UTF8.self)
        guard text.hasPrefix("HTTP/1."), let status = Int(text.suffix(3)), (100...599).contains(status) else {
            throw PlainHTTPError(text: "the answer is not HTTP")
        }
        return status
    }
}

/// There was no answer; the system says why.
public struct PlainHTTPError: Error, Sendable, CustomStringConvertible {
    let text: String

    /// The reason.
    public var description: String { text }
}
