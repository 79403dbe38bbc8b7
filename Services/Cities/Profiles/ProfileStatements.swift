public import Contracts
import FoundationEssentials
public import Postgres

extension ProfileState: PostgresScalar {}

extension Profile {
    /// The columns that ``init(_:)`` reads.
    static let columns =
        "city_id, version, state, theme, claim, description, drafted_at, reviewed_by, reviewed_at, published_at"

    init(_ columns: inout Columns) throws {
        let (id, version): (UUID, Int64) = (try columns.next(), try columns.next())
        let state: ProfileState = try columns.next()
        let texts: (JSONB, JSONB, JSONB) = (try columns.next(), try columns.next(), try columns.next())
        let draftedAt: Date = try columns.next()
        let reviewedBy: String? = try columns.next()
        let (reviewedAt, publishedAt): (Date?, Date?) = (try columns.next(), try columns.next())
        self.init(
            cityId: id, version: version, state: state,
            texts: ProfileTexts(
                theme: try LocalizedText(texts.0), claim: try LocalizedText(texts.1),
                description: try LocalizedText(texts.2)),
            draftedAt: Timestamp(draftedAt), reviewedBy: reviewedBy, reviewedAt: reviewedAt.map { Timestamp($0) },
            publishedAt: publishedAt.map { Timestamp($0) })
    }
}

extension LocalizedText {
    fileprivate init(_ json: JSONB) throws {
        self.init(try JSONDecoder().decode([String: String].self, from: Data(json.bytes)))
    }

    fileprivate var json: JSONB {
        guard let data = try? JSONEncoder().encode(texts) else { preconditionFailure("texts are plain JSON") }
        return JSONB([UInt8](data))
    }
}

/// Reads the newest version of the profiles of cities.
struct ReadNewestProfiles: Statement {
    static let sql = """
        SELECT DISTINCT ON (city_id) \(Profile.columns) FROM profile WHERE city_id = ANY ($1)
        ORDER BY city_id, version DESC
        """
    var cityIds: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityIds)
    }

    static func row(_ columns: inout Columns) throws -> Profile {
        try Profile(&columns)
    }
}

/// Reads one version of a city's profile, or the one that is published.
struct ReadProfile: Statement {
    static let sql = """
        SELECT \(Profile.columns) FROM profile
        WHERE city_id = $1 AND ($2::bigint IS NULL AND state = 'published' OR version = $2)
        ORDER BY version DESC LIMIT 1
        """
    var cityId: UUID
    var version: Int64?

    func bind(_ parameters: inout Parameters) {
        parameters.add(cityId)
        parameters.add(version)
    }

    static func row(_ columns: inout Columns) throws -> Profile {
        try Profile(&columns)
    }
}

/// Writes versions of profiles whose cities are locked, new ones and changed ones.
struct WriteProfiles: Statement {
    static let sql = """
        INSERT INTO profile (\(Profile.columns))
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::jsonb[], $5::jsonb[], $6::jsonb[],
            $7::timestamptz[], $8::text[], $9::timestamptz[], $10::timestamptz[])
        ON CONFLICT (city_id, version) DO UPDATE SET state = excluded.state, reviewed_by = excluded.reviewed_by,
            reviewed_at = excluded.reviewed_at, published_at = excluded.published_at
        """
    var profiles: [Profile]

    func bind(_ parameters: inout Parameters) {
        parameters.add(profiles.map(\.cityId))
        parameters.add(profiles.map(\.version))
        parameters.add(profiles.map(\.state))
        parameters.add(profiles.map(\.texts.theme.json))
        parameters.add(profiles.map(\.texts.claim.json))
        parameters.add(profiles.map(\.texts.description.json))
        parameters.add(profiles.map(\.draftedAt.date))
        parameters.add(profiles.map(\.reviewedBy))
        parameters.add(profiles.map { $0.reviewedAt?.date })
        parameters.add(profiles.map { $0.publishedAt?.date })
    }
}
