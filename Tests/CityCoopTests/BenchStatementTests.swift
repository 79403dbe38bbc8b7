import Messaging
import Postgres
import TestKit
import Testing

@testable import citycoop

@Suite struct BenchStatementTests {
    @Test func statementsFitTheSchemaOfTheRuntime() async throws {
        try await withScratchDatabase(migrations: [MessagingSchema.migrations]) { address in
            let connection = try await Connection.connect(to: address, name: "bench test")
            let problems = try await StatementCheck(on: connection).problems(with: [
                FillOutbox(count: 1), HasOutboxRows(),
            ])
            #expect(problems == [])
            let table = try await BenchTable(address)
            try await table.fill(25)
            let filled = try await connection.execute(HasOutboxRows()).first
            #expect(filled == true)
            await connection.close()
        }
    }
}
