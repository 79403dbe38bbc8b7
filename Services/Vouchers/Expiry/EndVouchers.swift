import Contracts
import FoundationEssentials
import Messaging

/// Notes that the printed validity of vouchers is over, on the day after their last.
///
/// A till does not wait for it: whether a voucher can be spent is read from its last day. On the first day of a year there may be
/// many, so they go in parts, and those that a till has in hand are passed over until the next.
struct ExpireVouchers: BackgroundJob {
    static let name = "expire-vouchers"
    static let isWokenByCommits = false
    /// Vouchers in one transaction.
    static let vouchersMax = 500

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let now = Timestamp(transaction.now)
        let ids = try await transaction.execute(TakeExpired(day: Day(of: now), max: Self.vouchersMax)).sorted()
        guard !ids.isEmpty else { return false }
        var endings = Endings(try await transaction.execute(ReadVouchersByID(ids: ids)), at: now)
        for id in ids {
            if let event = endings.expire(id) { transaction.publish(event) }
        }
        transaction.write(endings.changes, at: transaction.now)
        return ids.count == Self.vouchersMax
    }
}

/// Books away what nobody may claim any more, on the day after the limitation.
struct LapseVouchers: BackgroundJob {
    static let name = "lapse-vouchers"
    static let isWokenByCommits = false
    /// Vouchers in one transaction.
    static let vouchersMax = 500

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        let now = Timestamp(transaction.now)
        let ids = try await transaction.execute(TakeLapsed(day: Day(of: now), max: Self.vouchersMax)).sorted()
        guard !ids.isEmpty else { return false }
        var endings = Endings(try await transaction.execute(ReadVouchersByID(ids: ids)), at: now)
        for id in ids {
            if let event = try endings.lapse(id, as: .version7(at: transaction.now)) { transaction.publish(event) }
        }
        transaction.write(endings.changes, at: transaction.now)
        transaction.write(MarkLapsed(ids: ids))
        return ids.count == Self.vouchersMax
    }
}

/// Forgets the codes of exchanges that may not be shown any more.
struct ForgetExchangedCodes: BackgroundJob {
    static let name = "forget-exchanged-codes"
    static let isWokenByCommits = false

    func run(in transaction: inout MessageTransaction) async throws -> Bool {
        transaction.write(ForgetExchangeCodes())
        return false
    }
}

extension VouchersDefinition {
    /// What becomes of vouchers at the end of their days.
    static func addExpiry(
        _ handlers: inout HandlerSet<VouchersService>, keys: CodeKeys, seal: Seal, throttle: Throttle
    ) {
        handlers.add(ExchangeVouchers(keys: keys, seal: seal, throttle: throttle))
        handlers.add(job: ExpireVouchers())
        handlers.add(job: LapseVouchers())
        handlers.add(job: ForgetExchangedCodes())
    }
}
