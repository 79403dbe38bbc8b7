import Contracts
import FoundationEssentials
import Messaging
import Postgres

extension VoucherFacts {
    /// What operators see of a voucher.
    init(_ voucher: Voucher) {
        self.init(
            voucherId: voucher.voucherId, issuerCityId: voucher.issuerCityId, lastFour: voucher.lastFour,
            status: voucher.status, value: Money(voucher.value, voucher.currency),
            balance: Money(voucher.balance, voucher.currency), held: Money(voucher.held, voucher.currency),
            issuedAt: voucher.issuedAt, termsId: voucher.termsId, orderId: voucher.orderId, personId: voucher.personId,
            validUntil: voucher.validUntil, lapsesAfter: voucher.lapsesAfter)
    }
}

/// Gets one voucher and what became of it: `vouchers.get-voucher.v1`.
struct GetVoucherWithHistory: QueryHandler {
    static let access: AccessRule<GetVoucher> = .editors { $0.issuerCityId }

    func answer(_ query: GetVoucher, from asker: Asker, reading database: Pool) async throws -> GetVoucher.Reply {
        let id = query.voucherId
        let (found, blocks, changes, history, refusals) = try await database.execute(
            ReadVouchersByID(ids: [id]), ReadBlocks(ids: [id]), ReadChangesOfVoucher(voucherId: id),
            ReadHistory(voucherId: id), ReadRefusalsOfVoucher(voucherId: id))
        guard let voucher = found.first, query.issuerCityId == nil || query.issuerCityId == voucher.issuerCityId else {
            throw LifeRefusalReason.voucherUnknown.problem
        }
        return GetVoucher.Reply(
            voucher: VoucherFacts(voucher), blockedSince: blocks.first?.blockedAt,
            replaces: changes.first { $0.newVoucherId == id }?.voucherId,
            replacedBy: changes.compactMap { $0.voucherId == id ? $0.newVoucherId : nil }, history: history,
            refusals: refusals)
    }
}

/// Reads the newest lines of the journal about a voucher, the newest first.
struct ReadHistory: Statement {
    static let sql = """
        SELECT posted_at, cause, cause_id, account, -posting.amount, currency, merchant_id
        FROM posting LEFT JOIN redemption ON redemption_id = cause_id AND cause IN ('redemption', 'capture')
        WHERE owner_id = $1 AND account IN ('voucher', 'voucher-held')
        ORDER BY posted_at DESC, posting_id DESC LIMIT $2
        """
    var voucherId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(voucherId)
        parameters.add(GetVoucher.linesMax)
    }

    static func row(_ columns: inout Columns) throws -> GetVoucher.Line {
        GetVoucher.Line(
            at: Timestamp(try columns.next(Date.self)), cause: try columns.next(), causeId: try columns.next(),
            account: try columns.next(), change: Money(try columns.next(), try columns.next()),
            merchantId: try columns.next())
    }
}

/// Reads the newest refusals to spend a voucher, with their true reasons, the newest first.
struct ReadRefusalsOfVoucher: Statement {
    static let sql = """
        SELECT refused_at, redemption_id, merchant_id, reason FROM redemption_refusal WHERE voucher_id = $1
        ORDER BY refused_at DESC, redemption_id DESC LIMIT $2
        """
    var voucherId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(voucherId)
        parameters.add(GetVoucher.linesMax)
    }

    static func row(_ columns: inout Columns) throws -> GetVoucher.Refusal {
        GetVoucher.Refusal(
            at: Timestamp(try columns.next(Date.self)), redemptionId: try columns.next(),
            merchantId: try columns.next(), reason: try columns.next())
    }
}
