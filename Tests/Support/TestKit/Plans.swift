// The runtime's own parts are used here, which a build for testing lets in; a release build has no use for this file.
#if DEBUG
    import FoundationEssentials
    @testable public import Postgres

    /// Compares how the server would carry out statements with a golden file, named from the folder of the test; throws
    /// ``PlansDiffer`` if it is not the same.
    ///
    /// The plans are those that a session keeps, for any parameters. Fill the tables as in real work first: they are analysed
    /// here, and a plan for empty tables says nothing. `CITYCOOP_WRITE_GOLDEN=1` writes the file anew.
    ///
    /// - Parameter avoidsTableScans: As the runtime sets it for commands and events, and not for queries.
    public func expectPlans(
        of statements: [any Statement], at address: DatabaseAddress, avoidsTableScans: Bool,
        golden name: String = "Golden/plans.txt", test: String = #filePath
    ) async throws {
        var limits = PostgresLimits()
        limits.avoidsTableScans = avoidsTableScans
        let connection = try await Connection.connect(to: address, name: "plans", limits: limits)
        var plans: [String] = []
        do {
            try await connection.runScript(ReadPlan.preparation)
            for (index, statement) in statements.enumerated() {
                plans.append(try await plan(of: statement, number: index, on: connection))
            }
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
        let text = plans.joined(separator: "\n")
        let file = URL(filePath: test).deletingLastPathComponent().appending(path: name)
        if ProcessInfo.processInfo.environment["CITYCOOP_WRITE_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
        let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        if golden != text { throw PlansDiffer(golden: golden, found: text) }
    }

    private func plan<S: Statement>(of statement: S, number: Int, on connection: Connection) async throws -> String {
        var parameters = Parameters()
        statement.bind(&parameters)
        let types = parameters.types.map { PostgresType.name(of: $0) }.joined(separator: ", ")
        try await connection.runScript(
            "PREPARE plan_\(number)\(types.isEmpty ? "" : " (\(types))") AS \(S.sql)")
        let nulls = parameters.types.map { _ in "NULL" }.joined(separator: ", ")
        let lines = try await connection.execute(
            ReadPlan(call: "plan_\(number)\(nulls.isEmpty ? "" : "(\(nulls))")"))
        return "\(S.self)\n" + lines.map { "    \($0)\n" }.joined()
    }

    /// The plans of statements are not those of the golden file.
    public struct PlansDiffer: Error, CustomStringConvertible {
        let golden: String
        let found: String

        /// Both, one below the other.
        public var description: String {
            "the plans are not as in their file; CITYCOOP_WRITE_GOLDEN=1 writes it anew\n\(golden)\n--- but now\n\(found)"
        }
    }

    /// The plan of a statement that was prepared by hand.
    private struct ReadPlan: Statement {
        /// EXPLAIN has no place in another statement, except through a function.
        static let preparation = """
            SET plan_cache_mode = force_generic_plan;
            CREATE FUNCTION pg_temp.plan_of(call text) RETURNS SETOF text LANGUAGE plpgsql AS $$
            DECLARE line text;
            BEGIN
                FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) EXECUTE ' || call LOOP RETURN NEXT line; END LOOP;
            END $$;
            ANALYZE;
            """
        static let sql = "SELECT line FROM pg_temp.plan_of($1) AS line"
        var call: String

        func bind(_ parameters: inout Parameters) {
            parameters.add(call)
        }

        static func row(_ columns: inout Columns) throws -> String {
            try columns.next()
        }
    }
#endif
