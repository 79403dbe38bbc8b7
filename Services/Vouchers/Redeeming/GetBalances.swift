import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Tells what is left on a voucher: `vouchers.get-balance.v1`.
struct GetBalances: QueryHandler {
    static let access: AccessRule<GetBalance> = .everyone
    let keys: CodeKeys
    let throttle: Throttle

    func answer(_ query: GetBalance, from asker: Asker, reading database: Pool) async throws -> GetBalance.Reply {
        let (trier, now) = (Trier(user: asker.user), Timestamp(Date()))
        if let lockout = throttle.known.lockout(of: trier, at: now) { throw lockout.problem }
        if let code = try? VoucherCode(parsing: query.code.revealed) {
            let found = try await database.execute(ReadVouchers(lookups: keys.lookups(for: code).map(\.digest)))
            if let voucher = found.first, voucher.status == .active, !voucher.isExpired(on: Day(of: now)) {
                let balance = Money(voucher.available, voucher.currency)
                return GetBalance.Reply(voucherId: voucher.voucherId, balance: balance)
            }
        }
        if let lockout = try await throttle.count(trier, at: now, in: database) { throw lockout.problem }
        throw RedemptionRefusalReason.voucherUnknown.problem
    }
}
