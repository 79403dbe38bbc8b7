internal import Synchronization

/// What a service needs in order to do its work, as named questions that are asked whenever somebody wants to know.
public final class Readiness: Sendable {
    /// A question; it gives a detail for people, and throws if the answer is no.
    ///
    /// It has to end when its task is cancelled: that is how its time is limited.
    public typealias Question = @Sendable () async throws -> String

    /// The answer to all questions.
    public struct Report: Sendable, Equatable {
        /// One result a question, in the order in which they were added.
        public let checks: [CheckResult]
        /// Whether every check is in order.
        public var isReady: Bool { checks.allSatisfy(\.isOK) }
    }

    private struct State {
        var checks: [ReadinessCheck] = []
        var isStopping = false
    }

    private let state = Mutex(State())

    /// Makes a readiness without questions, which is ready.
    public init() {}

    /// Adds a question.
    ///
    /// - Parameters:
    ///   - name: What is asked for, for instance `broker`.
    ///   - limit: A question without an answer by then is answered with no; one second unless said otherwise, and less
    ///     than the five seconds that an answer over HTTP may take (`HTTPLimits`).
    ///   - question: Gives a detail or throws.
    public func add(
        _ name: String, within limit: Duration? = nil, _ question: @escaping Question
    ) {
        let check = ReadinessCheck(name, within: limit ?? ServiceLimits.readinessCheckDuration, question)
        state.withLock { $0.checks.append(check) }
    }

    /// From now on the service is not ready, whatever the questions say: it is stopping.
    public func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Asks all questions at once.
    public func report() async -> Report {
        let (checks, isStopping) = state.withLock { ($0.checks, $0.isStopping) }
        let results = await withTaskGroup(of: (Int, CheckResult).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await check.result()) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let stopping = isStopping ? [CheckResult(name: "running", isOK: false, detail: "the service is stopping")] : []
        return Report(checks: stopping + results.sorted { $0.0 < $1.0 }.map(\.1))
    }
}

/// One question, its time, and a bound on how often it may be open at once.
private final class ReadinessCheck: Sendable {
    private struct NoAnswer: Error {}

    private let name: String
    private let limit: Duration
    private let question: Readiness.Question
    private let openQuestions = Atomic<Int>(0)

    init(_ name: String, within limit: Duration, _ question: @escaping Readiness.Question) {
        self.name = name
        self.limit = limit
        self.question = question
    }

    func result() async -> CheckResult {
        // A question that hangs in spite of its cancellation holds up the one who asked; the next ones get their answer.
        let open = openQuestions.add(1, ordering: .relaxed).newValue
        defer { openQuestions.subtract(1, ordering: .relaxed) }
        guard open <= ServiceLimits.readinessQuestionsMax else {
            return failure("earlier questions have no answer yet")
        }
        do {
            return CheckResult(name: name, isOK: true, detail: try await answer())
        } catch is NoAnswer {
            return failure("no answer within \(DurationText.text(limit))")
        } catch {
            return failure("\(error)")
        }
    }

    private func answer() async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { [question] in try await question() }
            group.addTask { [limit] in
                try await Task.sleep(for: limit)
                throw NoAnswer()
            }
            defer { group.cancelAll() }
            return try await group.next() ?? ""
        }
    }

    private func failure(_ detail: String) -> CheckResult {
        CheckResult(name: name, isOK: false, detail: detail)
    }
}
