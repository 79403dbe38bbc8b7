import Postgres
import Synchronization
import TestKit
import Testing

/// Runs a pool around `body`.
private func withPool<Value: Sendable>(
    _ address: DatabaseAddress? = nil, limits: PostgresLimits = .init(),
    waited: (@Sendable (Duration) -> Void)? = nil,
    _ body: @escaping @Sendable (Pool) async throws -> Value
) async throws -> Value {
    let pool = Pool(try address ?? scratchServer(), name: "test pool", limits: limits, waited: waited)
    async let running: Void = pool.run()
    do {
        let value = try await body(pool)
        await pool.close()
        await running
        return value
    } catch {
        await pool.close()
        await running
        throw error
    }
}

/// Which sessions are lent.
private actor Borrowed {
    private var now: Set<Int32> = []
    private(set) var ever: Set<Int32> = []

    func begin(_ process: Int32) -> Bool {
        ever.insert(process)
        return now.insert(process).inserted
    }

    func end(_ process: Int32) {
        now.remove(process)
    }
}

@Suite("Pool")
struct PoolTests {
    private func limits(connections: Int, wait: Duration = .seconds(10)) -> PostgresLimits {
        var limits = PostgresLimits()
        limits.poolConnections = connections
        limits.poolWait = wait
        limits.reconnectDelayFirst = .milliseconds(10)
        return limits
    }

    @Test("No more sessions than the limit, no two borrowers on one")
    func bounded() async throws {
        let borrowed = Borrowed()
        try await withPool(limits: limits(connections: 3)) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await pool.withConnection { connection in
                            let process = try await connection.process()
                            let isAlone = await borrowed.begin(process)
                            _ = try await connection.execute(Echo(1))
                            await borrowed.end(process)
                            #expect(isAlone)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let sessions = await borrowed.ever.count
        #expect((1...3).contains(sessions))
    }

    @Test("Statements, flights and transactions")
    func shortcuts() async throws {
        try await withItems { address in
            try await withPool(address, limits: limits(connections: 1)) { pool in
                _ = try await pool.execute(InsertItems([1]))
                try await pool.withTransaction { $0.write(InsertItems([2])) }
                var flight = Flight()
                let ticket = flight.add(ReadItems())
                let items = try await pool.run(flight).rows(of: ticket)
                #expect(items == [1, 2])
            }
        }
    }

    @Test("A session that breaks is replaced")
    func replaced() async throws {
        try await withPool(limits: limits(connections: 1)) { pool in
            let first = try await pool.withConnection { try await $0.process() }
            let error = try await failure {
                try await pool.withConnection { connection in
                    try await withConnection { _ = try await $0.execute(Terminate(process: first)) }
                    _ = try await connection.execute(Pause(seconds: 60))
                }
            }
            #expect(error.isConnectionTrouble)
            let second = try await pool.withConnection { try await $0.process() }
            #expect(second != first)
            // An idle one as well.
            try await withConnection { _ = try await $0.execute(Terminate(process: second)) }
            try await eventually("a third session") {
                let process = try? await pool.withConnection { try await $0.process() }
                return process.map { $0 != second } ?? false
            }
        }
    }

    @Test("Whoever waits too long, or is cancelled, leaves the line with an error")
    func line() async throws {
        try await withPool(limits: limits(connections: 1, wait: .milliseconds(200))) { pool in
            try await eventually("a connection") { pool.isConnected }
            try await pool.withConnection { connection in
                let late = try await failure { try await pool.execute(Echo(1)) }
                #expect(late.code == .poolWait && late.isConnectionTrouble)
                let cancelled = await withTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        do throws(PostgresError) {
                            _ = try await pool.execute(Echo(1))
                            return false
                        } catch {
                            return error.code == .poolWait
                        }
                    }
                    group.cancelAll()
                    return await group.next() ?? false
                }
                #expect(cancelled)
                _ = try await connection.execute(Echo(1))
            }
            let free = try await pool.execute(Echo(2))
            #expect(free == [2])
        }
    }

    @Test("It tells how it is used, and how long those waited who had to")
    func usage() async throws {
        let waits = Mutex<[Duration]>([])
        let limits = limits(connections: 2)
        try await withPool(limits: limits, waited: { wait in waits.withLock { $0.append(wait) } }) { pool in
            try await eventually("two connections") { pool.usage.numbers == [2, 0, 0] }
            #expect(pool.connections.count == 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await pool.withConnection { _ in
                    #expect(pool.usage.numbers == [1, 1, 0])
                    try await pool.withConnection { _ in
                        #expect(waits.withLock { $0.isEmpty }, "who finds one idle does not wait")
                        group.addTask { _ = try await pool.execute(Echo(3)) }
                        try await eventually("somebody waits") {
                            pool.usage.numbers == [0, 2, 1]
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(waits.withLock { $0.count == 1 && $0[0] > .zero })
        }
    }

    @Test("While the database is away callers learn why; a closed pool refuses at once")
    func away() async throws {
        let nowhere = try DatabaseAddress(url: "postgresql://nobody@127.0.0.1:1/nothing")
        let pool = Pool(nowhere, name: "test", limits: limits(connections: 1, wait: .milliseconds(300)))
        async let running: Void = pool.run()
        let away = try await failure { try await pool.execute(Echo(1)) }
        #expect(away.code == .poolWait && away.isConnectionTrouble)
        #expect((away.underlying as? PostgresError)?.code == .noConnection)
        #expect(!pool.isConnected)
        await pool.close()
        await running
        let closed = try await failure { try await pool.execute(Echo(1)) }
        #expect(closed.message == "the pool is closed")
    }

    @Test("Cancelling its run closes it")
    func cancelled() async throws {
        let pool = Pool(try scratchServer(), name: "test pool", limits: limits(connections: 2))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            _ = try await pool.execute(Echo(1))
            group.cancelAll()
        }
        let error = try await failure { try await pool.execute(Echo(1)) }
        #expect(error.code == .poolWait)
    }
}

extension Pool.Usage {
    /// Idle, used, waiting.
    fileprivate var numbers: [Int] { [idle, used, waiting] }
}
