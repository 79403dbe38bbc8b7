/// What went wrong between us and the management API.
public struct ManagementError: Error, Sendable, Equatable {
    /// The kind of failure.
    public enum Code: Sendable, Equatable {
        /// The base URL could not be read.
        case addressInvalid
        /// No answer: nobody there, no TLS, or not in time.
        case unreachable
        /// An answer other than success, with its HTTP status.
        case refused(status: Int)
        /// An answer that is not what it should be.
        case answerInvalid
    }

    /// The kind of failure.
    public let code: Code
    /// The request, without credentials.
    public let request: String
    /// What the other side or the library said.
    public let text: String

    /// The HTTP status, if there was an answer.
    public var status: Int? {
        if case .refused(let status) = code { status } else { nil }
    }

    /// Whether what was asked for does not exist.
    public var isNotFound: Bool { status == 404 }
}

extension ManagementError: CustomStringConvertible {
    /// One line: the request, the failure, what was said.
    public var description: String {
        "\(request): \(status.map { "HTTP \($0)" } ?? "\(code)"): \(text)"
    }
}
