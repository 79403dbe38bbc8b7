import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// The runtime's whole schema in one place.
@Suite struct SchemaTests {
    private struct Describe: Statement {
        static let sql = """
            SELECT line FROM (
                SELECT c.relname AS thing, 1 AS part, a.attnum::integer AS place,
                    format('%s.%s %s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                        CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                        coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')) AS line
                FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
                UNION ALL
                SELECT c.relname, 2, 0, format('%s: %s', c.relname, array_to_string(c.reloptions, ', '))
                FROM pg_class c
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.reloptions IS NOT NULL
                UNION ALL
                SELECT conrelid::regclass::text, 3, 0,
                    format('%s: %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                UNION ALL
                SELECT tablename, 4, 0, indexdef FROM pg_indexes WHERE schemaname = 'public'
                UNION ALL
                SELECT tgrelid::regclass::text, 5, 0, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            ) AS lines WHERE thing NOT LIKE 'schema_%' ORDER BY thing COLLATE "C", part, place, line COLLATE "C"
            """

        static func row(_ columns: inout Columns) throws -> String { try columns.next() }
    }

    @Test func theSchemaIsThatOfTheGoldenFile() async throws {
        try await withScratchDatabase(migrations: [MessagingSchema.migrations]) { address in
            let connection = try await Connection.connect(to: address, name: "test")
            let lines = try await connection.execute(Describe())
            await connection.close()
            try Source.expectGolden("schema.txt", lines.joined(separator: "\n") + "\n")
        }
    }
}
