/// Compares statements with the schema, for tests: what PostgreSQL says about each against what Swift binds and reads.
public struct StatementCheck: Sendable {
    /// One disagreement.
    public struct Problem: Sendable, Hashable, CustomStringConvertible {
        /// The name of the statement's type.
        public let statement: String
        /// What is wrong, in one sentence.
        public let text: String

        /// The statement and what is wrong with it.
        public var description: String { "\(statement): \(text)" }
    }

    private let connection: Connection

    /// A check against the schema that `connection` sees.
    public init(on connection: Connection) {
        self.connection = connection
    }

    /// Prepares every statement and returns what does not fit; the instances only show which parameters they bind.
    public func problems(with statements: [any Statement]) async throws(PostgresError) -> [Problem] {
        var problems: [Problem] = []
        for statement in statements {
            problems += try await check(statement)
        }
        return problems
    }

    private func check<S: Statement>(_ statement: S) async throws(PostgresError) -> [Problem] {
        func problem(_ text: String) -> Problem { Problem(statement: "\(S.self)", text: text) }
        let description: ServerResult
        do {
            description = try await describe(statement, inferring: false)
        } catch let error where !error.isConnectionTrouble {
            return [problem(error.message)]
        }
        var parameters = Parameters()
        statement.bind(&parameters)
        var problems: [String] = []
        if description.parameterTypes.count != parameters.count {
            problems.append("the SQL has \(description.parameterTypes.count) parameters, \(parameters.count) are bound")
        } else {
            problems += try await parameterProblems(statement, bound: parameters.types)
        }
        problems += Self.columnProblems(S.self, description)
        return problems.map(problem)
    }

    /// Where the server, left to itself, would expect another type than the one that is bound: it then casts the column
    /// instead of the parameter, and an index is of no use.
    private func parameterProblems<S: Statement>(
        _ statement: S, bound: [UInt32]
    ) async throws(PostgresError) -> [String] {
        let inferred: [UInt32]
        do {
            inferred = try await describe(statement, inferring: true).parameterTypes
        } catch let error where !error.isConnectionTrouble {
            // Not everything can be inferred, and need not be.
            return []
        }
        return zip(bound, inferred).enumerated().compactMap { index, types in
            guard !PostgresType.areAlike(types.0, types.1) else { return nil }
            let (bound, expected) = (PostgresType.name(of: types.0), PostgresType.name(of: types.1))
            return "$\(index + 1) is bound as \(bound), the SQL expects \(expected)"
        }
    }

    private static func columnProblems<S: Statement>(_ type: S.Type, _ description: ServerResult) -> [String] {
        var columns = Columns()
        var refusal = ""
        do {
            _ = try S.row(&columns)
        } catch {
            // Of no interest if it comes after the last column: a sample need not be a sensible value.
            refusal = ": \(error)"
        }
        guard !columns.isSkipped else { return [] }
        var problems: [String] = []
        for (index, asked) in columns.asked.enumerated().prefix(description.columns) {
            let found = description.columnType(index)
            guard !asked.accepts(found) else { continue }
            let name = description.columnName(index)
            problems.append("column \(index + 1) (\(name)) is \(PostgresType.name(of: found)), the row reads \(asked)")
        }
        if columns.asked.count != description.columns {
            problems.append(
                "the result has \(description.columns) columns, the row reads \(columns.asked.count)\(refusal)")
        }
        return problems
    }

    private func describe<S: Statement>(_ statement: S, inferring: Bool) async throws(PostgresError) -> ServerResult {
        var flight = Flight()
        flight.purpose = .description(inferring: inferring)
        let ticket = flight.add(statement)
        return try await connection.run(flight).description(of: ticket)
    }
}

extension PostgresType {
    /// Whether a parameter of one type is as good as one of the other.
    fileprivate static func areAlike(_ bound: UInt32, _ expected: UInt32) -> Bool {
        bound == expected || (bound == text.oid && text.accepts(expected))
            || (bound == text.arrayOID && text.array.accepts(expected))
    }
}
