internal import FlyingFox
internal import FlyingSocks
internal import Glibc

/// A numeric IP address of this machine and a port.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in digits.
    public let host: String
    /// 0 lets the system choose a free port.
    public let port: Int

    /// Takes an address in digits and a port; nil if they are none.
    public init?(host: String, port: Int) {
        guard let port = UInt16(exactly: port), ListenAddress.isNumeric(host) else { return nil }
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
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    static func isNumeric(_ host: String) -> Bool {
        (try? sockaddr_in.inet(ip4: host, port: 0)) != nil || (try? sockaddr_in6.inet6(ip6: host, port: 0)) != nil
    }

    var serverConfiguration: HTTPServer.Configuration {
        let port = UInt16(truncatingIfNeeded: port)
        let timeout = ServiceLimits.httpRequestSeconds
        if let address = try? sockaddr_in.inet(ip4: host, port: port) {
            return HTTPServer.Configuration(address: address, timeout: timeout, logger: .disabled)
        }
        let address = (try? sockaddr_in6.inet6(ip6: host, port: port)) ?? .loopback(port: port)
        return HTTPServer.Configuration(address: address, timeout: timeout, logger: .disabled)
    }
}
