import Synchronization

/// A fixed number of connections to one database, each replaced when it breaks.
///
/// ``run()`` keeps them open; callers borrow one at a time and wait in line, within a limit, while there is none. A
/// connection that is given back broken, or with its transaction open, is closed.
public final class Pool: Sendable {
    private typealias Waiter = CheckedContinuation<Result<Connection, PostgresError>, Never>

    /// How a pool is used at one moment.
    public struct Usage: Sendable, Equatable {
        /// Connections that nobody has borrowed.
        public var idle: Int
        /// Connections that are lent.
        public var used: Int
        /// Callers who wait for one.
        public var waiting: Int
    }

    private struct State {
        var idle: [Connection] = []
        var waiting: [(id: Int, waiter: Waiter)] = []
        var count = 0
        /// Those that are up, idle or lent.
        var connected: [Connection] = []
        var isClosed = false
        var lastError: PostgresError?
    }

    /// What the pool's connections are called.
    public let name: String
    private let address: DatabaseAddress
    private let limits: PostgresLimits
    private let state = Mutex(State())
    private let closing = Signal()
    private let waited: (@Sendable (Duration) -> Void)?

    /// Describes a pool; nothing is opened before ``run()``.
    ///
    /// - Parameter waited: Told how long a caller had to wait for a connection; not of those who found one idle.
    public init(
        _ address: DatabaseAddress, name: String, limits: PostgresLimits = .init(),
        waited: (@Sendable (Duration) -> Void)? = nil
    ) {
        self.address = address
        self.name = name
        self.limits = limits
        self.waited = waited
    }

    // MARK: Its life

    /// Opens the connections and replaces broken ones, until the task is cancelled or the pool is closed.
    ///
    /// Idle connections are closed then, borrowed ones when they come back.
    public func run() async {
        await withTaskGroup { group in
            for number in 1...max(1, limits.poolConnections) {
                group.addTask { await self.keepConnection(number) }
            }
            group.addTask { await self.closing.wait() }
            await group.next()
            group.cancelAll()
        }
        await close()
    }

    /// Closes what is idle and refuses new callers.
    public func close() async {
        let (idle, waiting) = state.withLock { state in
            state.isClosed = true
            defer { (state.idle, state.waiting) = ([], []) }
            return (state.idle, state.waiting)
        }
        closing.fire()
        for (_, waiter) in waiting { waiter.resume(returning: .failure(Self.closed)) }
        for connection in idle { await connection.close() }
    }

    /// Whether at least one connection is up.
    public var isConnected: Bool {
        state.withLock { !$0.connected.isEmpty }
    }

    /// The connections that are up at this moment, lent ones as well: to be looked at, not to be used.
    public var connections: [Connection] {
        state.withLock { $0.connected }
    }

    /// How it is used at this moment.
    public var usage: Usage {
        state.withLock { state in
            let idle = state.idle.count
            return Usage(idle: idle, used: max(0, state.connected.count - idle), waiting: state.waiting.count)
        }
    }

    /// One connection's place: connected, waited for until it breaks, connected again.
    private func keepConnection(_ number: Int) async {
        var delay = limits.reconnectDelayFirst
        while !Task.isCancelled {
            do {
                let connection = try await Connection.connect(to: address, name: "\(name) \(number)", limits: limits)
                delay = limits.reconnectDelayFirst
                state.withLock { $0.connected.append(connection) }
                await giveBack(connection)
                await connection.waitUntilClosed()
                state.withLock { state in
                    state.connected.removeAll { $0 === connection }
                    if !connection.isUsable { state.idle.removeAll { $0 === connection } }
                }
            } catch {
                state.withLock { $0.lastError = error }
                // Instances that lost the same server must not all come back in the same moment.
                try? await Task.sleep(for: delay * Double.random(in: 0.5...1))
                delay = min(delay * 2, limits.reconnectDelayMax)
            }
        }
    }

    // MARK: Borrowing

    /// Lends a connection to `body`, and to nobody else meanwhile.
    public func withConnection<Value>(_ body: (Connection) async throws -> Value) async throws -> Value {
        let connection = try await borrow()
        do {
            let value = try await body(connection)
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    public func withTransaction<Value>(
        _ body: (inout Transaction) async throws -> Value
    ) async throws -> Value {
        try await withConnection { try await $0.withTransaction(body) }
    }

    /// Sends statements in one flight and reads their rows.
    ///
    /// - Parameter limit: How long to wait for the answer, instead of the limits' `flightDeadline`.
    public func execute<each S: Statement>(
        _ statements: repeat each S, within limit: Duration? = nil
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        var flight = Flight()
        repeat _ = flight.add(each statements)
        var results = FlightResults.Reader(try await run(flight, within: limit))
        return (repeat try results.next((each S).self))
    }

    /// Sends a flight and returns its results.
    ///
    /// - Parameter limit: How long to wait for the answer, instead of the limits' `flightDeadline`.
    public func run(_ flight: Flight, within limit: Duration? = nil) async throws(PostgresError) -> FlightResults {
        let connection = try await borrow()
        do {
            let results = try await connection.run(flight, within: limit)
            await giveBack(connection)
            return results
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    private static let closed = PostgresError(.poolWait, "the pool is closed")

    private func borrow() async throws(PostgresError) -> Connection {
        if let connection = state.withLock({ $0.waiting.isEmpty ? Self.takeIdle(&$0) : nil }) { return connection }
        return try await waitInLine()
    }

    private static func takeIdle(_ state: inout State) -> Connection? {
        while let connection = state.idle.popLast() {
            if connection.isUsable { return connection }
        }
        return nil
    }

    private func waitInLine() async throws(PostgresError) -> Connection {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        let start = ContinuousClock.now
        defer { waited?(.now - start) }
        async let _ = endPatience(of: id)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in enqueue(waiter, id) }
        } onCancel: {
            refuse(id, PostgresError(.poolWait, "the caller was cancelled while it waited for a connection"))
        }
        return try result.get()
    }

    private func enqueue(_ waiter: Waiter, _ id: Int) {
        let answer: Result<Connection, PostgresError>? = state.withLock { state in
            if state.isClosed { return .failure(Self.closed) }
            // A cancellation before this line shows here; one after it finds the waiter.
            if Task.isCancelled { return .failure(PostgresError(.poolWait, "the caller was cancelled")) }
            if let connection = Self.takeIdle(&state) { return .success(connection) }
            state.waiting.append((id, waiter))
            return nil
        }
        if let answer { waiter.resume(returning: answer) }
    }

    private func endPatience(of id: Int) async {
        guard (try? await Task.sleep(for: limits.poolWait)) != nil else { return }
        let lastError = state.withLock { $0.connected.isEmpty ? $0.lastError : nil }
        refuse(id, PostgresError(.poolWait, "none came free within the limit", underlying: lastError))
    }

    private func refuse(_ id: Int, _ error: PostgresError) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).waiter }
        }
        waiter?.resume(returning: .failure(error))
    }

    private func giveBack(_ connection: Connection) async {
        guard connection.isUsable else { return await connection.close() }
        let (waiter, isClosed): (Waiter?, Bool) = state.withLock { state in
            if state.isClosed { return (nil, true) }
            if !state.waiting.isEmpty { return (state.waiting.removeFirst().waiter, false) }
            state.idle.append(connection)
            return (nil, false)
        }
        if isClosed { await connection.close() }
        waiter?.resume(returning: .success(connection))
    }
}
