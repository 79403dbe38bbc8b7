import AMQP
import Metrics

/// Sends answers without making the queue wait for the broker's confirm; at most so many are on their way at once.
actor ReplySender {
    private let publisher: any MessagePublishing
    private let openMax: Int
    private var waiting: [OutgoingMessage] = []
    /// Answers taken and not settled: those that wait and those on their way.
    private var open = 0
    private var isStopping = false
    private let changed = Wakeup()
    private let meters = SendingMeters("reply")

    init(publisher: any MessagePublishing, limits: MessagingLimits) {
        self.publisher = publisher
        openMax = limits.repliesOpenMax
    }

    /// Takes answers to send.
    func take(_ answers: [OutgoingMessage]) {
        guard !answers.isEmpty else { return }
        open += answers.count
        waiting += answers
        changed.signal()
    }

    /// Waits while too many answers are open: whoever makes answers waits here before making more.
    func waitForRoom() async {
        while open >= openMax, !isStopping, !Task.isCancelled {
            let seen = changed.count
            await changed.wait(beyond: seen)
        }
    }

    /// Sends until ``stop(by:)``.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !isStopping || !waiting.isEmpty, !Task.isCancelled {
                let seen = changed.count
                if waiting.isEmpty {
                    await changed.wait(beyond: seen)
                    continue
                }
                let batch = waiting
                waiting = []
                group.addTask { await self.publish(batch) }
            }
        }
    }

    /// Ends ``run()`` when everything is sent and settled, or `deadline` has passed.
    func stop(by deadline: ContinuousClock.Instant) async {
        while open > 0, deadline > .now, !Task.isCancelled {
            let seen = changed.count
            await changed.wait(beyond: seen, until: deadline)
        }
        isStopping = true
        changed.signal()
    }

    /// Sends until the broker has said of every answer what becomes of it.
    private func publish(_ batch: [OutgoingMessage]) async {
        var rest = batch
        while !rest.isEmpty {
            var lost: [OutgoingMessage] = []
            var confirmed = 0
            let start = ContinuousClock.now
            let confirmations = await publisher.publish(rest)
            meters.settled(since: start)
            for (answer, confirmation) in zip(rest, confirmations) {
                switch confirmation {
                case .confirmed: confirmed += 1
                // Our connection went, not the asker: nobody else tells it, however often it asks.
                case .lost(let error) where error.isRetryable && !Task.isCancelled: lost.append(answer)
                // An asker who has gone cannot be told anything: such an answer is counted and dropped.
                case .returned, .refused, .lost, .unacceptable: Meters.unroutableReplies.increment()
                }
            }
            meters.confirmed(confirmed)
            open -= rest.count - lost.count
            rest = lost
            changed.signal()
        }
    }
}
