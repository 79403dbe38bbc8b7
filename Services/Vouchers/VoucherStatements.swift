import Contracts
import FoundationEssentials
import Postgres

// The SQL of vouchers. Rows are locked and inserted in the order of their ids everywhere: two batches that lock in different
// order deadlock.

/// Locks the vouchers behind these lookups; what depends on the lock is read by a later statement.
struct LockVouchers: Statement {
    static let sql = "SELECT 1::integer FROM voucher WHERE lookup = ANY ($1) ORDER BY voucher_id FOR UPDATE"
    var lookups: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(lookups)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads vouchers by the lookups of their codes.
struct ReadVouchers: Statement {
    static let sql = """
        SELECT voucher_id, issuer_city_id, currency, value, balance, status, person_id, key_id, lookup, last_four,
            issued_at
        FROM voucher WHERE lookup = ANY ($1)
        """
    var lookups: [[UInt8]]

    func bind(_ parameters: inout Parameters) {
        parameters.add(lookups)
    }

    static func row(_ columns: inout Columns) throws -> Voucher {
        Voucher(
            voucherId: try columns.next(), issuerCityId: try columns.next(), currency: try columns.next(),
            value: try columns.next(), balance: try columns.next(), status: try columns.next(),
            personId: try columns.next(),
            lookup: CodeLookup(keyID: Int(try columns.next(Int32.self)), digest: try columns.next()),
            lastFour: try columns.next(), issuedAt: Timestamp(try columns.next(Date.self)))
    }
}

extension Voucher.Status: PostgresValue {}

/// Reads the redemptions that were made under these ids.
struct ReadRedemptions: Statement {
    static let sql = """
        SELECT redemption_id, redemption.voucher_id, issuer_city_id, merchant_id, city_id, amount, currency,
            redemption.balance, person_id, redeemed_at, content_key_id, content
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
            amount: amount, balance: balance, personId: person, redeemedAt: redeemedAt, content: content)
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

/// Reads merchants from the copy of the registry.
struct ReadMerchants: Statement {
    static let sql = "SELECT merchant_id, city_id, closed_from FROM merchant WHERE merchant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> KnownMerchant {
        KnownMerchant(
            merchantId: try columns.next(), cityId: try columns.next(),
            closedFrom: try columns.next(CalendarDate?.self)?.day)
    }
}

extension CalendarDate {
    /// From 1 January 1970 to 1 January 2000.
    private static let daysBetween = 10_957

    fileprivate init(_ day: Day) {
        self.init(daysSince2000: Int32(clamping: day.number - Self.daysBetween))
    }

    fileprivate var day: Day { Day(number: Int(daysSince2000) + Self.daysBetween) }
}

/// Reads which of these cities the copy of the registry knows.
struct ReadCities: Statement {
    static let sql = "SELECT city_id FROM city WHERE city_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}

/// Writes the balances of locked vouchers, and the lookups of codes that were hashed anew.
struct WriteBalances: Statement {
    static let sql = """
        UPDATE voucher SET balance = changed.balance, key_id = changed.key_id, lookup = changed.lookup
        FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::bytea[]) AS changed (id, balance, key_id, lookup)
        WHERE voucher_id = changed.id
        """
    var vouchers: [Voucher]

    func bind(_ parameters: inout Parameters) {
        parameters.add(vouchers.map(\.voucherId))
        parameters.add(vouchers.map(\.balance))
        parameters.add(vouchers.map { Int32($0.lookup.keyID) })
        parameters.add(vouchers.map(\.lookup.digest))
    }
}

/// Writes redemptions.
struct WriteRedemptions: Statement {
    static let sql = """
        INSERT INTO redemption (redemption_id, voucher_id, merchant_id, city_id, amount, balance, content_key_id, content,
            redeemed_at)
        SELECT *, $9 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bigint[],
            $7::integer[], $8::bytea[])
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

/// Writes entries into the journal, line by line.
struct WritePostings: Statement {
    static let sql = """
        INSERT INTO posting (cause, cause_id, account, owner_id, amount, currency, posted_at)
        SELECT *, $7 FROM unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::text[])
        """
    var entries: [LedgerEntry]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        let lines = entries.flatMap { entry in entry.postings.map { (entry.cause, $0) } }
        parameters.add(lines.map(\.0.kind.rawValue))
        parameters.add(lines.map(\.0.id))
        parameters.add(lines.map(\.1.account.kind.rawValue))
        parameters.add(lines.map(\.1.account.owner))
        parameters.add(lines.map(\.1.amount))
        parameters.add(lines.map(\.1.currency))
        parameters.add(now)
    }
}

/// Locks issue ids against another command under the same id, and reads what was issued under them.
struct ReadIssues: Statement {
    struct Row: Sendable {
        var issueId: UUID
        var voucherId: UUID
        var issuerCityId: UUID
        var value: Money
        var personId: UUID?
        var sealedCode: [UInt8]?
    }

