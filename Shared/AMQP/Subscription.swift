/// Whether we consume, whether we want to, and what to ask the broker for next.
struct Subscription {
    /// A request to the broker.
    enum Request: Equatable {
        case consume(consumerTag: String)
        case cancel(consumerTag: String)
    }

    private enum State: Equatable {
        /// Nothing asked for: only `wanted` leads out.
        case idle
        /// `basic.consume` is on its way: the broker's consent makes it active.
        case subscribing(String)
        /// Deliveries come: ends by our cancel or the broker's.
        case active(String)
        /// `basic.cancel` is on its way: deliveries may still come until the broker's consent.
        case cancelling(String)
    }

    private var state = State.idle
    private var number = 0

    /// Whether deliveries are wanted.
    var isWanted = true

    /// Whether deliveries come because we want them.
    var isActive: Bool {
        if case .active = state { isWanted } else { false }
    }

    /// What to ask for now, if anything; asking is taken as done.
    mutating func nextRequest() -> Request? {
        switch state {
        case .idle where isWanted:
            number += 1
            state = .subscribing("consumer-\(number)")
            return .consume(consumerTag: "consumer-\(number)")
        case .active(let tag) where !isWanted:
            state = .cancelling(tag)
            return .cancel(consumerTag: tag)
        default:
            return nil
        }
    }

    /// The broker consents to our consuming.
    mutating func consuming(_ tag: String) {
        if state == .subscribing(tag) { state = .active(tag) }
    }

    /// The broker has done our cancel.
    mutating func cancelConfirmed(_ tag: String) {
        if state == .cancelling(tag) { state = .idle }
    }

    /// The broker has cancelled by itself; returns whether we were still counting on it.
    mutating func cancelledByBroker(_ tag: String) -> Bool {
        guard state != .idle else { return false }
        defer { state = .idle }
        return isWanted
    }

    /// The channel is gone; what is wanted stays.
    mutating func channelLost() {
        state = .idle
    }
}
