import Contracts
import FoundationEssentials
import Messaging
import Postgres

extension Programme {
    /// The columns that ``init(_:)`` reads: its terms, and what is the programme's own.
    static let columns = "\(TermsColumns.names), name, version"

    init(_ columns: inout Columns) throws {
        let terms = try columns.terms()
        self.init(
            programmeId: terms.programmeId, issuerCityId: terms.issuerCityId, name: try columns.next(),
            soldUntil: terms.soldUntil, terms: terms.promise, limitation: terms.limitation, termsId: terms.termsId,
            termsNumber: terms.number, version: try columns.next())
    }
}

/// Locks programmes against others who change them.
struct LockProgrammes: Statement {
    static let sql = """
        SELECT 1::integer FROM programme WHERE programme_id = ANY ($1) ORDER BY programme_id FOR NO KEY UPDATE
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Int32 {
        try columns.next()
    }
}

/// Reads programmes with their present terms.
struct ReadProgrammes: Statement {
    static let sql = """
        SELECT \(Programme.columns) FROM programme JOIN terms USING (programme_id)
        WHERE programme_id = ANY ($1) AND terms.number = programme.terms_number
        """
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> Programme {
        try Programme(&columns)
    }
}

/// Finds programmes in the order of ids, those of a city or all.
struct SearchProgrammes: Statement {
    static let sql = """
        SELECT \(Programme.columns) FROM programme JOIN terms USING (programme_id)
        WHERE terms.number = programme.terms_number
            AND ($1::uuid IS NULL OR issuer_city_id = $1) AND ($2::uuid IS NULL OR programme_id > $2)
            AND ($3::date IS NULL OR coalesce(sold_until, 'infinity') >= $3)
        ORDER BY programme_id LIMIT $4
        """
    var query: FindProgrammes
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(query.issuerCityId)
        parameters.add(query.after)
        parameters.add(query.soldOn?.date)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> Programme {
        try Programme(&columns)
    }
}

/// Reads terms of a programme, the newest first.
struct ReadTermsVersions: Statement {
    static let sql = """
        SELECT \(TermsColumns.names), made_at FROM terms JOIN programme USING (programme_id)
        WHERE programme_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3
        """
    var programmeId: UUID
    var before: Int
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(programmeId)
        parameters.add(Int32(clamping: before))
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> GetProgramme.Reply.Version {
        let terms = try columns.terms()
        return GetProgramme.Reply.Version(
            termsId: terms.termsId, number: terms.number, terms: terms.promise, limitation: terms.limitation,
            madeAt: Timestamp(try columns.next(Date.self)))
    }
}

/// Writes programmes, which come sorted by id.
///
/// Of two batches that make the same programme at once the second waits, changes no row because of its version, and fails at its
/// terms with 23505: it runs again, and finds the first.
struct WriteProgrammes: Statement {
    static let sql = """
        INSERT INTO programme (programme_id, issuer_city_id, name, sold_until, terms_number, version)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::integer[], $6::bigint[])
        ON CONFLICT (programme_id) DO UPDATE
        SET name = excluded.name, sold_until = excluded.sold_until, terms_number = excluded.terms_number,
            version = excluded.version
        WHERE programme.version < excluded.version
        """
    var programmes: [Programme]

    func bind(_ parameters: inout Parameters) {
        parameters.add(programmes.map(\.programmeId))
        parameters.add(programmes.map(\.issuerCityId))
        parameters.add(programmes.map(\.name))
        parameters.add(programmes.map { $0.soldUntil?.date })
        parameters.add(programmes.map { Int32(clamping: $0.termsNumber) })
        parameters.add(programmes.map(\.version))
    }
}

/// Adds terms.
struct InsertTerms: Statement {
    // A parameter is an array over the rows already, so the lists of a row are written as the text of an array.
    static let sql = """
        INSERT INTO terms (terms_id, programme_id, number, currency, denominations, open_from, open_to, vat, vat_country,
            vat_basis_points, validity_months, validity_to_end_of_year, accepted_in, redeemable_for_cash,
            limitation_years, limitation_to_end_of_year, gifts_redeemable_for_cash, made_at)
        SELECT id, programme, number, currency, denominations::bigint[], open_from, open_to, vat, vat_country,
            basis_points, months, to_end_of_year, accepted_in::uuid[], cash, years, years_to_end_of_year, gifts, $18
        FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
            $8::text[], $9::text[], $10::integer[], $11::integer[], $12::boolean[], $13::text[], $14::boolean[],
            $15::integer[], $16::boolean[], $17::boolean[])
            AS new (id, programme, number, currency, denominations, open_from, open_to, vat, vat_country, basis_points,
                months, to_end_of_year, accepted_in, cash, years, years_to_end_of_year, gifts)
        """
    var programmes: [Programme]
    var now: Date

    func bind(_ parameters: inout Parameters) {
        func array(_ texts: [String]) -> String { "{\(texts.joined(separator: ","))}" }
        let terms = programmes.map(\.terms)
        parameters.add(programmes.map(\.termsId))
        parameters.add(programmes.map(\.programmeId))
        parameters.add(programmes.map { Int32(clamping: $0.termsNumber) })
        parameters.add(terms.map(\.currency))
        parameters.add(terms.map { array($0.denominations.map(String.init)) })
        parameters.add(terms.map { $0.openAmounts?.from })
        parameters.add(terms.map { $0.openAmounts?.to })
        parameters.add(terms.map(\.vat.rawValue))
        parameters.add(terms.map { $0.vatRate?.country })
        parameters.add(terms.map { $0.vatRate.map { Int32(clamping: $0.basisPoints) } })
        parameters.add(terms.map { $0.validity.map { Int32(clamping: $0.months) } })
        parameters.add(terms.map { $0.validity?.toEndOfYear ?? false })
        parameters.add(terms.map { $0.acceptedIn.map { array($0.map(\.text)) } })
        parameters.add(terms.map(\.redeemableForCash))
        parameters.add(programmes.map { $0.limitation.map { Int32(clamping: $0.years) } })
        parameters.add(programmes.map { $0.limitation?.toEndOfYear ?? false })
        parameters.add(terms.map { $0.giftsRedeemableForCash ?? false })
        parameters.add(now)
    }
}
