import Dispatch
import Glibc
import Synchronization

/// A broker's unreliable network: forwards connections, and can fall silent, cut them, or slip bytes in.
///
/// Blocking sockets on threads of their own; for tests only.
final class TCPProxy: Sendable {
    private struct State {
        var isFrozen = false
        var isStopped = false
        /// The two ends of each connection: the client's and the broker's.
        var pairs: [(client: Int32, broker: Int32)] = []
    }

    /// Where clients connect to, on the loopback.
    let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())
    private let threads = DispatchQueue(label: "proxy", attributes: .concurrent)

    init(to target: Int) throws {
        self.target = target
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && getsockname(listener, pointer, &length) == 0
            }
        }
        guard bound, listen(listener, 16) == 0 else { throw Failure() }
        port = Int(UInt16(bigEndian: address.sin_port))
        threads.async { [self] in accept() }
    }

    struct Failure: Error {}

    /// Forwards nothing from now on, and says nothing about it.
    func freeze() {
        state.withLock { $0.isFrozen = true }
    }

    /// Forwards again, also what came meanwhile.
    func thaw() {
        state.withLock { $0.isFrozen = false }
    }

    /// Breaks all connections.
    func cut() {
        state.withLock { state in
            for pair in state.pairs {
                shutdown(pair.client, Int32(SHUT_RDWR))
                shutdown(pair.broker, Int32(SHUT_RDWR))
            }
            state.pairs = []
        }
    }

    /// Sends bytes to the newest client as if they came from the broker; to be done while the broker is quiet.
    func inject(_ bytes: [UInt8]) {
        let client = state.withLock { $0.pairs.last?.client ?? -1 }
        Self.send(bytes, to: client)
    }

    /// Ends all threads.
    func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
        cut()
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            let broker = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = Self.loopback(port: target)
            let connected = unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    unsafe connect(broker, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard connected else { break }
            state.withLock { $0.pairs.append((client, broker)) }
            // Descriptors stay open until the process ends: closing one that another thread still reads would hand its
            // number to somebody else.
            threads.async { [self] in forward(from: client, to: broker) }
            threads.async { [self] in forward(from: broker, to: client) }
        }
        close(listener)
    }

    private func forward(from source: Int32, to sink: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(source, $0.baseAddress, $0.count, 0) }
            while state.withLock({ $0.isFrozen && !$0.isStopped }) { _ = poll(nil, 0, 5) }
            guard count > 0, Self.send(Array(buffer[..<count]), to: sink) else { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }

    @discardableResult
    private static func send(_ bytes: [UInt8], to sink: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.send(sink, $0.baseAddress.map { unsafe $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
