import Contracts
import FoundationEssentials

/// Decides commands that say codes, in one batch.
protocol CodeDecisions: Sendable {
    associatedtype Request: Sendable
    associatedtype Decision: Sendable

    /// Whether what a request said, and this was decided of, counts as a wrong code.
    ///
    /// Whatever the sender hears one refusal for counts alike, or else the throttle would tell which codes there are. A code that
    /// finds no voucher counts under an id that was used before as well, or else it could be tried there.
    func isWrongCode(_ request: Request, _ decision: Decision) -> Bool
}

/// Decides as long as senders may try codes.
struct Throttled<Decisions: CodeDecisions>: Sendable {
    /// What becomes of a request.
    enum Ending: Sendable {
        case decided(Decisions.Decision)
        /// Nothing is said about its code.
        case lockedOut(Lockout)
    }

    private(set) var decisions: Decisions
    private(set) var wrong: WrongCodes
    /// Who tried a wrong code, or was locked out.
    private(set) var suspects: Set<Trier> = []

    init(_ decisions: Decisions, _ wrong: WrongCodes) {
        self.decisions = decisions
        self.wrong = wrong
    }

    /// Decides one request; without a trier it says no code.
    mutating func decide(
        _ request: Decisions.Request, by trier: Trier?, at now: Timestamp,
        _ decide: (inout Decisions, Decisions.Request) throws -> Decisions.Decision
    ) rethrows -> Ending {
        guard let trier else { return .decided(try decide(&decisions, request)) }
        if let lockout = wrong.lockout(of: trier, at: now) {
            suspects.insert(trier)
            return .lockedOut(lockout)
        }
        let decision = try decide(&decisions, request)
        if decisions.isWrongCode(request, decision) {
            suspects.insert(trier)
            wrong.count(trier, at: now)
        }
        return .decided(decision)
    }
}
