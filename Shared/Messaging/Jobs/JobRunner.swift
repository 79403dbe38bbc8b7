import Logging
import Metrics

/// Runs one background job, part by part.
struct JobRunner: Sendable {
    private let job: any BackgroundJob
    private let gate: IntakeGate
    private let transactions: InboxTransactions
    private let limits: MessagingLimits
    private let logger: Logger
    private let failed: Counter

    private var name: String { type(of: job).name }

    init(
        job: any BackgroundJob, gate: IntakeGate, transactions: InboxTransactions, limits: MessagingLimits,
        logger: Logger
    ) {
        self.job = job
        self.gate = gate
        self.transactions = transactions
        self.limits = limits
        self.logger = logger
        failed = Metric.jobFailures.counter(type(of: job).name)
    }

    /// Runs until the task is cancelled.
    func run() async {
        var failures = 0
        while !Task.isCancelled {
            await gate.waitUntilOpen()
            if Task.isCancelled { return }
            let seen = transactions.handled.count
            do {
                let hasMore = try await transactions.perform { try await job.run(in: &$0) }
                failures = 0
                if !hasMore { await rest(seen) }
            } catch {
                if Task.isCancelled { return }
                failures += 1
                failed.increment()
                logger.warning("a background job failed", metadata: ["job": "\(name)", "error": "\(error)"])
                await Pause.growing(attempt: failures, upTo: limits.jobPauseMax)
            }
        }
    }

    private func rest(_ seen: Int) async {
        if type(of: job).isWokenByCommits {
            await transactions.handled.wait(beyond: seen, until: .now + limits.jobPoll)
        } else {
            await Pause.sleep(limits.jobPoll)
        }
    }
}
