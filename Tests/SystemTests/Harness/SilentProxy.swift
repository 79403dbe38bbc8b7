import Foundation
import FlyingSocks
import Synchronization

/// Stands between an instance and the broker, and can stop forwarding without a word to either side.
final class SilentProxy: Sendable {
    /// The port to connect to instead of the broker's.
    let port: Int
    private let target: Int
    private let state = Mutex(State())

    private struct State {
        /// Connections with a lower number forward nothing any more.
        var silencedBelow = 0
        var opened = 0
        /// Both ends of every connection that is not closed.
        var ends: [Int: [AsyncSocket]] = [:]
    }

    init(to target: Int) throws {
        self.target = target
        port = try Ports.free()
    }

    /// Runs `body` with the proxy listening.
    func whileListening<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let pool: some AsyncSocketPool = .make(maxEvents: 64)
        try await pool.prepare()
        let listening = try Socket(domain: AF_INET, type: .stream)
        try listening.setValue(true, for: .localAddressReuse)
        try listening.bind(to: .inet(ip4: "127.0.0.1", port: UInt16(port)))
        try listening.listen()
        let socket = try AsyncSocket(socket: listening, pool: pool)
        let running = Task { try await pool.run() }
        let accepting = Task {
            await withDiscardingTaskGroup { group in
                while let client = try? await socket.accept() {
                    group.addTask { await self.serve(client, pool) }
                }
            }
        }
        defer {
            accepting.cancel()
            running.cancel()
            try? socket.close()
            for socket in state.withLock({ $0.ends.values.flatMap { $0 } }) { shutDown(socket) }
        }
        return try await body()
    }

    /// Forwards nothing any more on the connections there are; new ones are served as before.
    ///
    /// - Returns: How many connections were cut.
    func silence() -> Int {
        state.withLock { state in
            let cut = state.ends.keys.filter { $0 >= state.silencedBelow }.count
            state.silencedBelow = state.opened
            return cut
        }
    }

    private func serve(_ client: AsyncSocket, _ pool: some AsyncSocketPool) async {
        guard
            let broker = try? await AsyncSocket.connected(
                to: .inet(ip4: "127.0.0.1", port: UInt16(target)), pool: pool, timeout: 5)
        else {
            try? client.close()
            return
        }
        let number = state.withLock { state in
            defer { state.opened += 1 }
            state.ends[state.opened] = [client, broker]
            return state.opened
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.forward(from: client, to: broker, number) }
            group.addTask { await self.forward(from: broker, to: client, number) }
        }
        // What is silenced stays open until the test is over: closing it would be a word.
        if isSilenced(number) { return }
        state.withLock { $0.ends[number] = nil }
        try? client.close()
        try? broker.close()
    }

    private func forward(from one: AsyncSocket, to other: AsyncSocket, _ number: Int) async {
        while let bytes = try? await one.read(atMost: 4096), !bytes.isEmpty {
            // What comes on a silenced connection is lost, and nobody is told.
            if isSilenced(number) { return }
            guard (try? await other.write(Data(bytes))) != nil else { break }
        }
        if isSilenced(number) { return }
        shutDown(one)
        shutDown(other)
    }

    /// Wakes whoever waits on the socket; closing it would not.
    private func shutDown(_ socket: AsyncSocket) {
        shutdown(socket.socket.file.rawValue, Int32(SHUT_RDWR))
    }

    private func isSilenced(_ number: Int) -> Bool {
        state.withLock { number < $0.silencedBelow }
    }
}
