import Postgres
import TestKit
import Testing

@Suite("Deadlines and broken connections")
struct DeadlineTests {
    @Test("A statement past its deadline is cancelled, and the connection goes on")
    func cancel() async throws {
        try await withConnection { connection in
            let process = try await connection.process()
            let start = ContinuousClock.now
            async let late = failure { try await connection.execute(Pause(seconds: 60), within: .milliseconds(100)) }
            async let behind = connection.execute(Echo("behind"))
            let (error, text) = try await (late, behind)
            #expect(error.code == .deadlineExceeded)
            #expect(error.isConnectionTrouble)
            #expect(error.statement == "Pause")
            #expect(text == ["behind"])
            #expect(ContinuousClock.now - start < .seconds(30))
            let same = try await connection.process()
            #expect(same == process)
        }
    }

    @Test("A flight that was not sent yet by its deadline fails, and never is")
    func waitingInLine() async throws {
        var limits = PostgresLimits()
        limits.flightsUnderWayMax = 1
        try await withItems { address in
            try await withConnection(to: address, limits: limits) { connection in
                let process = try await connection.process()
                async let slow = failure { try await connection.execute(Pause(seconds: 60)) }
                try await withConnection(to: address) { other in
                    try await other.waitUntil(process, waitsFor: "PgSleep")
                    let waiting = try await failure {
                        try await connection.execute(InsertItems([1]), within: .milliseconds(100))
                    }
                    #expect(waiting.code == .deadlineExceeded)
                    _ = try await other.execute(CancelStatement(process: process))
                }
                #expect(try await slow.sqlState == "57014")
                let items = try await connection.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("A connection that does not even answer the cancellation is given up")
    func grace() async throws {
        var limits = PostgresLimits()
        limits.cancelGrace = .zero
        try await withConnection(limits: limits) { connection in
            // In front of the statement that pauses or behind it: it ends, with an answer or without.
            async let other = connection.execute(Echo(1))
            let late = try await failure { try await connection.execute(Pause(seconds: 60), within: .milliseconds(50)) }
            #expect(late.code == .deadlineExceeded)
            await connection.waitUntilClosed()
            #expect(!connection.isUsable)
            _ = try? await other
        }
    }

    @Test("A backend that is terminated fails every flight that waits, with connection trouble")
    func terminated() async throws {
        try await withConnection { connection in
            try await withConnection { other in
                let process = try await connection.process()
                async let first = failure { try await connection.execute(Pause(seconds: 60)) }
                try await other.waitUntil(process, waitsFor: "PgSleep")
                // Not before: in front of the one that pauses it would be answered.
                async let second = failure { try await connection.execute(Echo(1)) }
                _ = try await other.execute(Terminate(process: process))
                let errors = try await [first, second]
                #expect(errors.allSatisfy { $0.isConnectionTrouble && !$0.isCommitInDoubt })
                #expect(errors[0].sqlState == "57P01")
                await connection.waitUntilClosed()
                let afterwards = try await failure { try await connection.execute(Echo(1)) }
                #expect(afterwards.code == .noConnection)
            }
        }
    }

    @Test("A backend that is terminated while nothing is under way is noticed")
    func terminatedIdle() async throws {
        try await withConnection { connection in
            let process = try await connection.process()
            try await withConnection { _ = try await $0.execute(Terminate(process: process)) }
            await connection.waitUntilClosed()
            #expect(!connection.isUsable)
        }
    }

    @Test("COPY, which this module does not speak, ends the connection instead of hanging")
    func copy() async throws {
        struct Copy: Statement {
            static let sql = "COPY (SELECT 1) TO STDOUT"
        }
        for script in ["COPY (SELECT 1) TO STDOUT", "CREATE TEMPORARY TABLE t (id int); COPY t FROM STDIN"] {
            try await withConnection { connection in
                let error = try await failure { try await connection.runScript(script) }
                #expect(error.code == .noConnection)
                await connection.waitUntilClosed()
            }
        }
        try await withConnection { connection in
            _ = try await failure { try await connection.execute(Copy()) }
        }
    }

    @Test("Closing fails what waits; waiting for the end can be cancelled")
    func closing() async throws {
        try await withConnection { connection in
            async let waiting = failure { try await connection.execute(Pause(seconds: 60)) }
            let process = try await withConnection { other in
                try await other.process()
            }
            #expect(process > 0)
            let impatient = await withTaskGroup(of: Void.self) { group in
                group.addTask { await connection.waitUntilClosed() }
                group.cancelAll()
                await group.waitForAll()
                return connection.isUsable
            }
            #expect(impatient)
            await connection.close()
            let error = try await waiting
            #expect(error.code == .noConnection)
            await connection.waitUntilClosed()
        }
    }
}
