import Dispatch
import Glibc
import Synchronization

/// A server's unreliable network: forwards connections, and can fall silent, cut them, or slip bytes in.
///
/// One thread in one `poll`.
public final class TCPProxy: Sendable {
    /// One way of a connection: what `source` says goes to `sink`, with what is on the way.
    private struct Way {
        let source: Int32
        let sink: Int32
        var pending: [UInt8] = []
        var isSilenced = false
    }

    private struct State {
        var isFrozen = false
        var isStopped = false
        var ways: [Way] = []
        /// The client's end of the newest connection.
        var newest: Int32 = -1
    }

    /// Where clients connect to, on the loopback; refused until ``whileListening(_:)``.
    public let port: Int
    private let listener: Int32
    private let target: Int
    private let state = Mutex(State())

    /// Reserves a port.
    public init(to target: Int) throws {
        self.target = target
        (listener, port) = try Loopback.bound()
    }

    deinit {
        close(listener)
    }

    /// Runs `body` with the proxy accepting connections; ends all of them afterwards.
    public func whileListening<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        guard listen(listener, 16) == 0 else { throw Loopback.Failure() }
        DispatchQueue(label: "proxy").async { [self] in run() }
        defer { state.withLock { $0.isStopped = true } }
        return try await body()
    }

    /// Forwards nothing from now on, and says nothing about it.
    public func freeze() {
        state.withLock { $0.isFrozen = true }
    }

    /// Forwards again, also what came meanwhile.
    public func thaw() {
        state.withLock { $0.isFrozen = false }
    }

    /// Forwards nothing any more on the connections there are, which stay open; new ones are served as before.
    public func silence() {
        state.withLock { state in
            for position in state.ways.indices { state.ways[position].isSilenced = true }
        }
    }

    /// Sends bytes to the newest client as if they came from the server; to be done while the server is quiet.
    public func inject(_ bytes: [UInt8]) {
        state.withLock { state in
            for position in state.ways.indices where state.ways[position].sink == state.newest {
                state.ways[position].pending += bytes
            }
        }
    }

    private func run() {
        while !state.withLock({ $0.isStopped }) {
            var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
            state.withLock { state in
                for way in state.ways where !state.isFrozen && !way.isSilenced {
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
    }

    private func accept() {
        let client = Glibc.accept(listener, nil, nil)
        guard client >= 0, let server = try? Loopback.connected(to: target) else { return Self.hangUp([client]) }
        state.withLock { state in
            state.ways += [Way(source: client, sink: server), Way(source: server, sink: client)]
            state.newest = client
        }
    }

    private static func forward(_ state: inout State) {
        var dead: Set<Int32> = []
        for position in state.ways.indices where !state.ways[position].isSilenced && !move(&state.ways[position]) {
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
}
