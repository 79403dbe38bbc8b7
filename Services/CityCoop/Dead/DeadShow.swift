import ArgumentParser
import Contracts
import FoundationEssentials

/// Shows one failed message.
struct DeadShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a failed message: why it failed, its body with secrets masked, what was done about it.",
        discussion: """
            Examples:
              citycoop dead show 0197f2a0-0000-7000-8000-000000000001
            """)

    @Argument(help: "The failure's id.", transform: uuid)
    var id: UUID

    @OptionGroup var options: DeadOptions

    @Flag(help: "As one JSON object.")
    var json = false

    func run() async throws {
        try await reporting {
            let id = id
            let answers = try await OperatorSession.with(Surroundings.ours.broker()) { session in
                let operations = ServiceOperations(requester: session.requester, limit: options.timeout.duration)
                return await Progress.during("asking the services") {
                    await operations.each(of: options.services.orAll) { try await operations.failure(id, of: $0) }
                }
            }
            for (service, answer) in answers {
                guard case .success(let detail?) = answer else { continue }
                Terminal.write(json ? JSONText.pretty(detail) : FailureText(service, detail).text)
                return
            }
            try answers.map { ($0.service, $0.answer.map { _ in () }) }.throwFailures()
            throw CommandFailure(.refused, "No service knows a failure \(id.text).")
        }
    }
}

/// A failed message for people.
struct FailureText {
    let service: ServiceName
    let detail: FailureDetail

    init(_ service: ServiceName, _ detail: FailureDetail) {
        self.service = service
        self.detail = detail
    }

    var text: String {
        let summary = detail.summary
        var rows = [
            ["failure", summary.failureId.text],
            ["state", summary.state.rawValue],
            ["queue", "\(service.rawValue).\(summary.queue)"],
            ["type", summary.type],
            ["id", summary.messageId],
            ["sent by", summary.userId],
            ["failed", "\(summary.failedAt), \(summary.attempts) attempts"],
            ["why", "\(summary.code): \(summary.reason)"],
        ]
        if let retry = summary.retryAt { rows.append(["next try", "\(retry)"]) }
        for act in detail.acts {
            rows.append(["act", "\(act.at) \(act.act) by \(act.actor)" + (act.reason.map { ": \($0)" } ?? "")])
        }
        return (TextTable(rows).lines + ["", detail.body, ""]).joined(separator: "\n")
    }
}
