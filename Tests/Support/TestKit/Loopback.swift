import Glibc

/// TCP on 127.0.0.1 as the system has it, for tests of what well-behaved clients and servers never do.
public enum Loopback {
    /// The system refused.
    public struct Failure: Error, CustomStringConvertible {
        /// What the system says.
        public let description = unsafe String(cString: strerror(errno))
    }

    /// A port on which nobody listens at this moment, below those of outgoing connections.
    public static func freePort() throws -> Int {
        for _ in 0..<200 {
            if let (descriptor, port) = try? bound(to: .random(in: 20_000..<32_000)) {
                close(descriptor)
                return port
            }
        }
        throw Failure()
    }

    /// A socket that listens, and its port.
    public static func listening() throws -> (descriptor: Int32, port: Int) {
        let (descriptor, port) = try bound()
        guard listen(descriptor, 16) == 0 else { throw failure(closing: descriptor) }
        return (descriptor, port)
    }

    /// A socket with a port that is its own and refuses connections until it listens.
    static func bound(to port: Int = 0) throws -> (descriptor: Int32, port: Int) {
        let descriptor = try opened()
        var name = name(port: port)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withSocketAddress(&name) { name in
            unsafe bind(descriptor, name, length) == 0 && getsockname(descriptor, name, &length) == 0
        }
        guard isBound else { throw failure(closing: descriptor) }
        return (descriptor, Int(UInt16(bigEndian: name.sin_port)))
    }

    static func connected(to port: Int) throws -> Int32 {
        let descriptor = try opened()
        var name = name(port: port)
        let isConnected = unsafe withSocketAddress(&name) { name in
            unsafe connect(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
        guard isConnected else { throw failure(closing: descriptor) }
        return descriptor
    }

    private static func opened() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure() }
        return descriptor
    }

    private static func failure(closing descriptor: Int32) -> Failure {
        let failure = Failure()
        close(descriptor)
        return failure
    }

    private static func withSocketAddress<Result>(
        _ name: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Result
    ) -> Result {
        unsafe withUnsafeMutablePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }

    private static func name(port: Int) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(port).bigEndian
        name.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return name
    }
}
