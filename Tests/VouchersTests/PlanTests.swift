import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// How the statements of a redemption are carried out with many vouchers.
@Suite struct PlanTests {
    /// 20,000 vouchers, each redeemed once, and as many refusals; 1,000 merchants.
    private static let filling = """
        INSERT INTO merchant (merchant_id, city_id, name, version)
        SELECT md5('merchant' || number)::uuid, md5('city')::uuid, 'Shop ' || number, 1
        FROM generate_series(1, 1000) AS number;
        INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, key_id, lookup, last_four,
            issued_at)
        SELECT md5('voucher' || number)::uuid, md5('city')::uuid, 'EUR', 1000, 900, 'active', 1,
            sha256(number::text::bytea), 'ABCD', now()
        FROM generate_series(1, 20000) AS number;
        INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id, content,
            redeemed_at)
        SELECT md5('redemption' || number)::uuid, md5('voucher' || number)::uuid, md5('merchant' || number % 1000)::uuid,
            md5('city')::uuid, 100, 900, 1, sha256(number::text::bytea), now()
        FROM generate_series(1, 20000) AS number;
        INSERT INTO redemption_refusal (redemption_id, merchant_id, reason, content_key_id, content, refused_at)
        SELECT md5('refusal' || number)::uuid, md5('merchant' || number % 1000)::uuid, 'unknown', 1,
            sha256(number::text::bytea), now()
        FROM generate_series(1, 20000) AS number;
        """

    @Test func redemptionsKeepTheirPlans() async throws {
        let statements: [any Statement] = [
            LockVouchers(lookups: []), ReadVouchers(lookups: []), ReadRedemptions(ids: []), ReadRefusals(ids: []),
            ReadMerchants(ids: []), WriteVoucherChanges(vouchers: []), WriteRedemptions(redemptions: [], now: Date()),
            WriteRefusals(refusals: [], now: Date()), WritePostings(entries: [], now: Date()),
        ]
        try await withHandlerBench(VouchersDefinition.schema) { bench in
            let connection = try await Connection.connect(to: bench.address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await expectPlans(of: statements, at: bench.address, avoidsTableScans: true)
        }
    }
}
