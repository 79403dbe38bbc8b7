import Contracts
import Postgres

/// What kind of failure a thrown error is; decides what happens to the messages of the transaction.
enum Verdict: Equatable {
    /// The connection or the server is in trouble: hand everything back, no attempt counted.
    case serverTrouble
    /// Another transaction was in the way: the whole batch again, a few times, then in parts.
    case conflict
    /// The message is the culprit and will stay so: it fails for good once it stands alone.
    case broken(code: String, reason: String)
    /// Anything else: the culprit is parked once it stands alone, and tried again later.
    case unexplained(reason: String)

    /// For programs.
    var code: String {
        switch self {
        case .serverTrouble: "server-trouble"
        case .conflict: "conflict"
        case .broken(let code, _): code
        case .unexplained: "handler-failed"
        }
    }

    init(_ error: any Error) {
        switch error {
        case let error as PostgresError: self = .init(database: error)
        case let error as ContractBroken: self = .broken(code: "contract-broken", reason: error.reason)
        case let problem as Problem: self = .broken(code: problem.code, reason: problem.description)
        case is CancellationError, is OutboxRelay.Away: self = .serverTrouble
        default: self = .unexplained(reason: "\(type(of: error))")
        }
    }

    private init(database error: PostgresError) {
        if error.isCommitInDoubt || error.severity == "FATAL" {
            self = .serverTrouble
        } else if error.sqlState == "57014" {
            // A statement that ran into its time-out may have waited for others, or be the fault of one message that would
            // be handed back for ever: class 57 is trouble of the server, but this one of its codes is not.
            self = .conflict
        } else if error.isConnectionTrouble {
            self = .serverTrouble
        } else if error.isSerialization {
            self = .conflict
        } else if let group = error.sqlState?.prefix(2), group == "22" || group == "23" {
            self = .broken(code: "database-refused", reason: error.description)
        } else {
            self = .unexplained(reason: error.description)
        }
    }
}
