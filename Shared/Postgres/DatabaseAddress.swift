import CPostgres

/// Where a database is and how to sign in: a `postgresql://` URL, taken apart by libpq.
///
/// Everything libpq understands passes through (`sslmode`, `sslrootcert`, several hosts, …).
public struct DatabaseAddress: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    /// libpq's keywords and their values, as far as the URL says them.
    var options: [String: String]

    /// Reads `postgresql://user:password@host:port/database?sslmode=…`.
    public init(url: String) throws(PostgresError) {
        guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
            throw PostgresError(.badAddress, "a database address begins with postgresql://")
        }
        // libpq's own message quotes the URL, and with it the password: it is thrown away.
        var complaint: UnsafeMutablePointer<CChar>?
        let parsed = unsafe PQconninfoParse(url, &complaint)
        unsafe PQfreemem(complaint)
        guard let parsed = unsafe parsed else {
            throw PostgresError(.badAddress, "the database address is not a connection URL that libpq understands")
        }
        defer { unsafe PQconninfoFree(parsed) }
        options = [:]
        var option = unsafe parsed
        while let keyword = unsafe option.pointee.keyword {
            if let value = unsafe option.pointee.val {
                unsafe options[String(cString: keyword)] = unsafe String(cString: value)
            }
            unsafe option += 1
        }
    }

    /// The database's name.
    public var database: String? { options["dbname"] }

    /// The role that signs in.
    public var user: String? { options["user"] }

    /// The same server and role, another database.
    public func naming(database: String) -> DatabaseAddress {
        var address = self
        address.options["dbname"] = database
        return address
    }

    /// The address without its password.
    public var description: String {
        let user = options["user"].map { options["password"] == nil ? "\($0)@" : "\($0):***@" } ?? ""
        let port = options["port"].map { ":\($0)" } ?? ""
        return "postgresql://\(user)\(options["host"] ?? "")\(port)/\(options["dbname"] ?? "")"
    }

    /// What `dump` and a debugger show: the description.
    public var customMirror: Mirror {
        Mirror(self, children: ["address": description])
    }
}
