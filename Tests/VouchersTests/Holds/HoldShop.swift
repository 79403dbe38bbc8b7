import Contracts
import FoundationEssentials
import Messaging
import Postgres
import TestKit

@testable import vouchers

/// What tests of holds and reversals say in a line.
extension Shop {
    var hold: HoldAmounts { HoldAmounts(keys: keys, throttle: throttle) }

    func holding(
        _ voucher: IssueVoucher.Reply, _ amount: Int64, id: UUID = UUID(), seconds: Int = 3_600
    ) -> HoldAmount {
        HoldAmount(
            holdId: id, code: voucher.code, merchantId: merchant, amount: Money(amount, voucher.value.currency),
            timeToLiveSeconds: seconds)
    }

    func held(_ voucher: IssueVoucher.Reply, _ amount: Int64, seconds: Int = 3_600, at now: Date? = nil) async throws
        -> HoldAmount.Reply
    {
        try await bench.run(hold, [holding(voucher, amount, seconds: seconds)], at: now).reply(to: HoldAmount.self)
    }

    func capture(_ holdId: UUID, _ amount: Int64, id: UUID = UUID(), releasesRest: Bool? = nil) -> CaptureHold {
        CaptureHold(
            redemptionId: id, holdId: holdId, merchantId: merchant, amount: Money(amount, "EUR"),
            releasesRest: releasesRest)
    }

    func reversal(_ redemptionId: UUID, _ amount: Int64, id: UUID = UUID(), reason: String? = nil) -> ReverseRedemption
    {
        ReverseRedemption(
            reversalId: id, redemptionId: redemptionId, merchantId: merchant, amount: Money(amount, "EUR"),
            reason: reason)
    }

    /// What can be spent, as anybody may ask.
    func balance(of voucher: IssueVoucher.Reply) async throws -> Int64 {
        try await bench.ask(GetBalances(keys: keys, throttle: throttle), GetBalance(code: voucher.code)).balance.amount
    }

    /// The sums of the ledger by account.
    func sums() async throws -> [String: Int64] {
        Dictionary(uniqueKeysWithValues: try await ledger().lines.map { ($0.account, $0.sum) })
    }

    func set(_ status: Voucher.Status, of voucher: IssueVoucher.Reply) async throws {
        try await bench.database.withConnection {
            try await $0.runScript(
                "UPDATE voucher SET status = '\(status.rawValue)' WHERE voucher_id = '\(voucher.voucherId.text)'")
        }
    }
}

/// Counts what does not agree: holds with their captures, redemptions with their reversals, vouchers with their open holds.
struct CheckHoldsAndReversals: Statement {
    static let sql = """
        SELECT (SELECT count(*) FROM hold WHERE captured <>
                (SELECT coalesce(sum(amount), 0) FROM redemption WHERE redemption.hold_id = hold.hold_id))
            + (SELECT count(*) FROM redemption WHERE reversed <>
                (SELECT coalesce(sum(amount), 0) FROM reversal WHERE reversal.redemption_id = redemption.redemption_id))
            + (SELECT count(*) FROM voucher WHERE held <>
                (SELECT coalesce(sum(amount - captured - released), 0) FROM hold
                    WHERE hold.voucher_id = voucher.voucher_id))
        """

    static func row(_ columns: inout Columns) throws -> Int64 {
        try columns.next()
    }
}
