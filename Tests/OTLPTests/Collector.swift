import Dispatch
import Glibc
import Synchronization
import TestKit

/// A server that stands in for a collector of traces: keeps what is posted, and answers as it is told to.
final class Collector: Sendable {
    private struct State {
        var requests: [String] = []
        var status = 200
        var isStopped = false
    }

    let port: Int
    private let listener: Int32
    private let state = Mutex(State())

    init() throws {
        (listener, port) = try Loopback.listening()
        DispatchQueue(label: "collector").async { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                serve(connection)
                close(connection)
            }
        }
    }

    /// Ends it; whoever connects then is refused.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// The requests so far, head and body.
    var requests: [String] { state.withLock { $0.requests } }

    /// What it answers.
    var status: Int {
        get { state.withLock { $0.status } }
        set { state.withLock { $0.status = newValue } }
    }

    private func serve(_ connection: Int32) {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while !Self.isWhole(bytes) {
            let count = unsafe recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return }
            bytes += piece[..<count]
        }
        let status = state.withLock { state in
            state.requests.append(String(decoding: bytes, as: UTF8.self))
            return state.status
        }
        let answer = Array("HTTP/1.1 \(status) Because\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".utf8)
        _ = unsafe answer.withUnsafeBytes {
            unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n"),
            let length = text.firstMatch(of: /Content-Length: (\d+)/).flatMap({ Int($0.1) })
        else { return false }
        return text[end.upperBound...].utf8.count >= length
    }
}
