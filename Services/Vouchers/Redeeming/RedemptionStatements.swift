import Contracts
import FoundationEssentials
import Postgres

/// Reads the redemptions that were made under these ids.
struct ReadRedemptions: Statement {
    static let sql = """
        SELECT redemption_id, redemption.voucher_id, issuer_city_id, merchant_id, city_id, amount, currency,
            redemption.balance, person_id, redeemed_at, content_key_id, content, hold_id
        FROM redemption JOIN voucher USING (voucher_id) WHERE redemption_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> EarlierRedemption {
        let (id, voucher, issuer): (UUID, UUID, UUID) = (try columns.next(), try columns.next(), try columns.next())
        let (merchant, city): (UUID, UUID) = (try columns.next(), try columns.next())
        let amount = Money(try columns.next(), try columns.next())
        let balance = Money(try columns.next(), amount.currency)
        let person: UUID? = try columns.next()
        let redeemedAt = Timestamp(try columns.next(Date.self))
        let content = RedemptionContent(keyID: Int(try columns.next(Int32.self)), digest: try columns.next())
        let redemption = Redemption(
            redemptionId: id, voucherId: voucher, issuerCityId: issuer, merchantId: merchant, cityId: city,
            amount: amount, balance: balance, personId: person, redeemedAt: redeemedAt, content: content,
            holdId: try columns.next())
        return EarlierRedemption(redemptionId: id, content: content, outcome: .redeemed(redemption))
    }
}

/// Reads the refusals that were recorded under these ids.
struct ReadRefusals: Statement {
    static let sql = """
        SELECT redemption_id, content_key_id, content, reason FROM redemption_refusal WHERE redemption_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> EarlierRedemption {
        EarlierRedemption(
            redemptionId: try columns.next(),
            content: RedemptionContent(keyID: Int(try columns.next(Int32.self)), digest: try columns.next()),
            outcome: .refused(try columns.next()))
    }
}

extension RedemptionRefusalReason: PostgresValue {}

/// Writes redemptions.
struct WriteRedemptions: Statement {
    static let sql = """
        INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id, content,
            hold_id, redeemed_at)
        SELECT *, $10 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[],
            $7::integer[], $8::bytea[], $9::uuid[])
        """
    var redemptions: [Redemption]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(redemptions.map(\.redemptionId))
        parameters.add(redemptions.map(\.voucherId))
        parameters.add(redemptions.map(\.merchantId))
        parameters.add(redemptions.map(\.cityId))
        parameters.add(redemptions.map(\.amount.amount))
        parameters.add(redemptions.map(\.balance.amount))
        parameters.add(redemptions.map { Int32($0.content.keyID) })
        parameters.add(redemptions.map(\.content.digest))
        parameters.add(redemptions.map(\.holdId))
        parameters.add(now)
    }
}

/// Records refusals.
struct WriteRefusals: Statement {
    static let sql = """
        INSERT INTO redemption_refusal (redemption_id, merchant_id, voucher_id, reason, content_key_id, content, refused_at)
        SELECT *, $7 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bytea[])
        """
    var refusals: [RedemptionRefusal]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(refusals.map(\.redemptionId))
        parameters.add(refusals.map(\.merchantId))
        parameters.add(refusals.map(\.voucherId))
        parameters.add(refusals.map(\.reason.rawValue))
        parameters.add(refusals.map { Int32($0.content.keyID) })
        parameters.add(refusals.map(\.content.digest))
        parameters.add(now)
    }
}
