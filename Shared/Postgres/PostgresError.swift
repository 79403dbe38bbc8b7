/// What went wrong between this program and its database.
///
/// The text never holds a bound value: the server's detail is dropped, and so is its message for the kinds of error in
/// which it quotes what it was given.
public struct PostgresError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable {
        /// The address cannot be read as a connection URL.
        case badAddress = "bad address"
        /// There is no connection: refused, lost, or closed while the flight was waiting.
        case noConnection = "no connection"
        /// The pool had no connection to give within its limit, or its caller was cancelled in line.
        case poolWait = "no connection in the pool"
        /// The server refused; see ``PostgresError/sqlState``.
        case server = "refused by the server"
        /// The answer did not come before the deadline; the statement was cancelled.
        case deadlineExceeded = "deadline exceeded"
        /// A result does not have the columns that the row reads, or holds a value the type cannot take.
        case decoding = "unreadable result"
        /// The caller broke a rule of this module: a failed transaction used again, parameters of changing types.
        case misuse = "misuse"
        /// The schema and this binary do not fit together.
        case schema = "schema refused"
    }

    /// The kind of failure.
    public var code: Code
    /// The five characters by which the server names the error.
    public var sqlState: String?
    /// `ERROR`, `FATAL` or `PANIC`, as the server says it.
    public var severity: String?
    /// One sentence, without values.
    public var message: String
    /// More from the server where that never holds a value: who waited for whom in a deadlock.
    public var detail: String?
    /// The constraint that was violated.
    public var constraint: String?
    /// The table the error is about.
    public var table: String?
    /// The column the error is about.
    public var column: String?
    /// The name of the ``Statement`` type that failed.
    public var statement: String?
    /// The COMMIT was sent and its result did not arrive: it may have happened.
    public var isCommitInDoubt = false
    /// The error below this one.
    public var underlying: (any Error)?

    init(_ code: Code, _ message: String, statement: String? = nil, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.statement = statement
        self.underlying = underlying
    }

    /// The trouble is with the connection or the server and not with what was asked: try again later, elsewhere or both.
    public var isConnectionTrouble: Bool {
        switch code {
        case .noConnection, .poolWait, .deadlineExceeded: true
        case .server: sqlState.map { ["08", "53", "57", "58"].contains($0.prefix(2)) } ?? true
        case .badAddress, .decoding, .misuse, .schema: false
        }
    }

    /// Somebody else was faster: the same work, done again, may well succeed.
    public var isSerialization: Bool {
        switch sqlState {
        case "40001", "40P01", "55P03", "23505": true
        default: false
        }
    }

    /// The error on one line.
    public var description: String {
        var text = code.rawValue
        if let sqlState { text += " (\(sqlState))" }
        if let statement { text += " in \(statement)" }
        text += ": \(message)"
        if let detail { text += "; \(detail)" }
        if isCommitInDoubt { text += "; the commit is in doubt" }
        if let underlying { text += "; \(underlying)" }
        return text
    }
}

extension PostgresError {
    /// The classes of SQLSTATE whose message names objects of the schema and never a value.
    ///
    /// Class 22 quotes its input (`invalid input syntax for type integer: "…"`), and a RAISE (P0) says whatever it likes.
    private static let classesWithoutValues: Set<String> = [
        "08", "0A", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58",
    ]

    /// The classes whose detail speaks of processes and resources; that of class 23 quotes the row.
    private static let classesWithSafeDetail: Set<String> = ["40", "53", "55", "57", "58"]

    /// Keeps of a server's message and detail what cannot hold a value.
    static func withoutValues(sqlState: String?, message: String?, detail: String?) -> (String, String?) {
        guard let sqlState else { return (oneLine(message ?? "no reason given"), nil) }
        let group = String(sqlState.prefix(2))
        let message = classesWithoutValues.contains(group) ? message.map(oneLine) : nil
        let detail = classesWithSafeDetail.contains(group) ? detail.map(oneLine) : nil
        return (message ?? (group == "22" ? "a value was refused" : "the message is withheld"), detail)
    }

    static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
