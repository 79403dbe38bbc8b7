import Contracts
import FoundationEssentials
import Messaging

/// The commands of a batch whose senders may try codes.
struct Attempts<Message: Command, Request: Sendable, Refused: Event>: Sendable {
    fileprivate struct Attempt: Sendable {
        let command: Received<Message>
        /// Nobody, if the command says no code.
        let trier: Trier?
        let request: Request
    }

    fileprivate var admitted: [Attempt] = []
    fileprivate let throttle: Throttle
    fileprivate let now: Date
    fileprivate let refusal: @Sendable (Message, String) -> Refused

    var isEmpty: Bool { admitted.isEmpty }
    var requests: [Request] { admitted.map(\.request) }
}

/// What was decided of a batch, by what the throttle allowed.
struct Attempted<Message: Command, Decisions: CodeDecisions>: Sendable {
    /// In their order; who was locked out is refused already.
    fileprivate(set) var decided: [(command: Received<Message>, decision: Decisions.Decision)] = []
    /// With what is to be written.
    let decisions: Decisions
}

extension MessageTransaction {
    /// Admits the commands whose senders may try codes, and refuses the others before any code is looked at.
    mutating func attempts<Message: Command, Request, Refused: Event>(
        _ batch: Batch<Message>, under throttle: Throttle, by trier: (Received<Message>) -> Trier?,
        refusing refusal: @escaping @Sendable (Message, String) -> Refused, asking request: (Message) -> Request
    ) -> Attempts<Message, Request, Refused> {
        let (known, now) = (throttle.known, Timestamp(batch.now))
        var attempts = Attempts<Message, Request, Refused>(throttle: throttle, now: batch.now, refusal: refusal)
        for command in batch.messages {
            let trier = trier(command)
            if let lockout = trier.flatMap({ known.lockout(of: $0, at: now) }) {
                refuse(command, lockout, refusal)
            } else {
                attempts.admitted.append(.init(command: command, trier: trier, request: request(command.message)))
            }
        }
        return attempts
    }

    /// Decides what was attempted, one after the other, and counts wrong codes.
    ///
    /// Almost always no code is wrong, and what this instance knows of the throttle is all that it takes. Otherwise the counts of
    /// all suspects are locked, and it is decided anew by what they say, which may make others suspects.
    mutating func decide<Message, Refused, Decisions: CodeDecisions>(
        _ attempts: Attempts<Message, Decisions.Request, Refused>, over loaded: Decisions,
        _ decide: (inout Decisions, Decisions.Request) throws -> Decisions.Decision
    ) async throws -> Attempted<Message, Decisions> {
        let (throttle, now) = (attempts.throttle, Timestamp(attempts.now))
        var throttled = Throttled(loaded, throttle.known)
        var endings = try attempts.admitted.map { try throttled.decide($0.request, by: $0.trier, at: now, decide) }
        var counted: Set<Trier> = []
        while !throttled.suspects.isSubset(of: counted) {
            counted.formUnion(throttled.suspects)
            let (wrong, now) = try await wrongCodes(of: counted, rules: throttle.rules, at: attempts.now)
            throttled = Throttled(loaded, wrong)
            endings = try attempts.admitted.map { try throttled.decide($0.request, by: $0.trier, at: now, decide) }
        }
        if !counted.isEmpty { write(throttled.wrong, on: throttle) }

        var attempted = Attempted<Message, Decisions>(decisions: throttled.decisions)
        for (attempt, ending) in zip(attempts.admitted, endings) {
            switch ending {
            case .decided(let decision): attempted.decided.append((attempt.command, decision))
            case .lockedOut(let lockout): refuse(attempt.command, lockout, attempts.refusal)
            }
        }
        return attempted
    }

    private mutating func refuse<Message: Command, Refused: Event>(
        _ command: Received<Message>, _ lockout: Lockout, _ refusal: (Message, String) -> Refused
    ) {
        let problem = lockout.problem
        publish(refusal(command.message, problem.code), refusing: command, with: problem)
    }
}
