import Contracts
import FoundationEssentials
import Postgres

/// Makes sure that a copy has its row, and reads whether it is complete.
struct ReadCopies: Statement {
    static let sql = """
        WITH named AS (SELECT unnest($1::text[]) AS name), added AS (
            INSERT INTO copy (name) SELECT name FROM named ORDER BY name ON CONFLICT DO NOTHING
        )
        SELECT name, completed_at IS NOT NULL FROM named LEFT JOIN copy USING (name) ORDER BY name
        """
    var names: [String]

    func bind(_ parameters: inout Parameters) {
        parameters.add(names)
    }

    static func row(_ columns: inout Columns) throws -> ServiceStatus.Copy {
        ServiceStatus.Copy(name: try columns.next(), complete: try columns.next())
    }
}

/// Says that everything of a copy has arrived.
struct CompleteCopy: Statement {
    static let sql = "UPDATE copy SET completed_at = now() WHERE name = $1 AND completed_at IS NULL"
    var name: String

    func bind(_ parameters: inout Parameters) {
        parameters.add(name)
    }
}
