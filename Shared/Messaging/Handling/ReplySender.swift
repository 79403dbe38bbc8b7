import AMQP
import Logging
import Metrics

/// Sends answers without making the queue wait for the broker's confirm; at most so many batches are on their way at once.
actor ReplySender {
    private let publisher: any MessagePublishing
    private let batchesMax: Int
    private var waiting: [[OutgoingMessage]] = []
    private var onTheirWay = 0
    private var isStopping = false
    private let changed = Wakeup()
    private let sent = Counter(
        label: "messaging.client.sent.messages", dimensions: [("messaging.operation.name", "reply")])
    private let unroutable = Counter(label: "citycoop.replies.unroutable.messages")

    init(publisher: any MessagePublishing, limits: MessagingLimits) {
        self.publisher = publisher
        batchesMax = limits.replyBatchesMax
    }

    /// Takes answers to send; waits only where too many are on their way already.
    func send(_ answers: [OutgoingMessage]) async {
        guard !answers.isEmpty else { return }
        while waiting.count + onTheirWay >= batchesMax, !isStopping, !Task.isCancelled {
            let seen = changed.count
            await changed.wait(beyond: seen)
        }
        waiting.append(answers)
        changed.signal()
    }

    /// Sends until ``stop()``.
    func run() async {
        await withDiscardingTaskGroup { group in
            while !isStopping || !waiting.isEmpty, !Task.isCancelled {
                let seen = changed.count
                if waiting.isEmpty {
                    await changed.wait(beyond: seen)
                    continue
                }
                let batch = waiting.flatMap { $0 }
                waiting = []
                onTheirWay += 1
                group.addTask { await self.publish(batch) }
            }
        }
    }

    /// Ends ``run()`` when everything is sent.
    func stop() {
        isStopping = true
        changed.signal()
    }

    private func publish(_ batch: [OutgoingMessage]) async {
        // An asker who has gone cannot be told anything: such an answer is counted and dropped.
        for confirmation in await publisher.publish(batch) {
            switch confirmation {
            case .confirmed: sent.increment()
            case .returned, .refused, .lost, .unacceptable: unroutable.increment()
            }
        }
        onTheirWay -= 1
        changed.signal()
    }
}
