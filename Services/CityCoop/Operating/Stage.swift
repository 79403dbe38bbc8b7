import Contracts
import Messaging

/// Asks the services with patience: again where that will help, and until something is done.
struct Stage: Sendable {
    /// The wait before something is asked again that may succeed later.
    private static let pause = Duration.milliseconds(200)

    let requester: Requester
    /// How long each answer may take, repetitions included.
    let limit: Duration
    /// Codes of refusals that will pass, besides those that say so themselves.
    var passing: Set<String> = []

    /// Asks until there is an answer or a refusal for good, under the same business id: nothing happens twice.
    ///
    /// - Throws: ``Problem`` for a refusal, and a failure with words for the user if nobody answers in time.
    func ask<R: Request>(_ request: R) async throws -> R.Reply {
        let deadline = ContinuousClock.now + limit
        return try await Progress.during("waiting for the answer to \(R.type)") {
            while true {
                do throws(RequestError) {
                    return try await requester.call(request, within: deadline - ContinuousClock.now)
                } catch {
                    guard isWorthAnotherTry(error), ContinuousClock.now < deadline else {
                        throw explained(error, R.type)
                    }
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Asks again until the answer is as it should be.
    func ask<Q: Query>(_ query: Q, until isDone: (Q.Reply) -> Bool) async throws -> Q.Reply {
        let deadline = ContinuousClock.now + limit
        while true {
            let reply = try await ask(query)
            if isDone(reply) { return reply }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .deadline, "\(Q.type) does not tell in time that the work is done.",
                    hint: "citycoop status  tells how the services are")
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func isWorthAnotherTry(_ error: RequestError) -> Bool {
        if case .problem(let problem) = error { problem.retryable || passing.contains(problem.code) } else { false }
    }

    private func explained(_ error: RequestError, _ type: MessageType) -> any Error {
        switch error {
        case .problem(let problem): problem
        case .deadlineExceeded:
            CommandFailure(
                .deadline, "\(type.owner.rawValue) does not answer to \(type).",
                hint: "citycoop status  tells how the services are, citycoop up  starts them")
        case .unroutable, .notSent, .unreadable: error
        }
    }

    /// Asks for something that has to be refused; returns the refusal.
    func beRefused<R: Request>(_ request: R) async throws -> Problem {
        do {
            _ = try await ask(request)
        } catch let problem as Problem {
            return problem
        }
        throw CommandFailure(.refused, "\(R.type) was carried out and should have been refused.")
    }
}
