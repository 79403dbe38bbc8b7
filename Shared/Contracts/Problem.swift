/// A request that was refused: what the asker can do something about (`application/problem+json`).
public struct Problem: Error, Codable, Equatable, Sendable, CustomStringConvertible {
    /// A word for programs, stable for ever: `voucher-not-usable`.
    public var code: String
    /// A sentence for people.
    public var title: String
    /// What is particular to this case; never a secret, never another party's data.
    public var detail: String?
    /// Whether the same request may succeed later.
    public var retryable: Bool
    /// The fields that are wrong, and what is wrong with each.
    public var fields: [String: String]?

    /// Makes a problem.
    public init(
        _ code: String, _ title: String, detail: String? = nil, retryable: Bool = false, fields: [String: String]? = nil
    ) {
        self.code = code
        self.title = title
        self.detail = detail
        self.retryable = retryable
        self.fields = fields
    }

    /// The problem of a message whose fields break its contract.
    public static func invalid(_ fields: [String: String]) -> Problem {
        Problem("invalid", "The message breaks its contract.", fields: fields)
    }

    /// The code and the title, with the detail and the fields if there are any.
    public var description: String {
        let fields = (fields ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return "\(code): \(title)" + (detail.map { " \($0)" } ?? "")
            + (fields.isEmpty ? "" : " (\(fields.joined(separator: "; ")))")
    }
}
