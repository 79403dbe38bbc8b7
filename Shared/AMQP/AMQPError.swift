/// What went wrong between us and the broker.
public struct AMQPError: Error, Sendable, Equatable {
    /// The kind of failure.
    public enum Code: String, Sendable {
        /// The address could not be read.
        case addressInvalid = "invalid broker address"
        /// Nobody answered at the address, or not in time.
        case connectFailed = "cannot connect"
        /// The TLS handshake failed, or the certificate is not the one of that host.
        case tlsFailed = "TLS failed"
        /// The broker refused user, password or virtual host.
        case loginRefused = "login refused"
        /// The socket broke.
        case connectionLost = "connection lost"
        /// Nothing was heard for two heartbeats, or a library call did not return in time.
        case peerSilent = "peer silent"
        /// The broker closed the connection and said why.
        case connectionClosed = "connection closed by the broker"
        /// The broker closed the channel and said why.
        case channelClosed = "channel closed by the broker"
        /// The bytes received are not AMQP 0-9-1 as it should be.
        case protocolViolation = "protocol violation"
        /// The message itself is the fault, found here or by the broker; sending it again will not help.
        case messageUnacceptable = "message unacceptable"
        /// The caller's task was cancelled while it waited.
        case cancelled = "cancelled"
        /// This publisher or consumer has been closed.
        case closed = "closed"
    }

    /// The kind of failure.
    public let code: Code
    /// The AMQP reply code, if the broker gave one: 404 not found, 403 refused, 406 precondition failed.
    public let replyCode: Int?
    /// What the broker or the library said; never a body or a password.
    public let text: String
    /// What was being done.
    public let operation: String?

    /// Whether the same attempt may succeed later without anybody changing it.
    public var isRetryable: Bool {
        switch code {
        case .addressInvalid, .messageUnacceptable, .closed: false
        case .tlsFailed, .loginRefused: false
        case .channelClosed: replyCode.map { !Self.repliesToMistakes.contains($0) } ?? true
        case .connectFailed, .connectionLost, .peerSilent, .connectionClosed, .protocolViolation, .cancelled: true
        }
    }

    /// Access refused, not found, precondition failed: a request that is wrong as it stands.
    private static let repliesToMistakes: Set = [403, 404, 406]

    /// A failure as given; made by this module, and by stand-ins for it.
    public init(_ code: Code, replyCode: Int? = nil, _ text: String, during operation: String? = nil) {
        self.code = code
        self.replyCode = replyCode
        self.text = text
        self.operation = operation
    }

    /// The same failure seen as the collateral damage of another message: worth another try.
    var asLoss: AMQPError {
        isRetryable ? self : AMQPError(.connectionLost, replyCode: nil, description, during: "waiting for the confirm")
    }
}

extension AMQPError: CustomStringConvertible {
    /// One line: what was done, what failed, what the other side said.
    public var description: String {
        let place = operation.map { "\($0): " } ?? ""
        let reply = replyCode.map { " \($0)" } ?? ""
        return "\(place)\(code.rawValue)\(reply): \(text)"
    }
}
