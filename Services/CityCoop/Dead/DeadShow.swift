import ArgumentParser
import Contracts
import FoundationEssentials

/// Shows one failed message.
struct DeadShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a failed message: why it failed, its body with secrets masked, its history.",
        discussion: """
            The history has every attempt and every act of an operator, in order of time. With --reveal the body is shown as it is \
            stored: an act of its own, which stands in the history and in the audit, and which administrators alone may do.

            Examples:
              citycoop dead show 0197f2a0-0000-7000-8000-000000000001
              citycoop dead show 0197f2a0-0000-7000-8000-000000000001 --reveal --reason 'the shop asks which voucher it was'
            """)

    @Argument(help: "The failure's id.", transform: uuid)
    var id: UUID

    @OptionGroup var options: DeadOptions

    @Flag(help: "Show its secrets as well, and say so in the audit.")
    var reveal = false

    @Option(help: "Why they have to be seen.")
    var reason: String?

    @Flag(help: "As one JSON object.")
    var json = false

    func validate() throws {
        guard reveal else {
            if reason != nil { throw ValidationError("--reason goes with --reveal.") }
            return
        }
        guard let reason, (1...500).contains(reason.count) else {
            throw ValidationError("--reveal needs a --reason of 1 to 500 characters.")
        }
    }

    func run() async throws {
        try await reporting {
            try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                var found = try await operations.find(id, in: options.services.orAll)
                var clear: RevealedFailure?
                if let reason {
                    clear = try await operations.reveal(id, reason: reason, of: found.service)
                    found = try await operations.find(id, in: [found.service])
                }
                let shown = ShownFailure(service: found.service, detail: found.detail, clear: clear)
                Terminal.write(json ? JSONText.pretty(shown) : shown.text)
            }
        }
    }
}

extension ServiceOperations {
    /// The failure, and whose it is; throws if no service knows it.
    func find(
        _ id: UUID, in services: [ServiceName]
    ) async throws -> (service: ServiceName, detail: FailureDetail) {
        try await Progress.during("asking the services") {
            try await withThrowingTaskGroup(of: (ServiceName, Result<FailureDetail?, any Error>).self) { group in
                // Who knows it need not wait for those that are silent.
                defer { group.cancelAll() }
                for service in services { group.addTask { (service, await answer(id, of: service)) } }
                var answers: [(ServiceName, Result<Void, any Error>)] = []
                for try await (service, answer) in group {
                    if case .success(let detail?) = answer { return (service, detail) }
                    answers.append((service, answer.map { _ in () }))
                }
                try answers.throwFailures()
                throw CommandFailure(.refused, "No service knows a failure \(id.text).")
            }
        }
    }

    private func answer(_ id: UUID, of service: ServiceName) async -> Result<FailureDetail?, any Error> {
        do {
            return .success(try await failure(id, of: service))
        } catch {
            return .failure(error)
        }
    }
}

/// A failed message as it is shown.
struct ShownFailure: Codable, Sendable {
    /// Whose it is.
    let service: ServiceName
    let detail: FailureDetail
    /// The same in the clear, if that was asked for.
    let clear: RevealedFailure?

    /// For people.
    var text: String {
        let summary = detail.summary
        var rows = [
            ["failure", summary.failureId.text],
            ["state", summary.state.rawValue],
            ["queue", "\(service.rawValue).\(summary.queue)"],
            ["type", summary.type],
            ["id", summary.messageId],
            [detail.original == nil ? "sent by" : "edited by", summary.userId],
            ["failed", "\(summary.failedAt), \(summary.attempts) attempts"],
            ["why", "\(summary.code): \(summary.reason)"],
        ]
        if let retry = summary.retryAt { rows.append(["next try", "\(retry)"]) }
        rows += history.enumerated().map { [$0.offset == 0 ? "history" : "", $0.element] }
        var lines = TextTable(rows).lines + ["", clear?.body.revealed ?? detail.body]
        if let original = detail.original {
            lines += [
                "", "as \(original.userId) sent it:", clear?.original?.revealed ?? original.body,
            ]
        }
        return (lines + [""]).joined(separator: "\n")
    }

    /// One line for each attempt and each act, in order of time.
    var history: [String] {
        let attempts = (detail.attempts ?? []).map { attempt in
            (attempt.at, attempt.code.map { "failed, \($0): \(attempt.reason ?? "")" } ?? "succeeded")
        }
        let acts = detail.acts.map { act in
            let fields = act.fields.map { " of \($0.joined(separator: ", "))" } ?? ""
            return (act.at, "\(act.act)\(fields) by \(act.actor)" + (act.reason.map { ": \($0)" } ?? ""))
        }
        return (attempts + acts).sorted { $0.0 < $1.0 }.map { "\($0.0) \($0.1)" }
    }
}
