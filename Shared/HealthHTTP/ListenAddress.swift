internal import Glibc

/// A numeric IP address of this machine and a port.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in digits.
    public let host: String
    /// 0 lets the system choose a free port.
    public let port: Int

    /// Takes an address in digits and a port; nil if they are none.
    public init?(host: String, port: Int) {
        guard let port = UInt16(exactly: port), Self.isNumeric(host) else { return nil }
        self.host = host
        self.port = Int(port)
    }

    /// 127.0.0.1.
    public static func loopback(port: Int) -> ListenAddress {
        ListenAddress(host: "127.0.0.1", knownPort: min(max(port, 0), 65_535))
    }

    private init(host: String, knownPort: Int) {
        self.host = host
        port = knownPort
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String {
        isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    var isIPv6: Bool { host.contains(":") }

    private static func isNumeric(_ host: String) -> Bool {
        var bytes = in6_addr()
        return unsafe inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
    }
}
