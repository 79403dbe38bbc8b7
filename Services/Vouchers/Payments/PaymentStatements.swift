import Contracts
import FoundationEssentials
import Messaging
public import Postgres

// The SQL of accounts and payments.

extension PayoutState: PostgresValue {}
extension PayoutKind: PostgresValue {}

/// The account of a city as its row says.
struct CityAccount: Hashable, Sendable {
    var cityId: UUID
    var name: String
    var ibanMask: String
    var sealedParty: [UInt8]
    var version: Int64
}

/// Locks and reads the accounts of cities.
struct LockCityAccounts: Statement {
    static let sql = """
        SELECT city_id, name, iban_mask, sealed_party, version FROM settlement_account WHERE city_id = ANY ($1)
        ORDER BY city_id FOR UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> CityAccount {
        CityAccount(
            cityId: try columns.next(), name: try columns.next(), ibanMask: try columns.next(),
            sealedParty: try columns.next(), version: try columns.next())
    }
}

/// Writes the account of a city; one that another has written meanwhile conflicts.
struct WriteCityAccount: Statement {
    static let sql = """
        INSERT INTO settlement_account (city_id, name, iban_mask, sealed_party, version) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (city_id) DO UPDATE SET name = excluded.name, iban_mask = excluded.iban_mask,
            sealed_party = excluded.sealed_party, version = excluded.version
        WHERE settlement_account.version < excluded.version
        """
    var account: CityAccount

    func bind(_ parameters: inout Parameters) {
        parameters.add(account.cityId)
        parameters.add(account.name)
        parameters.add(account.ibanMask)
        parameters.add(account.sealedParty)
        parameters.add(account.version)
    }
}

/// The account of a merchant as its row says.
struct StoredMerchantAccount: Hashable, Sendable {
    var merchantId: UUID
    var name: String
    var ibanMask: String?
    var sealedParty: [UInt8]?
    var version: Int64
}

/// Keeps the newer version of each merchant's account.
struct WriteMerchantAccounts: Statement {
    static let sql = """
        INSERT INTO merchant_account (merchant_id, name, iban_mask, sealed_party, version)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::bigint[])
        ON CONFLICT (merchant_id) DO UPDATE SET name = excluded.name, iban_mask = excluded.iban_mask,
            sealed_party = excluded.sealed_party, version = excluded.version
        WHERE merchant_account.version <= excluded.version
        """
    var accounts: [StoredMerchantAccount]

    func bind(_ parameters: inout Parameters) {
        parameters.add(accounts.map(\.merchantId))
        parameters.add(accounts.map(\.name))
        parameters.add(accounts.map(\.ibanMask))
        parameters.add(accounts.map(\.sealedParty))
        parameters.add(accounts.map(\.version))
    }
}

/// Writes the payments that a run makes.
struct WritePayouts: Statement {
    static let sql = """
        INSERT INTO payout (payout_id, run_id, kind, debtor_city_id, creditor_id, currency, amount, creditor_name, iban_mask,
            sealed_party, state)
        SELECT id, $1, kind, debtor, creditor, currency, amount, name, mask, party, 'open'
        FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::text[], $9::text[],
            $10::bytea[]) AS new (id, kind, debtor, creditor, currency, amount, name, mask, party)
        """
    var runId: UUID
    var payouts: [NewPayout]

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(payouts.map(\.payoutId))
        parameters.add(payouts.map(\.kind.rawValue))
        parameters.add(payouts.map(\.debtorCityId))
        parameters.add(payouts.map(\.creditorId))
        parameters.add(payouts.map(\.amount.currency))
        parameters.add(payouts.map(\.amount.amount))
        parameters.add(payouts.map(\.creditor.name))
        parameters.add(payouts.map(\.creditor.ibanMask))
        parameters.add(payouts.map(\.creditor.sealedParty))
    }
}

/// How a payment stands in its row.
enum PayoutColumns {
    /// In the order in which ``Columns/payout()`` reads them.
    static let names = """
        payout_id, run_id, kind, debtor_city_id, creditor_id, creditor_name, iban_mask, amount, currency, state, paid_on,
            bank_reason
        """
}

extension Columns {
    /// Reads ``PayoutColumns/names``.
    mutating func payout() throws -> Payout {
        let (id, run): (UUID, UUID) = (try next(), try next())
        return Payout(
            payoutId: id, runId: run, kind: try next(), debtorCityId: try next(), creditorId: try next(),
            creditorName: try next(), ibanMasked: try next(), amount: Money(try next(), try next()),
            endToEndId: CreditTransfer.endToEndId(id), state: try next(),
            paidOn: try next(CalendarDate?.self).map { Day($0) }, bankReason: try next())
    }
}

/// Locks and reads payments.
struct LockPayouts: Statement {
    static let sql = """
        SELECT \(PayoutColumns.names) FROM payout WHERE payout_id = ANY ($1) ORDER BY payout_id FOR UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Payout {
        try columns.payout()
    }
}

