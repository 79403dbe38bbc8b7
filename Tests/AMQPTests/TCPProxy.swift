import Dispatch
import Glibc
import Synchronization

/// A broker's unreliable network: forwards connections, and can fall silent, cut them, or slip bytes in.
///
/// One thread in one `poll`; for tests only.
final class TCPProxy: Sendable {
    /// One way of a connection: what `source` says goes to `sink`, with what is on the way.
    private struct Way {
        let source: Int32
        let sink: Int32
        var pending: [UInt8] = []
    }

    private struct State {
        var isFrozen = false
        var isStopped = false
        var ways: [Way] = []
        /// The client's end of the newest connection.
        var newest: Int32 = -1
    }

    /// Where clients connect to, on the loopback.
    let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())

    init(to target: Int) throws {
        self.target = target
        (listener, port) = try Self.listen()
        DispatchQueue(label: "proxy").async { [self] in run() }
    }

    struct Failure: Error {}

    /// A socket on a free port of the loopback, and the port.
    static func listen() throws -> (socket: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(listener, pointer, length) == 0 && getsockname(listener, pointer, &length) == 0
            }
        }
        guard bound, Glibc.listen(listener, 16) == 0 else { throw Failure() }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// Forwards nothing from now on, and says nothing about it.
    func freeze() {
        state.withLock { $0.isFrozen = true }
    }

    /// Forwards again, also what came meanwhile.
    func thaw() {
        state.withLock { $0.isFrozen = false }
    }

    /// Sends bytes to the newest client as if they came from the broker; to be done while the broker is quiet.
    func inject(_ bytes: [UInt8]) {
        state.withLock { state in
            for position in state.ways.indices where state.ways[position].sink == state.newest {
                state.ways[position].pending += bytes
            }
        }
    }

    /// Ends the thread and all connections.
    func stop() {
        state.withLock { $0.isStopped = true }
    }

    private func run() {
        while !state.withLock({ $0.isStopped }) {
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            state.withLock { state in
                for way in state.ways where !state.isFrozen {
                    polled.append(pollfd(fd: way.source, events: Int16(way.pending.isEmpty ? POLLIN : 0), revents: 0))
                    polled.append(pollfd(fd: way.sink, events: Int16(way.pending.isEmpty ? 0 : POLLOUT), revents: 0))
                }
            }
            // The time-out lets a freeze, an injection or a stop take effect.
            _ = unsafe poll(&polled, nfds_t(polled.count), 5)
            if polled[0].revents != 0 { accept() }
            state.withLock { state in
                if !state.isFrozen { Self.forward(&state) }
            }
        }
        state.withLock { Self.hangUp(Set($0.ways.map(\.source))) }
        close(listener)
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        let broker = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(port: target)
        let connected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(broker, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard client >= 0, connected else { return Self.hangUp([client, broker]) }
        state.withLock { state in
            state.ways += [Way(source: client, sink: broker), Way(source: broker, sink: client)]
            state.newest = client
        }
    }

    private static func forward(_ state: inout State) {
        var dead: Set<Int32> = []
        for position in state.ways.indices where !move(&state.ways[position]) {
            dead.formUnion([state.ways[position].source, state.ways[position].sink])
        }
        state.ways.removeAll { dead.contains($0.source) }
        hangUp(dead)
    }

    /// Moves what can be moved without waiting; false if either end is gone.
    private static func move(_ way: inout Way) -> Bool {
        if way.pending.isEmpty {
            let capacity = 262_144
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
                count = unsafe recv(way.source, buffer.baseAddress, capacity, Int32(MSG_DONTWAIT))
                if count < 0 { count = 0 }
            }
            if bytes.isEmpty { return !isGone(way.source) }
            way.pending = bytes
        }
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        let sent = unsafe way.pending.withUnsafeBytes { unsafe send(way.sink, $0.baseAddress, $0.count, flags) }
        if sent > 0 { way.pending.removeFirst(sent) }
        return sent > 0 || errno == EAGAIN
    }

    private static func isGone(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = unsafe recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    private static func hangUp(_ descriptors: Set<Int32>) {
        for descriptor in descriptors { close(descriptor) }
    }

    private static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