    static let sql = """
        SELECT issue_id, voucher_id, issuer_city_id, value, currency, person_id,
            CASE WHEN code_until > clock_timestamp() THEN sealed_code END
        FROM issue JOIN voucher USING (voucher_id) WHERE issue_id = ANY ($1)
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        Row(
            issueId: try columns.next(), voucherId: try columns.next(), issuerCityId: try columns.next(),
            value: Money(try columns.next(), try columns.next()), personId: try columns.next(),
            sealedCode: try columns.next())
    }
}

/// Writes new vouchers.
struct WriteVouchers: Statement {
    static let sql = """
        INSERT INTO voucher (voucher_id, issuer_city_id, currency, value, balance, status, person_id, key_id, lookup,
            last_four, issued_at)
        SELECT id, city, currency, value, value, status, person, key_id, lookup, last_four, $10
        FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::uuid[], $7::integer[],
            $8::bytea[], $9::text[]) AS new (id, city, currency, value, status, person, key_id, lookup, last_four)
        """
    var vouchers: [Voucher]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(vouchers.map(\.voucherId))
        parameters.add(vouchers.map(\.issuerCityId))
        parameters.add(vouchers.map(\.currency))
        parameters.add(vouchers.map(\.value))
        parameters.add(vouchers.map(\.status.rawValue))
        parameters.add(vouchers.map(\.personId))
        parameters.add(vouchers.map { Int32($0.lookup.keyID) })
        parameters.add(vouchers.map(\.lookup.digest))
        parameters.add(vouchers.map(\.lastFour))
        parameters.add(now)
    }
}

/// Writes what was issued under which id, with the codes encrypted, for as long as the answer may be repeated.
struct WriteIssues: Statement {
    static let sql = """
        INSERT INTO issue (issue_id, voucher_id, sealed_code, code_until)
        SELECT id, voucher, code, $4 FROM unnest($1::uuid[], $2::uuid[], $3::bytea[]) AS new (id, voucher, code)
        """
    var ids: [UUID]
    var vouchers: [UUID]
    var sealedCodes: [[UInt8]]
    var until: Date

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(vouchers)
        parameters.add(sealedCodes)
        parameters.add(until)
    }
}

/// Forgets codes that may not be shown any more.
struct ForgetCodes: Statement {
    static let sql = """
        UPDATE issue SET sealed_code = NULL WHERE issue_id IN (
            SELECT issue_id FROM issue WHERE sealed_code IS NOT NULL AND code_until <= clock_timestamp()
            ORDER BY issue_id LIMIT 1000 FOR UPDATE SKIP LOCKED)
        RETURNING 1::integer
        """

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Replays the journal: the sums of each kind of account in each currency.
struct SumPostings: Statement {
    static let sql = """
        SELECT account, currency, sum(amount)::bigint FROM posting GROUP BY account, currency ORDER BY account, currency
        """

    static func row(_ columns: inout Columns) throws -> GetLedger.Reply.Line {
        GetLedger.Reply.Line(account: try columns.next(), currency: try columns.next(), sum: try columns.next())
    }
}

/// Counts vouchers, redemptions, and vouchers whose balance is not what the journal says.
struct CheckBalances: Statement {
    struct Row: Sendable {
        var vouchers: Int64
        var redemptions: Int64
        var differing: Int64
    }

    static let sql = """
        SELECT (SELECT count(*) FROM voucher), (SELECT count(*) FROM redemption), (
            SELECT count(*) FROM voucher
            FULL JOIN (SELECT owner_id, sum(amount) AS sum FROM posting WHERE account = 'voucher' GROUP BY owner_id) AS journal
                ON journal.owner_id = voucher_id
            WHERE balance IS DISTINCT FROM -sum)
        """

    static func row(_ columns: inout Columns) throws -> Row {
        Row(vouchers: try columns.next(), redemptions: try columns.next(), differing: try columns.next())
    }
}

/// Keeps the newer version of each city.
struct CopyCities: Statement {
    static let sql = """
        INSERT INTO city (city_id, slug, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[])
        ON CONFLICT (city_id) DO UPDATE SET slug = excluded.slug, version = excluded.version
        WHERE city.version < excluded.version
        """
    var cities: [CityRegistered]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cities.map(\.city.cityId))
        parameters.add(cities.map(\.city.slug))
        parameters.add(cities.map(\.version))
    }
}

/// Keeps the newer version of each merchant.
struct CopyMerchants: Statement {
    static let sql = """
        INSERT INTO merchant (merchant_id, city_id, name, version, closed_from)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::date[])
        ON CONFLICT (merchant_id) DO UPDATE
        SET city_id = excluded.city_id, name = excluded.name, version = excluded.version,
            closed_from = excluded.closed_from
        WHERE merchant.version < excluded.version
        """
    var merchants: [MerchantRegistered]

    func bind(_ parameters: inout Parameters) {
        parameters.add(merchants.map(\.merchantId))
        parameters.add(merchants.map(\.cityId))
        parameters.add(merchants.map(\.name))
        parameters.add(merchants.map(\.version))
        parameters.add(merchants.map { $0.closedFrom.map { CalendarDate($0) } })
    }
}
