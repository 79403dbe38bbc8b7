import Postgres
import TestKit
import Testing

@Suite("Statement check")
struct StatementCheckTests {
    private struct WrongColumn: Statement {
        static let sql = "SELECT id, name FROM item"

        static func row(_ columns: inout Columns) throws -> (Int32, String) {
            (try columns.next(), try columns.next())
        }
    }

    private struct WrongParameter: Statement {
        static let sql = "SELECT id FROM item WHERE name = $1 AND id = $2"

        func bind(_ parameters: inout Parameters) {
            parameters.add("x")
            parameters.add(Int32(1))
        }

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    private struct MissingParameter: Statement {
        static let sql = "DELETE FROM item WHERE id = $1 AND name = $2"

        func bind(_ parameters: inout Parameters) {
            parameters.add(1)
        }
    }

    private struct UnreadColumn: Statement {
        static let sql = "SELECT id, name FROM item"

        static func row(_ columns: inout Columns) throws -> Int {
            try columns.next()
        }
    }

    private struct Misspelt: Statement {
        static let sql = "SELECT identity FROM item"
    }

    /// Judges only after reading everything, as ``Statement/row(_:)`` asks.
    private struct Strict: Statement {
        static let sql = "SELECT id, name FROM item"

        static func row(_ columns: inout Columns) throws -> Colour {
            let (_, name): (Int, String) = (try columns.next(), try columns.next())
            guard let colour = Colour(rawValue: name) else { throw PostgresExpectation() }
            return colour
        }
    }

    private func problems(_ statements: any Statement...) async throws -> [String] {
        try await withItems { address in
            try await withConnection(to: address) { connection in
                try await StatementCheck(on: connection).problems(with: statements).map(\.description)
            }
        }
    }

    @Test("Statements that fit have no problems")
    func good() async throws {
        let found = try await problems(
            InsertItems([1]), InsertOwnedItem(), ReadItems(), LockItem(id: 1), Echo("text"), Strict())
        #expect(found == [])
    }

    @Test("Wrong types, counts and names are found without a single row")
    func bad() async throws {
        let found = try await problems(
            WrongColumn(), WrongParameter(), MissingParameter(), UnreadColumn(), Misspelt(), ReadItems())
        #expect(
            found == [
                "WrongColumn: column 1 (id) is bigint, the row reads integer",
                "WrongParameter: $2 is bound as integer, the SQL expects bigint",
                "MissingParameter: the SQL has 2 parameters, 1 are bound",
                "UnreadColumn: the result has 2 columns, the row reads 1",
                #"Misspelt: column "identity" does not exist"#,
            ])
    }
}
