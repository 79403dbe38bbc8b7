/// Growing, jittered delays between attempts, so that a fleet does not come back in step.
struct ReconnectDelay {
    private let limits: AMQPLimits
    private var exponent = 0

    init(_ limits: AMQPLimits) {
        self.limits = limits
    }

    /// The delay before the next attempt: from half to the whole of a span that doubles each time.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let whole = min(limits.reconnectDelayMin * (1 << exponent), limits.reconnectDelayMax)
        if whole < limits.reconnectDelayMax { exponent += 1 }
        return whole * Double.random(in: 0.5...1, using: &generator)
    }

    /// The connection has proved itself; the next delay is the shortest again.
    mutating func reset() {
        exponent = 0
    }
}
