internal import Glibc

/// A socket that listens; closed when released, unless it was given away.
struct ListenSocket: ~Copyable {
    let descriptor: Int32
    /// The port, also where the system has chosen it.
    let port: Int

    static func opened(at address: ListenAddress, backlogMax: Int32) throws(HTTPServerError) -> ListenSocket {
        let family = address.isIPv6 ? AF_INET6 : AF_INET
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw .ofSystem(.cannotListen) }
        do throws(HTTPServerError) {
            var yes: Int32 = 1
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            let port = address.isIPv6 ? try bind6(descriptor, address) : try bind4(descriptor, address)
            guard listen(descriptor, backlogMax) == 0 else { throw .ofSystem(.cannotListen) }
            return ListenSocket(descriptor: descriptor, port: port)
        } catch {
            close(descriptor)
            throw error
        }
    }

    private init(descriptor: Int32, port: Int) {
        self.descriptor = descriptor
        self.port = port
    }

    deinit {
        close(descriptor)
    }

    /// Hands the socket over to somebody who will close it.
    consuming func give() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    private static func bind4(_ descriptor: Int32, _ address: ListenAddress) throws(HTTPServerError) -> Int {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = in_port_t(address.port).bigEndian
        _ = unsafe inet_pton(AF_INET, address.host, &name.sin_addr)
        try bind(descriptor, &name)
        return Int(UInt16(bigEndian: name.sin_port))
    }

    private static func bind6(_ descriptor: Int32, _ address: ListenAddress) throws(HTTPServerError) -> Int {
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_port = in_port_t(address.port).bigEndian
        _ = unsafe inet_pton(AF_INET6, address.host, &name.sin6_addr)
        try bind(descriptor, &name)
        return Int(UInt16(bigEndian: name.sin6_port))
    }

    /// Binds the socket to the name, and finds out the name that it has then.
    private static func bind<Name>(_ descriptor: Int32, _ name: inout Name) throws(HTTPServerError) {
        var length = socklen_t(MemoryLayout<Name>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &name) { name in
            unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                unsafe Glibc.bind(descriptor, name, length) == 0 && getsockname(descriptor, name, &length) == 0
            }
        }
        guard isBound else { throw .ofSystem(.cannotListen) }
    }
}

extension HTTPServerError {
    /// What the system has just refused.
    static func ofSystem(_ code: Code) -> HTTPServerError {
        let number = errno
        return HTTPServerError(code: code, errorNumber: number, description: unsafe String(cString: strerror(number)))
    }
}
