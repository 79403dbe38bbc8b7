import FoundationEssentials
import Postgres
import TestKit
import Testing

@Suite("Transactions")
struct TransactionTests {
    /// What a message handler looks like.
    struct Storing {
        func handle(_ ids: [Int], in transaction: inout Transaction) async throws -> [Int] {
            let (before, _) = try await transaction.execute(ReadItems(), InsertItems(ids))
            transaction.write(InsertItems(ids.map { $0 + 1000 }))
            return before
        }
    }

    private struct Refusal: Error {}

    @Test("What is executed and what is only written is there after the commit")
    func commit() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let before = try await connection.withTransaction { try await Storing().handle([1], in: &$0) }
                #expect(before == [])
                let again = try await connection.withTransaction { try await Storing().handle([2], in: &$0) }
                #expect(again == [1, 1001])
                let items = try await connection.execute(ReadItems())
                #expect(items == [1, 2, 1001, 1002])
            }
        }
    }

    @Test("What is only written needs one flight; nothing at all needs none")
    func onlyWritten() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                try await connection.withTransaction { $0.write(InsertItems([1])) }
                let items = try await connection.execute(ReadItems())
                #expect(items == [1])
                await connection.close()
                // On a closed connection this can only succeed because nothing is sent.
                try await connection.withTransaction { _ in }
            }
        }
    }

    @Test("A flight of run-time length finds its rows behind BEGIN and what was written")
    func dynamic() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let ids = try await connection.withTransaction { transaction in
                    transaction.write(InsertItems([5, 6]))
                    var flight = Flight()
                    flight.add(InsertItems([7]))
                    let ticket = flight.add(ReadItems())
                    return try await transaction.run(flight).rows(of: ticket)
                }
                #expect(ids == [5, 6, 7])
            }
        }
    }

    @Test("The time is the database's, known from the first flight on, and stands still")
    func now() async throws {
        struct ReadClock: Statement {
            static let sql = "SELECT now(), clock_timestamp()"

            static func row(_ columns: inout Columns) throws -> (Date, Date) {
                (try columns.next(), try columns.next())
            }
        }
        try await withConnection { connection in
            try await connection.withTransaction { transaction in
                let before = transaction.now
                try await transaction.begin()
                let known = transaction.now
                let now = try #require(known)
                #expect(before == nil)
                let times = try await transaction.execute(ReadClock())
                let (start, clock) = try #require(times.first)
                #expect(now == start)
                #expect(clock > now)
                let later = transaction.now
                #expect(later == now)
            }
        }
    }

    @Test("A body that throws leaves nothing behind, and the connection free")
    func rollback() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                await #expect(throws: Refusal.self) {
                    try await connection.withTransaction { transaction in
                        _ = try await transaction.execute(InsertItems([1]))
                        transaction.write(InsertItems([2]))
                        throw Refusal()
                    }
                }
                await #expect(throws: Refusal.self) {
                    try await connection.withTransaction { _ in throw Refusal() }
                }
                let items = try await connection.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("After an error nothing more is sent, and a body that swallows it cannot commit")
    func failed() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let error = try await failure {
                    try await connection.withTransaction { transaction in
                        _ = try await transaction.execute(InsertItems([1]))
                        do throws(PostgresError) {
                            _ = try await transaction.execute(Divide(divisor: 0))
                            Issue.record("divided by zero")
                        } catch {
                            #expect(error.sqlState == "22012")
                        }
                        transaction.write(InsertItems([2]))
                    }
                }
                #expect(error.code == .misuse && !error.isCommitInDoubt)
                let items = try await connection.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("A write that fails with the commit is that write's error, and not in doubt")
    func failingWrite() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                let error = try await failure {
                    try await connection.withTransaction { transaction in
                        transaction.write(InsertItems([1]))
                        transaction.write(InsertItems([1]))
                    }
                }
                #expect(error.sqlState == "23505" && error.statement == "InsertItems" && !error.isCommitInDoubt)
                let items = try await connection.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("A constraint that is checked by the commit refuses it without doubt")
    func deferred() async throws {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                try await connection.runScript(
                    """
                    ALTER TABLE item DROP CONSTRAINT item_owner_fkey,
                        ADD FOREIGN KEY (owner) REFERENCES owner DEFERRABLE INITIALLY DEFERRED
                    """)
                let error = try await failure {
                    try await connection.withTransaction { $0.write(InsertOwnedItem(name: "x", owner: 9)) }
                }
                #expect(error.sqlState == "23503" && !error.isCommitInDoubt)
                let items = try await connection.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("Flights of others are refused while a transaction is open")
    func exclusive() async throws {
        try await withConnection { connection in
            try await connection.withTransaction { transaction in
                try await transaction.begin()
                let foreign = try await failure { try await connection.execute(Echo(1)) }
                #expect(foreign.code == .misuse)
                let second = try await failure {
                    try await connection.withTransaction { _ = try await $0.execute(Echo(2)) }
                }
                #expect(second.code == .misuse)
                let own = try await transaction.execute(Echo(3))
                #expect(own == [3])
            }
            let afterwards = try await connection.execute(Echo(4))
            #expect(afterwards == [4])
        }
    }

    @Test("A transaction that is dropped takes its connection out of use")
    func dropped() async throws {
        try await withConnection { connection in
            func forget() async throws {
                var transaction = Transaction(on: connection)
                try await transaction.begin()
            }
            try await forget()
            #expect(!connection.isUsable)
        }
    }

    @Test("A backend terminated in the middle: trouble, no doubt, nothing stored")
    func terminated() async throws {
        try await withItems { address in
            try await withConnection(to: address) { other in
                try await withConnection(to: address) { connection in
                    let error = try await failure {
                        try await connection.withTransaction { transaction in
                            let (_, processes) = try await transaction.execute(InsertItems([1]), ReadProcess())
                            _ = try await other.execute(Terminate(process: processes[0]))
                            _ = try await transaction.execute(ReadItems())
                        }
                    }
                    #expect(error.isConnectionTrouble && !error.isCommitInDoubt)
                }
                let items = try await other.execute(ReadItems())
                #expect(items == [])
            }
        }
    }

    @Test("A backend terminated during COMMIT: the commit is in doubt")
    func terminatedInCommit() async throws {
        try await withItems { address in
            try await withConnection(to: address) { other in
                try await other.runScript(
                    """
                    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
                    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION wait()
                    """)
                try await withConnection(to: address) { connection in
                    let process = try await connection.process()
                    async let committing = failure {
                        try await connection.withTransaction { $0.write(InsertItems([1])) }
                    }
                    try await other.waitUntil(process, waitsFor: "PgSleep")
                    _ = try await other.execute(Terminate(process: process))
                    let error = try await committing
                    #expect(error.isConnectionTrouble && error.isCommitInDoubt)
                    #expect("\(error)".contains("in doubt"))
                }
            }
        }
    }
}
