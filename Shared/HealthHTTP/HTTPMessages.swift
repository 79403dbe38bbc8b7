/// What a client asks; a body is not read.
public struct HTTPRequest: Sendable, Equatable {
    /// In capitals, as it came: `GET`.
    public let method: String
    /// Without the query, percent signs decoded.
    public let path: String

    /// Makes a request.
    public init(method: String, path: String) {
        self.method = method
        self.path = path
    }
}

/// What a client is answered.
public struct HTTPAnswer: Sendable, Equatable {
    /// The status code.
    public let status: Int
    /// Names and values, without those that follow from the body and the connection.
    public let headers: [String: String]
    /// The body.
    public let body: [UInt8]

    /// Makes an answer.
    public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// There is no answer at this moment.
    static let unavailable = HTTPAnswer(status: 503)
}
