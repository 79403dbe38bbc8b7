import Dispatch
import Glibc

/// One end of a TCP connection to this machine that sends whatever it is told to; closed when released.
public final class TCPClient: Sendable {
    private static let patienceMilliseconds: Int32 = 20_000
    private let descriptor: Int32

    /// Connects.
    public init(port: Int) throws {
        descriptor = try Loopback.connected(to: port)
    }

    deinit {
        close(descriptor)
    }

    /// Sends bytes; false if the other end is gone.
    @discardableResult
    public func send(_ bytes: some Sequence<UInt8>) -> Bool {
        let bytes = Array(bytes)
        let sent = unsafe bytes.withUnsafeBytes {
            unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        return sent == bytes.count
    }

    /// Waits until the other end has closed the connection, and returns what it has sent.
    ///
    /// Waits on a thread of its own: what it waits for may need those of the tests.
    public func received() async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "client").async { [self] in
                continuation.resume(with: Result { try receive() })
            }
        }
    }

    private func receive() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&polled, 1, Self.patienceMilliseconds) == 1 else {
                throw NotInTime(description: "the other end neither closed nor sent after \(bytes.count) bytes")
            }
            let count = unsafe recv(descriptor, &piece, piece.count, 0)
            // A reset is an end as well.
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}

/// What a server has answered over HTTP.
public struct HTTPResponse: Sendable {
    /// 0 if there was no answer.
    public let status: Int
    /// By name in lower case.
    public let headers: [String: String]
    /// The body.
    public let body: String

    /// Reads an answer with all its parts.
    public init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let (head, body) = Self.halves(text, at: "\r\n\r\n")
        let lines = head.split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        headers = Dictionary(
            lines.dropFirst().map { line in
                let (name, value) = Self.halves(String(line), at: ": ")
                return (name.lowercased(), value)
            }, uniquingKeysWith: { $0 + ", " + $1 })
        self.body = body
    }

    /// Asks a server of this machine.
    public static func to(_ method: String, _ path: String, port: Int) async throws -> HTTPResponse {
        let client = try TCPClient(port: port)
        client.send("\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        return HTTPResponse(try await client.received())
    }

    private static func halves(_ text: String, at mark: String) -> (String, String) {
        guard let range = text.firstRange(of: mark) else { return (text, "") }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }
}
