import Contracts
import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// What is looked for each second is found by an index, however many vouchers there are.
@Suite struct ExpiryPlanTests {
    /// 20,000 vouchers, half of them valid until some day of the next years.
    private static let filling = """
        INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup, last_four,
            issued_at, valid_until, lapses_after)
        SELECT md5('voucher' || number)::uuid, md5('city')::uuid, 'EUR', 1000, 900, 'active', 1,
            sha256(number::text::bytea), 'ABCD', now(),
            CASE WHEN number % 2 = 0 THEN current_date + number % 1000 END,
            CASE WHEN number % 2 = 0 THEN current_date + 2000 + number % 1000 END
        FROM generate_series(1, 20000) AS number;
        """

    @Test func theEndsOfVouchersKeepTheirPlans() async throws {
        let day = Day(number: 20_000)
        let statements: [any Statement] = [TakeExpired(day: day, max: 1), TakeLapsed(day: day, max: 1)]
        try await withHandlerBench(VouchersDefinition.schema) { bench in
            let connection = try await Connection.connect(to: bench.address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await expectPlans(
                of: statements, at: bench.address, avoidsTableScans: true, golden: "Golden/expiry-plans.txt")
        }
    }
}
