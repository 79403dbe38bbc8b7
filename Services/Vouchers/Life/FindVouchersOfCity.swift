import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Finds vouchers for operators: `vouchers.find-vouchers.v1`.
struct FindVouchersOfCity: QueryHandler {
    static let access: AccessRule<FindVouchers> = .editors { $0.issuerCityId }

    func answer(_ query: FindVouchers, from asker: Asker, reading database: Pool) async throws -> FindVouchers.Reply {
        let limit = query.limit ?? FindVouchers.pageDefault
        let (_, found) = try await database.execute(PlanForVoucherSearch(), SearchVouchers(query, max: limit + 1))
        let page = found.prefix(limit)
        return FindVouchers.Reply(
            vouchers: page.map { VoucherFacts($0) }, next: found.count > limit ? page.last?.voucherId : nil)
    }
}

/// Has the search behind it in its flight planned for what is given, by one of the indexes: a plan for any parameters would read
/// through all vouchers.
struct PlanForVoucherSearch: Statement {
    static let sql = """
        SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_seqscan', 'off', true)
        """
}

/// Finds vouchers in the order of their sale, which one of the indexes has.
struct SearchVouchers: Statement {
    static let sql = """
        SELECT \(VoucherColumns.names) FROM voucher
        WHERE ($1::uuid IS NULL OR issuer_city_id = $1) AND ($2::text IS NULL OR last_four = $2)
            AND ($3::uuid IS NULL OR order_id = $3) AND ($4::uuid IS NULL OR person_id = $4)
            AND ($5::timestamptz IS NULL OR issued_at >= $5 AND issued_at < $5 + interval '24 hours')
            AND ($6::text IS NULL OR status = $6)
            AND ($7::uuid IS NULL OR (issued_at, voucher_id)
                > ((SELECT last.issued_at FROM voucher AS last WHERE last.voucher_id = $7), $7))
        ORDER BY issued_at, voucher_id LIMIT $8
        """
    private let query: FindVouchers
    private let lastFour: String?
    private let max: Int

    init(_ query: FindVouchers, max: Int) {
        self.query = query
        // As people read it to one another.
        lastFour = query.lastFour.map(VoucherCode.lastFour(read:))
        self.max = max
    }

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.issuerCityId)
        parameters.add(lastFour)
        parameters.add(query.orderId)
        parameters.add(query.personId)
        parameters.add(query.day.map { Timestamp(milliseconds: Int64($0.number) * 86_400_000).date })
        parameters.add(query.status?.rawValue)
        parameters.add(query.after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Voucher {
        try columns.voucher()
    }
}
