import ArgumentParser
import Contracts
import FoundationEssentials
import UnixSignals

/// Tells again and again how the suite is, until somebody ends it.
struct StatusWatch {
    let pause: Duration
    let isJSON: Bool
    /// Whether a person looks: then each answer stands in the place of the one before.
    var isDrawn = Terminal.isScreen

    /// Looks until Ctrl-C or SIGTERM; throws the exit code of the last look.
    func run(_ look: @escaping @Sendable () async throws -> SuiteReport) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                for await _ in signals { break }
                return true
            }
            var last = ExitCode.success
            while true {
                last = await show(look)
                tasks.addTask {
                    try? await Task.sleep(for: pause)
                    return false
                }
                if try await tasks.next() != false { break }
            }
            tasks.cancelAll()
            if last != .success { throw last }
        }
    }

    /// One look: whatever comes of it is shown.
    private func show(_ look: @Sendable () async throws -> SuiteReport) async -> ExitCode {
        do {
            let report = try await look()
            let verdict = Verdict(report)
            put(isJSON ? JSONText.line(JudgedReport(report, verdict)) : StatusText(report).judged)
            return verdict.isWell ? .success : .refused
        } catch {
            let failure = CommandFailure(explaining: error)
            put(isJSON ? JSONText.line(["failure": failure.text]) : "Not well: \(failure.text)")
            return failure.code
        }
    }

    private func put(_ text: String) {
        if isJSON { return Terminal.write(text) }
        let dated = "\(Timestamp(Date()))\n\(text)"
        if isDrawn { Terminal.redraw(dated) } else { Terminal.write(dated + "\n") }
    }
}
