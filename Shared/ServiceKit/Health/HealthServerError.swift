internal import Glibc
public import HealthHTTP

/// The health server cannot listen where it was told to.
public struct HealthServerError: Error, Sendable, CustomStringConvertible {
    /// Where it was to listen.
    public let address: ListenAddress
    /// The variable that sets the port.
    public let portSetting: String
    /// The system's error number, for instance `EADDRINUSE`.
    public let errorNumber: Int32
    let message: String

    init(address: ListenAddress, portSetting: String, _ error: HTTPServerError) {
        self.address = address
        self.portSetting = portSetting
        errorNumber = error.errorNumber
        message = error.description
    }

    /// What to do about it.
    public var description: String {
        errorNumber == EADDRINUSE
            ? "Port \(address.port) on \(address.host) is taken by another program: set \(portSetting) to a free port."
            : "Cannot listen on \(address) (\(portSetting) sets the port): \(message)."
    }
}
