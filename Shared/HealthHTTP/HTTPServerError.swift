/// The server cannot listen, or had to give up.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// What became of it.
    public enum Code: Sendable {
        /// It does not listen: the address is taken or not this machine's.
        case cannotListen
        /// The library does not start.
        case cannotStart
        /// It listened, and has lost its connections.
        case broken
    }

    /// What became of it.
    public let code: Code
    /// The system's error number, for instance `EADDRINUSE`.
    public let errorNumber: Int32
    /// The system's words.
    public let description: String
}
