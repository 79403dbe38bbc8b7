public import FoundationEssentials
import Synchronization

/// Tells the flights of one transaction from all others.
struct TransactionID: Hashable, Sendable {
    private static let count = Atomic(0)
    private let number = count.add(1, ordering: .relaxed).newValue
}

/// A transaction on one connection: BEGIN travels with its first flight, COMMIT with its last.
///
/// An error in any flight fails the transaction: nothing more can be sent, and committing throws. One that is neither
/// committed nor rolled back takes its connection out of use.
public struct Transaction: ~Copyable, Sendable {
    private enum State {
        case notBegun, open, failed, ended
    }

    /// The connection it runs on.
    public let connection: Connection
    /// The transaction's time in the database, from the first flight on.
    public private(set) var now: Date?
    private let id = TransactionID()
    private var state = State.notBegun
    private var waiting = Flight()

    /// Prepares a transaction; nothing is sent before its first flight.
    ///
    /// Prefer `withTransaction`, which cannot forget the end.
    public init(on connection: Connection) {
        self.connection = connection
        waiting.add(Begin())
        waiting.add(ReadNow())
    }

    deinit {
        switch state {
        case .open, .failed: connection.condemn()
        case .notBegun, .ended: break
        }
    }

    /// Begins without a statement, in order to know ``now``.
    public mutating func begin() async throws(PostgresError) {
        guard state == .notBegun else { return }
        _ = try await send(nil)
    }

    /// Sends statements, behind what has been written so far, and reads their rows.
    ///
    /// - Parameter limit: How long to wait, instead of the connection's `flightDeadline`.
    public mutating func execute<each S: Statement>(
        _ statements: repeat each S, within limit: Duration? = nil
    ) async throws(PostgresError) -> (repeat [(each S).Row]) {
        let first = waiting.entries.count
        repeat _ = waiting.add(each statements)
        var results = FlightResults.Reader(try await send(limit), from: first)
        do {
            return (repeat try results.next((each S).self))
        } catch {
            state = .failed
            throw error
        }
    }

    /// Sends a flight, behind what has been written so far, and returns its results.
    ///
    /// - Parameter limit: How long to wait, instead of the connection's `flightDeadline`.
    public mutating func run(
        _ flight: Flight, within limit: Duration? = nil
    ) async throws(PostgresError) -> FlightResults {
        let first = waiting.entries.count
        waiting.append(flight)
        return try await send(limit).dropFirst(first)
    }

    /// Leaves a statement to be sent with the next flight, at the latest with the COMMIT.
    public mutating func write(_ statement: some Statement) {
        waiting.add(statement)
    }

    /// Runs SQL that may hold several statements, inside the transaction.
    public mutating func runScript(_ sql: String, within limit: Duration? = nil) async throws(PostgresError) {
        if !waiting.isEmpty { _ = try await send(limit) }
        waiting = Flight(script: sql)
        _ = try await send(limit)
    }

    /// Sends what has been written and the COMMIT, in one flight.
    ///
    /// Only its return says that the transaction happened. An error with `isCommitInDoubt` says that nobody knows; any other
    /// that it did not happen.
    public consuming func commit() async throws(PostgresError) {
        do {
            try await sendCommit()
        } catch {
            await end()
            throw error
        }
    }

    /// Undoes everything.
    public consuming func rollback() async {
        await end()
    }

    private mutating func sendCommit() async throws(PostgresError) {
        // BEGIN and the reading of the time alone are no work.
        if state == .notBegun, waiting.entries.count == 2 {
            state = .ended
            return
        }
        let ticket = waiting.add(Commit())
        waiting.ending = .commit
        let results = try await send(nil)
        // A transaction that failed unseen answers COMMIT with ROLLBACK, and calls that success.
        guard try results.command(of: ticket) == "COMMIT" else {
            throw PostgresError(.misuse, "COMMIT rolled the transaction back: an earlier statement had failed")
        }
        state = .ended
    }

    private mutating func send(_ limit: Duration?) async throws(PostgresError) -> FlightResults {
        guard state == .notBegun || state == .open else {
            throw PostgresError(.misuse, "the transaction has failed already")
        }
        var flight = Flight()
        swap(&flight, &waiting)
        flight.transaction = id
        let isFirst = state == .notBegun
        state = .failed
        let results = try await connection.run(flight, within: limit)
        if isFirst {
            var reader = FlightResults.Reader(results, from: 1)
            now = try reader.next(ReadNow.self).first
        }
        state = .open
        return results
    }

    /// Ends a transaction that is not to happen.
    ///
    /// A connection that cannot even do that is of no use to anybody.
    private mutating func end() async {
        guard state == .open || state == .failed else { return }
        var flight = Flight()
        flight.add(Rollback())
        flight.transaction = id
        flight.ending = .rollback
        do {
            _ = try await connection.run(flight)
        } catch let error where error.code == .misuse {
            // Another transaction has the connection: this one's BEGIN was never let through.
        } catch {
            await connection.close()
        }
        state = .ended
    }
}

extension Connection {
    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
    ///
    /// Only the transaction's own flights pass meanwhile; those of others are refused.
    public nonisolated func withTransaction<Value>(
        _ body: (inout Transaction) async throws -> Value
    ) async throws -> Value {
        var transaction = Transaction(on: self)
        let value: Value
        do {
            value = try await body(&transaction)
        } catch {
            await transaction.rollback()
            throw error
        }
        try await transaction.commit()
        return value
    }
}

private struct Begin: Statement {
    static let sql = "BEGIN"
}

private struct ReadNow: Statement {
    static let sql = "SELECT now()"

    static func row(_ columns: inout Columns) throws -> Date {
        try columns.next()
    }
}

private struct Commit: Statement {
    static let sql = "COMMIT"
}

private struct Rollback: Statement {
    static let sql = "ROLLBACK"
}
