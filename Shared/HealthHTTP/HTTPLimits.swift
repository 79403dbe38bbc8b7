/// Every bound of an HTTP server: sizes, connections and times.
///
/// The defaults suit a service; tests shorten the times.
public struct HTTPLimits: Sendable {
    /// Connections at once; the next ones are accepted when one of them ends.
    public var connectionsMax = 64
    /// Connections that the kernel keeps until they are accepted; above it clients try again by themselves.
    public var backlogMax: Int32 = 128
    /// Request line and headers together, and what the library needs besides; each connection reserves so much.
    public var connectionBytesMax = 8 << 10
    /// From the connection to the last byte of the headers.
    public var requestDuration = Duration.seconds(5)
    /// From there to the answer; a question that takes longer is answered with 503.
    public var answerDuration = Duration.seconds(5)
    /// From there to the last byte that the client takes.
    public var sendDuration = Duration.seconds(5)
    /// What clients get for their request, and for taking the answer, while all places are taken: those who hold a connection
    /// without using it keep nobody out for long.
    public var crowdedDuration = Duration.milliseconds(250)
    /// The pause before the next look at connections that the system did not let us accept.
    public var acceptPause = Duration.milliseconds(100)

    /// The defaults.
    public init() {}
}
