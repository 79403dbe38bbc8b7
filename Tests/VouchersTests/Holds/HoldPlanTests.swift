import FoundationEssentials
import Postgres
import TestKit
import Testing

@testable import vouchers

/// How the statements of holds and reversals are carried out with many rows.
@Suite struct HoldPlanTests {
    /// 20,000 vouchers with a redemption, a hold and a reversal each; one hold in a hundred is open.
    private static let filling = """
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
        INSERT INTO hold (hold_id, voucher_id, merchant_id, city_id, amount, captured, released, state, balance,
            content_key_id, content, held_at, expires_at, closed_at)
        SELECT md5('hold' || number)::uuid, md5('voucher' || number)::uuid, md5('merchant' || number % 1000)::uuid,
            md5('city')::uuid, 100, CASE WHEN number % 100 = 0 THEN 0 ELSE 100 END, 0,
            CASE WHEN number % 100 = 0 THEN 'open' ELSE 'captured' END, 900, 1, sha256(number::text::bytea), now(),
            now() + number * interval '1 second', CASE WHEN number % 100 <> 0 THEN now() END
        FROM generate_series(1, 20000) AS number;
        INSERT INTO hold_refusal (hold_id, merchant_id, reason, content_key_id, content, refused_at)
        SELECT md5('refusal' || number)::uuid, md5('merchant' || number % 1000)::uuid, 'voucher-unknown', 1,
            sha256(number::text::bytea), now()
        FROM generate_series(1, 20000) AS number;
        INSERT INTO reversal (reversal_id, redemption_id, voucher_id, merchant_id, city_id, amount, remaining, reversed_at)
        SELECT md5('reversal' || number)::uuid, md5('redemption' || number)::uuid, md5('voucher' || number)::uuid,
            md5('merchant' || number % 1000)::uuid, md5('city')::uuid, 10, 90, now()
        FROM generate_series(1, 20000) AS number;
        """

    @Test func holdsAndReversalsKeepTheirPlans() async throws {
        let statements: [any Statement] = [
            ReadVouchersOfHolds(ids: []), ReadDueHolds(now: Date(), max: 1), LockVouchersByID(ids: []),
            ReadVouchersByID(ids: []), ReadHolds(ids: []), ReadHoldRefusals(ids: []), WriteHoldChanges(holds: []),
            ReadVouchersOfRedemptions(ids: []), ReadReversibleRedemptions(ids: []), ReadReversals(ids: []),
            WriteReversed(redemptions: []),
        ]
        try await withHandlerBench(VouchersDefinition.schema) { bench in
            let connection = try await Connection.connect(to: bench.address, name: "filling")
            try await connection.runScript(Self.filling)
            await connection.close()
            try await expectPlans(
                of: statements, at: bench.address, avoidsTableScans: true, golden: "../Golden/plans-of-holds.txt")
        }
    }
}
