import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import Messaging

/// How the statements behind every message are carried out in a database that has seen many.
@Suite struct PlanTests {
    /// 20,000 messages taken, 5,000 to be sent, 5,000 for later.
    private static let filling = """
        INSERT INTO inbox (queue, key, content, state)
        SELECT 'vouchers.commands', sha256(number::text::bytea), sha256(number::text::bytea), 0
        FROM generate_series(1, 20000) AS number;
        INSERT INTO outbox (message_id, owner, in_memory, exchange, type, body, is_sealed)
        SELECT md5(number::text)::uuid, 1 + number % 2, number % 10 > 0, 2, 'vouchers.redeemed.v1', '{}', false
        FROM generate_series(1, 5000) AS number;
        INSERT INTO schedule (message_id, due_at, exchange, type, body, is_sealed)
        SELECT md5(number::text)::uuid, now() + make_interval(secs => number), 1, 'vouchers.redeem.v1', '{}', false
        FROM generate_series(1, 5000) AS number;
        """

    @Test func theInboxAndTheOutboxKeepTheirPlans() async throws {
        let statements: [any Statement] = [
            TakeNew(queue: "", keys: [], contents: []), ReadTaken(queue: "", keys: []),
            KeepReplies(queue: "", keptSeconds: 1), SetInboxState(queue: "", keys: [], state: .done),
            WriteOutbox(owner: 1, isInMemory: true, rows: StoredRecords()), ReadOutbox(owner: 1, after: UUID(), max: 1),
            DeleteSent(ids: []), ClaimOrphans(owner: 1, max: 1), MoveDue(owner: 1, max: 1), ReadNextDue(),
        ]
        try await withScratchDatabase(migrations: [MessagingSchema.migrations]) { address in
            let connection = try await Connection.connect(to: address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await expectPlans(
                of: statements, at: address, avoidsTableScans: true, golden: "../Golden/plans.txt")
        }
    }
}
