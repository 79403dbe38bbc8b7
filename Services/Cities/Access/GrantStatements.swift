import Contracts
import FoundationEssentials
import Messaging
import Postgres

/// Locks grants in the order of ids.
struct LockGrants: Statement {
    static let sql = "SELECT FROM access_grant WHERE grant_id = ANY ($1) ORDER BY grant_id FOR UPDATE"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }
}

/// Reads grants by id.
struct ReadGrantStates: Statement {
    static let sql = "SELECT \(GrantTable.columns) FROM access_grant WHERE grant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> AccessGranted {
        try GrantTable.row(&columns)
    }
}

/// Reads grants in the order of ids, page by page: a user's, or everybody's.
struct ReadGrantPage: Statement {
    static let sql = """
        SELECT \(GrantTable.columns) FROM access_grant
        WHERE ($1::text IS NULL OR user_id = $1) AND ($2::uuid IS NULL OR grant_id > $2)
        ORDER BY grant_id LIMIT $3
        """
    var user: String?
    var after: UUID?
    var max: Int

    func bind(_ parameters: inout Parameters) {
        parameters.add(user)
        parameters.add(after)
        parameters.add(max)
    }

    static func row(_ columns: inout Columns) throws -> AccessGranted {
        try GrantTable.row(&columns)
    }
}

/// Inserts grants, which come sorted by id.
struct InsertGrants: Statement {
    static let sql = GrantTable.insert
    var grants: [AccessGranted]

    func bind(_ parameters: inout Parameters) {
        GrantTable.bind(grants, &parameters)
    }
}

/// Writes what changes of a grant.
struct ReviseGrants: Statement {
    static let sql = """
        UPDATE access_grant SET version = revised.version, is_revoked = revised.is_revoked
        FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS revised (grant_id, version, is_revoked)
        WHERE access_grant.grant_id = revised.grant_id
        """
    var grants: [AccessGranted]

    func bind(_ parameters: inout Parameters) {
        parameters.add(grants.map(\.grant.grantId))
        parameters.add(grants.map(\.version))
        parameters.add(grants.map(\.revoked))
    }
}

/// Tells which of the ids are merchants'.
struct FindMerchantIDs: Statement {
    static let sql = "SELECT merchant_id FROM merchant WHERE merchant_id = ANY ($1)"
    var ids: [UUID]

    func bind(_ parameters: inout Parameters) {
        parameters.add(ids)
    }

    static func row(_ columns: inout Columns) throws -> UUID {
        try columns.next()
    }
}
