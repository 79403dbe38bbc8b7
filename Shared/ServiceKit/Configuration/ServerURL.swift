internal import FoundationEssentials

/// The address of a server with the password it is entered with; it shows itself without the password.
public struct ServerURL: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The whole URL, password included, for the library that connects.
    public let revealed: String
    /// The scheme in lower case, for instance `amqps`.
    public let scheme: String
    /// The host's name or address.
    public let host: String
    /// The port, if the URL names one.
    public let port: Int?
    private let shown: String

    /// Reads a URL of one of the schemes given, with a host.
    public init?(_ text: String, schemes: [String]) {
        guard let parts = URLComponents(string: text),
            let scheme = parts.scheme?.lowercased(), schemes.contains(scheme),
            let host = parts.host, !host.isEmpty,
            (1...65_535).contains(parts.port ?? 1)
        else { return nil }
        revealed = text
        self.scheme = scheme
        self.host = host
        port = parts.port
        let user = parts.user.map { "\($0)@" } ?? ""
        // A query may hold a password as well (`?password=`, `?sslpassword=`): it is left out altogether.
        shown = "\(scheme)://\(user)\(host)\(parts.port.map { ":\($0)" } ?? "")\(parts.path)"
    }

    /// What a setting holds whose mistake has been noted: nobody gets to see it, because the start is stopped.
    static let mistaken = ServerURL()

    private init() {
        revealed = ""
        scheme = ""
        host = ""
        port = nil
        shown = ""
    }

    /// The URL without password and query.
    public var description: String { shown }
    /// The URL without password and query.
    public var debugDescription: String { shown }
    /// Only the URL without password and query.
    public var customMirror: Mirror { Mirror(self, children: ["url": shown]) }
}
