public import Contracts
import FoundationEssentials
public import Postgres

extension Role: PostgresScalar {}

/// The table `access_grant`, for the runtime's statements and those of the grants' owner.
public enum GrantTable {
    /// The columns that ``row(_:)`` reads.
    public static let columns = """
        grant_id, user_id, role, city_id, merchant_id, terminal_id, message_types, valid_from, valid_until, version,
        is_revoked
        """

    /// Inserts what ``bind(_:_:)`` adds, which has to come sorted by id.
    ///
    /// An array of arrays cannot be unnested: message types travel as one text, and have no spaces.
    public static let insert = """
        INSERT INTO access_grant (\(columns))
        SELECT grant_id, user_id, role, city_id, merchant_id, terminal_id, string_to_array(message_types, ' '),
            valid_from, valid_until, version, is_revoked
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
            $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::boolean[])
            AS said (\(columns))
        """

    /// Adds the parameters of ``insert``.
    public static func bind(_ grants: [AccessGranted], _ parameters: inout Parameters) {
        parameters.add(grants.map(\.grant.grantId))
        parameters.add(grants.map(\.grant.userId))
        parameters.add(grants.map(\.grant.role))
        parameters.add(grants.map(\.grant.cityId))
        parameters.add(grants.map(\.grant.merchantId))
        parameters.add(grants.map(\.grant.terminalId))
        parameters.add(grants.map { $0.grant.messageTypes?.joined(separator: " ") })
        parameters.add(grants.map { $0.grant.from?.date })
        parameters.add(grants.map { $0.grant.until?.date })
        parameters.add(grants.map(\.version))
        parameters.add(grants.map(\.revoked))
    }

    /// Reads one grant.
    public static func row(_ columns: inout Columns) throws -> AccessGranted {
        let grant = Grant(
            grantId: try columns.next(), userId: try columns.next(), role: try columns.next(),
            cityId: try columns.next(), merchantId: try columns.next(), terminalId: try columns.next(),
            messageTypes: try columns.next(), from: try columns.next(Date?.self).map(Timestamp.init(_:)),
            until: try columns.next(Date?.self).map(Timestamp.init(_:)))
        return AccessGranted(grant, version: try columns.next(), revoked: try columns.next())
    }
}

/// Reads the grants of users that are not revoked; none where the copy is not complete, because what is missing may be
/// that one of them was revoked.
struct ReadGrants: Statement {
    static let sql = """
        SELECT \(GrantTable.columns) FROM access_grant
        WHERE user_id = ANY ($1) AND NOT is_revoked
            AND (NOT $2 OR EXISTS (SELECT FROM copy WHERE name = 'grants' AND completed_at IS NOT NULL))
        """
    var users: [String]
    /// Whether the table is a copy.
    var isCopy: Bool

    func bind(_ parameters: inout Parameters) {
        parameters.add(users)
        parameters.add(isCopy)
    }

    static func row(_ columns: inout Columns) throws -> Grant {
        try GrantTable.row(&columns).grant
    }
}

/// Keeps the newer version of each grant.
struct CopyGrants: Statement {
    static let sql = """
        \(GrantTable.insert)
        ON CONFLICT (grant_id) DO UPDATE
        SET user_id = excluded.user_id, role = excluded.role, city_id = excluded.city_id,
            merchant_id = excluded.merchant_id, terminal_id = excluded.terminal_id,
            message_types = excluded.message_types, valid_from = excluded.valid_from,
            valid_until = excluded.valid_until, version = excluded.version, is_revoked = excluded.is_revoked
        WHERE access_grant.version < excluded.version
        """
    var grants: [AccessGranted]

    func bind(_ parameters: inout Parameters) {
        GrantTable.bind(grants, &parameters)
    }
}

/// Reads how much is in the copy of the grants, revoked ones as well.
struct MeasureGrants: ExtentStatement {
    static let sql = "SELECT \(columns) FROM access_grant"
}
