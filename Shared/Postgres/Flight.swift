/// Statements that travel together: one round trip, one implicit transaction.
///
/// Fill it with ``add(_:)``, hand it to a connection's `run`, and look up the rows of each statement by its ticket. An error
/// in one statement undoes the whole flight, unless it runs inside a ``Transaction``, which then has failed.
public struct Flight: Sendable {
    /// The place of one statement in its flight.
    public struct Ticket<S: Statement>: Sendable {
        fileprivate let index: Int
    }

    struct Entry: Sendable {
        let statement: any Statement.Type
        let parameters: Range<Int>
    }

    private(set) var entries: [Entry] = []
    private(set) var parameters = Parameters()
    /// The transaction that this flight is part of.
    var transaction: TransactionID?
    /// How the last statement ends the transaction, if it does.
    var ending: Ending?
    /// SQL for the simple protocol instead of entries.
    private(set) var script: String?
    /// What the entries travel for.
    var purpose = Purpose.execution

    enum Ending {
        /// If the connection breaks, nobody knows whether it happened.
        case commit
        case rollback
    }

    enum Purpose {
        case execution
        /// To have the server describe them, with the parameter types that were bound or those that it infers.
        case description(inferring: Bool)
    }

    /// An empty flight.
    public init() {}

    init(script: String) {
        self.script = script
    }

    /// Whether there is nothing to send.
    public var isEmpty: Bool { entries.isEmpty && script == nil }

    /// Adds a statement as the last one.
    @discardableResult
    public mutating func add<S: Statement>(_ statement: S) -> Ticket<S> {
        let start = parameters.count
        statement.bind(&parameters)
        entries.append(Entry(statement: S.self, parameters: start..<parameters.count))
        return Ticket(index: entries.count - 1)
    }

    /// Adds the statements of another flight, whose tickets then count from `entries.count`.
    mutating func append(_ other: Flight) {
        let shift = parameters.count
        parameters.append(other.parameters)
        for entry in other.entries {
            let range = entry.parameters.lowerBound + shift..<entry.parameters.upperBound + shift
            entries.append(Entry(statement: entry.statement, parameters: range))
        }
    }
}

/// What came back for a flight, a result for each statement.
public struct FlightResults: Sendable {
    private let results: ArraySlice<ServerResult>

    init(_ results: ArraySlice<ServerResult>) {
        self.results = results
    }

    /// Reads the rows of a statement.
    public func rows<S: Statement>(of ticket: Flight.Ticket<S>) throws(PostgresError) -> [S.Row] {
        try result(ticket.index).rows(of: S.self)
    }

    /// How many rows a statement inserted, updated, deleted or selected.
    public func affected<S: Statement>(by ticket: Flight.Ticket<S>) throws(PostgresError) -> Int {
        try result(ticket.index).affected
    }

    /// By what word the server confirms a statement.
    func command<S: Statement>(of ticket: Flight.Ticket<S>) throws(PostgresError) -> String {
        try result(ticket.index).command
    }

    func description<S: Statement>(of ticket: Flight.Ticket<S>) throws(PostgresError) -> ServerResult {
        try result(ticket.index)
    }

    private func result(_ index: Int) throws(PostgresError) -> ServerResult {
        guard results.indices.contains(results.startIndex + index) else {
            throw PostgresError(.misuse, "a ticket of another flight")
        }
        return results[results.startIndex + index]
    }

    /// The results without the first `count`.
    func dropFirst(_ count: Int) -> FlightResults {
        FlightResults(results.dropFirst(count))
    }

    /// The results one after the other, for statements whose types are known in order.
    struct Reader {
        private let results: FlightResults
        private var index: Int

        init(_ results: FlightResults, from index: Int = 0) {
            self.results = results
            self.index = index
        }

        mutating func next<S: Statement>(_ statement: S.Type) throws(PostgresError) -> [S.Row] {
            defer { index += 1 }
            return try results.rows(of: Flight.Ticket<S>(index: index))
        }
    }
}
