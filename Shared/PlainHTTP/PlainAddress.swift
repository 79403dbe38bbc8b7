/// A place of a server that is spoken to in the clear: `http://host:port/path`.
public struct PlainAddress: Sendable, Hashable, CustomStringConvertible {
    /// Name or address; an IPv6 address without its brackets.
    public let host: String
    /// The port; 80 unless the URL names one.
    public let port: UInt16
    /// The path, with the query.
    public let path: String

    /// Reads a URL; nil if it is another scheme, names a user, or holds what may not stand in a request's head.
    public init?(url: String) {
        guard url.hasPrefix("http://"), url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        let rest = url.dropFirst("http://".count)
        let place = rest.prefix { $0 != "/" }
        path = place.endIndex == rest.endIndex ? "/" : String(rest[place.endIndex...])
        guard !place.contains("@"), !place.contains("?"), !place.contains("#"), !path.contains("#") else { return nil }
        let name: Substring
        if place.hasPrefix("[") {
            guard let end = place.firstIndex(of: "]") else { return nil }
            name = place[place.index(after: place.startIndex)..<end]
            guard let port = Self.port(place[place.index(after: end)...]) else { return nil }
            self.port = port
        } else {
            name = place.prefix { $0 != ":" }
            guard let port = Self.port(place[name.endIndex...]) else { return nil }
            self.port = port
        }
        guard !name.isEmpty else { return nil }
        host = String(name)
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard let colon = text.first else { return 80 }
        guard colon == ":", let port = UInt16(text.dropFirst()), port > 0 else { return nil }
        return port
    }

    /// Host and port, as a request names them.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The URL.
    public var description: String { "http://\(authority)\(path)" }
}