/// Reads a page of the payments of a run.
struct ReadPayouts: Statement {
    static let sql = """
        SELECT \(PayoutColumns.names) FROM payout
        WHERE run_id = $1 AND ($2::uuid IS NULL OR debtor_city_id = $2) AND ($3::text IS NULL OR state = $3)
            AND ($4::uuid IS NULL OR payout_id > $4)
        ORDER BY payout_id LIMIT $5
        """
    var query: FindPayouts
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.runId)
        parameters.add(query.cityId)
        parameters.add(query.state?.rawValue)
        parameters.add(query.after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Payout {
        try columns.payout()
    }
}

/// Reads the payments of one payment file, with their accounts.
struct ReadPayoutParties: Statement {
    struct Row: Sendable {
        var payout: Payout
        var sealedParty: [UInt8]?
    }

    static let sql = """
        SELECT sealed_party, \(PayoutColumns.names) FROM payout WHERE run_id = $1 AND debtor_city_id = $2 AND currency = $3
        ORDER BY payout_id OFFSET $4 LIMIT $5
        """
    var query: GetPaymentFile
    var part: Int
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.runId)
        parameters.add(query.cityId)
        parameters.add(query.currency)
        parameters.add((part - 1) * max)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Row {
        let sealed: [UInt8]? = try columns.next()
        return Row(payout: try columns.payout(), sealedParty: sealed)
    }
}

/// Sums up who pays how much in a run.
struct ReadDebtors: Statement {
    static let sql = """
        SELECT debtor_city_id, currency, count(*), sum(amount)::bigint, count(*) FILTER (WHERE state = 'confirmed') FROM payout
        WHERE run_id = $1 GROUP BY debtor_city_id, currency ORDER BY debtor_city_id, currency
        """
    var runId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
    }

    static func row(_ columns: inout Columns) throws -> GetSettlement.Debtor {
        let (city, currency): (UUID, String) = (try columns.next(), try columns.next())
        let payouts: Int64 = try columns.next()
        let max = Int64(GivePaymentFile.payoutsMax)
        return GetSettlement.Debtor(
            cityId: city, currency: currency, payouts: payouts, sum: try columns.next(), confirmed: try columns.next(),
            parts: Int((payouts + max - 1) / max))
    }
}

/// Reads from which account a city pays a run.
struct ReadDebtorParty: Statement {
    static let sql = "SELECT sealed_party FROM settlement_debtor WHERE run_id = $1 AND city_id = $2"
    var runId: UUID
    var cityId: UUID

    func bind(_ parameters: inout Parameters) {
        parameters.add(runId)
        parameters.add(cityId)
    }

    static func row(_ columns: inout Columns) throws -> [UInt8] {
        try columns.next()
    }
}

/// Notes that payments have arrived.
struct MarkConfirmed: Statement {
    static let sql = "UPDATE payout SET state = 'confirmed', paid_on = $2 WHERE payout_id = ANY ($1)"
    var ids: [UUID]
    var paidOn: Day

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
        parameters.add(paidOn.date)
    }
}

/// Notes that a payment has come back.
struct MarkReturned: Statement {
    static let sql = "UPDATE payout SET state = 'returned', bank_reason = $2 WHERE payout_id = $1"
    var payout: Payout
    var bankReason: String

    func bind(_ parameters: inout Parameters) {
        parameters.add(payout.payoutId)
        parameters.add(bankReason)
    }
}

/// Leaves what has come back to the next run.
struct WriteReturnCarry: Statement {
    static let sql = """
        INSERT INTO settlement_carry (cause, cause_id, merchant_id, city_id, currency, amount)
        VALUES ('return', $1, $2, $3, $4, $5)
        """
    var payout: Payout

    func bind(_ parameters: inout Parameters) {
        parameters.add(payout.payoutId)
        parameters.add(payout.creditorId)
        parameters.add(payout.debtorCityId)
        parameters.add(payout.amount.currency)
        parameters.add(payout.amount.amount)
    }
}
