import Contracts
import FoundationEssentials
import Messaging
public import Postgres

/// Reads the terms that are in force of these programmes.
struct ReadCurrentTerms: Statement {
    static let sql = """
        SELECT \(TermsColumns.names) FROM terms JOIN programme USING (programme_id)
        WHERE programme_id = ANY ($1) AND terms.number = programme.terms_number
        """
    var programmeIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(programmeIds)
    }

    static func row(_ columns: inout Columns) throws -> Terms {
        try columns.terms()
    }
}

/// Reads terms by their ids.
struct ReadTerms: Statement {
    static let sql =
        "SELECT \(TermsColumns.names) FROM terms JOIN programme USING (programme_id) WHERE terms_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Terms {
        try columns.terms()
    }
}

/// How terms stand in their row.
enum TermsColumns {
    /// In the order in which ``Columns/terms()`` reads them.
    static let names = """
        terms_id, programme_id, issuer_city_id, number, currency, denominations, open_from, open_to, vat, vat_country,
            vat_basis_points, validity_months, validity_to_end_of_year, accepted_in, redeemable_for_cash, limitation_years,
            limitation_to_end_of_year, sold_until, gifts_redeemable_for_cash
        """
}

extension Columns {
    /// Reads ``TermsColumns/names``.
    mutating func terms() throws -> Terms {
        let (termsId, programmeId, issuerCityId): (UUID, UUID, UUID) = (try next(), try next(), try next())
        let number: Int32 = try next()
        var promise = ProgrammeTerms(currency: try next(), denominations: try next())
        let (from, to): (Int64?, Int64?) = (try next(), try next())
        if let from, let to { promise.openAmounts = AmountRange(from: from, to: to) }
        promise.vat = try next()
        let (country, basisPoints): (String?, Int32?) = (try next(), try next())
        if let country, let basisPoints {
            promise.vatRate = VATRate(country: country, basisPoints: Int(basisPoints))
        }
        let (months, toEndOfYear): (Int32?, Bool) = (try next(), try next())
        promise.validity = months.map { PrintedValidity(months: Int($0), toEndOfYear: toEndOfYear) }
        promise.acceptedIn = try next()
        promise.redeemableForCash = try next()
        var terms = Terms(
            termsId: termsId, programmeId: programmeId, issuerCityId: issuerCityId, number: Int(number),
            promise: promise, limitationYears: try next(Int32?.self).map { Int($0) }, limitationToEndOfYear: try next(),
            soldUntil: try next(CalendarDate?.self).map { Day($0) })
        terms.promise.giftsRedeemableForCash = try next() ? true : nil
        return terms
    }
}

extension VATKind: PostgresValue {}
