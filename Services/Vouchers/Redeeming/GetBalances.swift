import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells what is left on a voucher: `vouchers.get-balance.v1`.
struct GetBalances: QueryHandler {
    static let access: AccessRule<GetBalance> = .everyone
    let keys: CodeKeys

    func answer(_ query: GetBalance, from asker: Asker, reading database: Pool) async throws -> GetBalance.Reply {
        guard let code = try? VoucherCode(parsing: query.code.revealed) else {
            throw RedemptionRefusalReason.codeMalformed.problem
        }
        let found = try await database.execute(ReadVouchers(lookups: keys.lookups(for: code).map(\.digest)))
        guard let voucher = found.first else { throw RedemptionRefusalReason.voucherUnknown.problem }
        guard voucher.status == .active, !voucher.isExpired(on: Day(of: Timestamp(Date()))) else {
            throw RedemptionRefusalReason.voucherNotActive.problem
        }
        return GetBalance.Reply(voucherId: voucher.voucherId, balance: Money(voucher.available, voucher.currency))
    }
}
