import EventLoop
import Synchronization

/// Publishes messages over one connection of its own and waits for the broker to confirm each.
///
/// Nothing is sent before ``run()``; what is published earlier, or while the broker is away, waits in line.
public actor Publisher: MessagePublishing {
    /// What the connection is called.
    public nonisolated let name: String

    private let loop: EventLoop
    private let link: Link
    private let limits: AMQPLimits
    private let user: String
    private nonisolated let status: Link.Status
    private let finished = AsyncStream.makeStream(of: Void.self)

    /// Calls to `publish` by number, until all their messages are settled.
    private var calls: [UInt64: PublishCall] = [:]
    private var callCount: UInt64 = 0
    /// Numbers of the calls that still have messages to send, first come first served.
    private var line: [UInt64] = []
    /// What is sent and unconfirmed.
    private var window = ConfirmWindow<Sent>()
    private var isClosed = false
    private var flushed: [CheckedContinuation<Void, Never>] = []

    /// A message of a call.
    private struct Sent {
        let call: PublishCall
        let index: Int

        var message: OutgoingMessage { call.messages[index] }
    }

    /// Prepares a publisher; it connects in ``run()``.
    ///
    /// - Parameters:
    ///   - name: Shown by the broker as the connection's name, and as the thread's.
    ///   - events: Told of connecting, losing, blocking; on the connection's thread.
    public init(
        name: String, address: BrokerAddress, limits: AMQPLimits = AMQPLimits(),
        events: (@Sendable (ConnectionEvent) -> Void)? = nil
    ) {
        self.name = name
        loop = EventLoop(name: name)
        link = Link(loop.executor, address, name: name, limits, report: events)
        status = link.status
        self.limits = limits
        user = address.user
    }

    /// The connection's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe loop.executor.asUnownedSerialExecutor()
    }

    /// Whether there is a connection at this moment.
    public nonisolated var isConnected: Bool { status.isConnected.load(ordering: .acquiring) }

    /// Whether the broker takes no publishes at this moment (memory or disk alarm).
    public nonisolated var isBlocked: Bool { status.isBlocked.load(ordering: .acquiring) }

    // MARK: Life

    /// Connects, and connects again whenever the connection is gone; ends when cancelled or after ``close()``.
    public func run() async {
        if !isClosed {
            link.start(
                Link.Owner(
                    opened: { [unowned self] () throws(AMQPError) in try link.wire?.selectConfirms() },
                    received: { [unowned self] in received($0) },
                    settledDown: { [unowned self] in send() },
                    rang: { [unowned self] alarm in alarm == .write ? send() : endFlush() },
                    lost: { [unowned self] in lost($0) }))
            for await _ in finished.stream {}
        }
        shutDown()
    }

    /// Waits for the missing confirms, at most `limits.flushTimeout`, and closes the connection.
    ///
    /// What is published from now on is `.lost`.
    public func close() async {
        isClosed = true
        if !calls.isEmpty, isConnected {
            link.set(.flush, after: limits.flushTimeout)
            await withCheckedContinuation { continuation in
                // The last confirm, or the end of the connection, may have come since the line above.
                if calls.isEmpty || !isConnected { continuation.resume() } else { flushed.append(continuation) }
            }
        }
        shutDown()
        finished.continuation.finish()
    }

    private func shutDown() {
        isClosed = true
        link.stop()
        _ = window.removeAll()
        let error = AMQPError(.closed, "the publisher was closed", during: "publishing")
        for number in calls.keys { abandon(number, error) }
    }

    // MARK: Publishing

    /// Publishes the messages in order and returns what became of each, in the same order.
    ///
    /// Many callers may publish at once. At most `limits.confirmWindow` messages are unconfirmed; the rest waits in line,
    /// also while the broker is away or blocks publishers. A caller whose task is cancelled gets `.lost` for what is not
    /// settled yet, sent or not. `user_id` is set to the connection's user where the message has none.
    public func publish(_ messages: [OutgoingMessage]) async -> [Confirmation] {
        guard !isClosed else {
            let error = AMQPError(.closed, "the publisher is closed", during: "publishing")
            return messages.map { _ in .lost(error) }
        }
        callCount += 1
        let number = callCount
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(PublishCall(messages, limits, continuation), as: number)
            }
        } onCancel: {
            // The only way from the cancelling thread to this one; comes after the lines above.
            Task { await abandon(number, AMQPError(.cancelled, "the caller was cancelled", during: "publishing")) }
        }
    }

    private func enter(_ call: PublishCall, as number: UInt64) {
        guard !call.isFinished else { return }
        // Other work of this actor may have run since the caller was let in.
        guard !isClosed else {
            return call.settleRest(as: .lost(AMQPError(.closed, "the publisher is closed", during: "publishing")))
        }
        calls[number] = call
        call.finished = { [unowned self] in calls[number] = nil }
        line.append(number)
        // Not at once: calls that come in the same turn of the loop go out in the same segments.
        link.set(.write, after: .zero)
    }

    private func abandon(_ number: UInt64, _ error: AMQPError) {
        calls[number]?.settleRest(as: .lost(error))
        endFlushIfDone()
    }

    /// Sends from the line what the window admits, in bursts that the socket takes without waiting.
    private func send() {
        guard !line.isEmpty, !isBlocked, hasRoom else { return }
        link.write { wire throws(AMQPError) in
            var burst = 0
            var isWritable = wire.isWritable
            while hasRoom, let sent = nextInLine() {
                if burst > limits.writeBurstBytes {
                    burst = 0
                    isWritable = wire.isWritable
                }
                guard isWritable else { return link.awaitWritable() }
                sent.call.nextToSend += 1
                window.append(sent)
                burst += sent.message.body.count + 256
                try wire.publish(sent.message, user: user)
            }
        }
    }

    private var hasRoom: Bool {
        window.count < limits.confirmWindow && window.span < limits.confirmSpan
    }

    private func nextInLine() -> Sent? {
        while let number = line.first {
            if let call = calls[number], let index = call.skipSettled() { return Sent(call: call, index: index) }
            line.removeFirst()
        }
        return nil
    }

    // MARK: What the broker says

    private func received(_ inbound: Inbound) {
        switch inbound {
        case .settled(let tag, let multiple, let isAccepted):
            guard let settled = window.settle(tag, multiple: multiple) else {
                return link.lose(AMQPError(.protocolViolation, "a confirm of what was never published"))
            }
            link.prove()
            for sent in settled { sent.call.settle(sent.index, as: isAccepted ? .confirmed : .refused) }
            endFlushIfDone()
        case .returned(let message):
            // The return comes before the confirm of the same message, and returns come in the order of publishing.
            if let sent = window.first(where: { $0.call.isOpen($0.index) && message.isReturn(of: $0.message) }) {
                sent.call.note(.returned(replyCode: message.replyCode, replyText: message.replyText), at: sent.index)
            }
        case .blocked(let reason): link.tell(.blocked(reason: reason))
        case .unblocked: link.tell(.unblocked)
        default: break
        }
    }

    private func lost(_ error: AMQPError) {
        let unconfirmed = window.removeAll()
        let culprit = Blame.culprit(of: error, among: unconfirmed.lazy.map(\.message))
        for (position, sent) in unconfirmed.enumerated() {
            if position == culprit {
                let verdict = AMQPError(
                    .messageUnacceptable, replyCode: error.replyCode, error.text, during: "publishing")
                sent.call.settle(sent.index, as: .unacceptable(verdict))
            } else {
                sent.call.settle(sent.index, as: .lost(culprit == nil ? error : error.asLoss))
            }
        }
        endFlush()
    }

    private func endFlushIfDone() {
        if calls.isEmpty { endFlush() }
    }

    /// Lets `close()` go on.
    private func endFlush() {
        for waiter in flushed { waiter.resume() }
        flushed = []
    }
}

extension ReturnedMessage {
    /// Whether this may be that message coming back; `user_id` tells nothing, it is set when sending.
    fileprivate func isReturn(of message: OutgoingMessage) -> Bool {
        message.mandatory && routingKey == message.routingKey && exchange == message.exchange
            && properties.messageID == message.properties.messageID
            && properties.correlationID == message.properties.correlationID && body == message.body
    }
}
