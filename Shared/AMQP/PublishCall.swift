/// One call to `publish`: its messages, what became of each so far, and who waits.
final class PublishCall {
    let messages: [OutgoingMessage]
    /// The first message that has not been sent.
    var nextToSend = 0
    /// Called once everything is settled.
    var finished: (() -> Void)?
    private var results: [Confirmation?]
    private var openCount: Int
    /// Messages settled already, by the rules for messages.
    private var isSettled: [Bool]
    private let waiter: CheckedContinuation<[Confirmation], Never>

    /// Takes in the messages; those that break a rule are settled at once.
    init(_ messages: [OutgoingMessage], _ limits: AMQPLimits, _ waiter: CheckedContinuation<[Confirmation], Never>) {
        self.messages = messages
        self.waiter = waiter
        results = messages.map { message in
            MessageRules.objection(to: message, limits).map { .unacceptable($0) }
        }
        isSettled = results.map { $0 != nil }
        openCount = isSettled.count { !$0 }
        finishIfDone()
    }

    var isFinished: Bool { openCount == 0 }

    /// Whether nothing is known yet of the message.
    func isOpen(_ index: Int) -> Bool {
        results[index] == nil
    }

    /// The first message to send; nil if all are sent.
    func skipSettled() -> Int? {
        while nextToSend < messages.count, isSettled[nextToSend] { nextToSend += 1 }
        return nextToSend < messages.count ? nextToSend : nil
    }

    /// Remembers what the message's confirm is going to mean.
    func note(_ confirmation: Confirmation, at index: Int) {
        results[index] = confirmation
    }

    /// Settles a message; what was noted for it stands.
    func settle(_ index: Int, as confirmation: Confirmation) {
        guard !isSettled[index] else { return }
        if results[index] == nil { results[index] = confirmation }
        isSettled[index] = true
        openCount -= 1
        finishIfDone()
    }

    /// Settles everything that is not.
    func settleRest(as confirmation: Confirmation) {
        for index in messages.indices { settle(index, as: confirmation) }
        nextToSend = messages.count
    }

    private func finishIfDone() {
        guard openCount == 0 else { return }
        waiter.resume(returning: results.compactMap { $0 })
        finished?()
    }
}
